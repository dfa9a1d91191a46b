import { describe, expect, test } from 'vitest';
import { entryValue, publishedValue, Replica } from '../../../src/electors/replica.ts';
import { Answering, type Application } from './answering.ts';
import { configurationOf } from './stage.ts';
import type { Setting } from './witnessed.ts';

/** The log of an application, which is compacted when it says so. */
class Logged implements Application {
  readonly replica: Replica = new Replica();

  commit({ entries, upTo }: Parameters<Application['commit']>[0]): void {
    this.replica.apply(entries, upTo);
  }

  install(snapshot: Parameters<Application['install']>[0]): void {
    this.replica.install(snapshot);
  }

  snapshot({ index, chars }: Parameters<Application['snapshot']>[0]): ReturnType<Application['snapshot']> {
    return this.replica.want(index, chars);
  }
}

/** Two voters, and a witness that has room for 40,000 characters. */
class Room extends Answering<Logged> {
  constructor(bound: Pick<Setting, 'limits' | 'maxWitnessChars'> = { maxWitnessChars: 40_000 }) {
    const limits = { keptEntries: 10, ...bound.limits };
    super(configurationOf({ a: 1, b: 1, w: 1 }), { ...bound, limits }, () => new Logged());
    this.settle();
  }

  put(entries: number): void {
    for (let i = 0; i < entries; i++) {
      this.append('a', entryValue('x'.repeat(400)));
      this.run(10);
    }
    this.run(1_000);
  }

  /** The state of the application is that long by now. */
  compact(chars: number): void {
    for (const id of ['a', 'b']) {
      const { replica } = this.application(id);
      const given = replica.compact(replica.lastIndex as number, 'x'.repeat(chars));
      if (given !== null) this.feed(id, { type: 'snapshot', ...given });
    }
    this.run(5_000);
  }

  /** Pieces of what the witness does not take. */
  get sentInVain(): number {
    return this.sent('a', 'snapshot', 'w').filter(({ message }) => (message['totalChars'] as number) > 40_000).length;
  }

  /** How many entries are committed when a and the witness are alone. */
  committedAlone(entries: number): number {
    this.isolate('b');
    const before = this.core('a').commitIndex;
    this.put(entries);
    this.run(10_000);
    return this.core('a').commitIndex - before;
  }
}

describe('Q8: a witness that was full takes part again once the application has made its log short', () => {
  test.each<[string, Pick<Setting, 'limits' | 'maxWitnessChars'>]>([
    ['by the same limits as the members', { limits: { maxWitnessChars: 40_000 } }],
    ['by a limit of its host that the members do not know', { maxWitnessChars: 40_000 }],
  ])('%s', (_, bound) => {
    const room = new Room(bound);
    room.put(300); // 140,000 characters
    const fullAt = room.core('w').lastIndex;
    expect(room.core('a').commitIndex).toBeGreaterThan(fullAt + 100);

    room.compact(10);
    room.put(3);
    room.run(3_000);
    expect(room.committedAlone(3)).toBe(3);
  });

  test.each<[string, Pick<Setting, 'limits' | 'maxWitnessChars'>]>([
    ['by the same limits as the members', { limits: { maxWitnessChars: 40_000 } }],
    ['by a limit of its host that the members do not know', { maxWitnessChars: 40_000 }],
  ])('also if it was too long first: nothing is sent in vain meanwhile, %s', (_, bound) => {
    const room = new Room(bound);
    room.put(300);
    room.forget();
    room.compact(50_000);
    room.put(20);
    expect(room.core('a').snapshot?.data.length).toBeGreaterThan(50_000);
    expect(room.sentInVain).toBe(0);

    room.compact(10);
    expect(room.core('w').snapshot?.data.length).toBeLessThan(40_000);
    expect(room.committedAlone(3)).toBe(3);
  });

  test('also if nothing can be committed any more before that', () => {
    const room = new Room();
    room.put(300);
    room.compact(50_000);
    expect(room.core('a').snapshot?.index).toBe(room.core('a').commitIndex);
    expect(room.committedAlone(3)).toBe(0);

    room.compact(10);
    room.run(3_000);
    expect(room.core('a').commitIndex).toBe(room.core('a').lastIndex);
    expect(room.of('a', 'append-failed')).toEqual([]);
  });

  test('also if what made it so long is a value that was published, and a shorter one is by now', () => {
    const room = new Room();
    room.append('a', publishedValue('x'.repeat(60_000)));
    room.run(5_000);
    expect(room.core('a').snapshot?.data.length).toBeGreaterThan(60_000);
    room.append('a', publishedValue('short'));
    room.run(5_000);
    expect(room.sentInVain).toBe(0);
    expect(room.committedAlone(3)).toBe(3);
  });

  test('and its application is not asked for a shorter one time and again while it has none', () => {
    const room = new Room();
    room.put(300);
    room.compact(50_000);
    room.forget();
    room.run(60_000);
    expect(room.of('a', 'snapshot-wanted')).toEqual([]); // it is asked already, and nothing has changed
    room.put(100);
    const lastedMs = 100 * 10 + 1_000;
    expect(room.of('a', 'snapshot-wanted').length).toBeLessThanOrEqual(1 + lastedMs / 2_000);
  });

  test('also if it was away, and what it lacks is nowhere any more but in a snapshot that is too long', () => {
    const room = new Room();
    room.isolate('w');
    room.put(300);
    room.compact(50_000);
    room.put(20);
    expect(room.core('a').firstIndex).toBeGreaterThan(100);
    room.forget();
    room.healAll();
    room.put(20);
    expect(room.sentInVain).toBe(0);
    expect(room.core('a').commitIndex).toBe(room.core('a').lastIndex);

    room.compact(10);
    expect(room.committedAlone(3)).toBe(3);
  });
});

test('Q8: whoever is elected anew gives a witness all that was committed beyond its bound; it is full again behind that', () => {
  const room = new Room();
  room.put(300); // 140,000 characters
  const [fullAt, committed] = [room.core('w').lastIndex, room.core('a').commitIndex];
  expect(fullAt).toBeLessThan(committed - 100);

  room.isolate('a');
  room.run(5_000);
  expect(room.leading()).toEqual(['b']);
  expect(room.core('w').lastIndex).toBe(committed + 1); // and the first of its own term
  room.append('b', entryValue('one more'));
  room.run(10_000);
  expect(room.core('w').lastIndex).toBe(committed + 1);
  expect(room.core('b').commitIndex).toBe(committed + 1);
});
