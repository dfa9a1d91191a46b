// What a newcomer is sent: what the log amounts to, and not its history.
import { describe, expect, test } from 'vitest';
import { snapshotChars } from '../../../src/core/quorum/snapshots.ts';
import { Applied } from './applied.ts';
import { configurationOf } from './stage.ts';

const founder = configurationOf({ a: 1, w: 1 });

/** A room of a and the witness w, into which one comes after the other, each for a while. */
class Room extends Applied {
  readonly present: string[] = ['a', 'w'];
  #count = 0;

  constructor() {
    super(founder, { options: { maxVoters: 3 } });
    this.run(500);
  }

  enter(): string {
    const id = `member-${++this.#count}`;
    this.join(id);
    this.present.push(id);
    this.#tell();
    this.run(100);
    return id;
  }

  /** Whoever has been a guest for longest. */
  part(): void {
    const [id = ''] = this.present.splice(4, 1);
    this.feed('a', { type: 'departed', peer: id });
    this.crash(id);
    this.#tell();
    this.run(100);
    this.actors.delete(id);
  }

  fill(size: number): void {
    while (this.present.length < size) this.enter();
  }

  churn(times: number): void {
    for (let time = 0; time < times; time++) {
      this.part();
      this.enter();
    }
  }

  #tell(): void {
    this.tellMembers(...this.present);
  }
}

/** All that the leader sends it of the log until it has all of it, in characters of JSON. */
function sentOfLog(room: Room, id: string): number {
  const { lastIndex } = room.core('a');
  expect(room.core(id).commitIndex).toBe(lastIndex);
  const messages = [...room.sent('a', 'append', id), ...room.sent('a', 'snapshot', id)];
  return messages.reduce((chars, { message }) => chars + JSON.stringify(message).length, 0);
}

describe('a newcomer', () => {
  test.each([0, 20, 60])('of a room that %i others have come into and left is sent as little as any', (times) => {
    const room = new Room();
    room.fill(25);
    room.churn(times);
    room.forget();
    const id = room.enter();
    expect(room.core(id).configuration).toEqual(room.core('a').configuration);
    const { configuration, commitIndex: index } = room.core('a');
    const state = snapshotChars({ index, term: 0, configuration, sessions: [], data: '[]' });
    expect(state).toBeLessThan(1000);
    // The last snapshot, what came since, for which no snapshot was taken yet, and the change that takes it in.
    expect(sentOfLog(room, id)).toBeLessThan(4096 + 5 * state);
  });

  test('is sent what the application made of its entries, and not what became of them (Q5)', () => {
    const room = new Room();
    room.append('a', ...Array.from({ length: 20 }, () => 'x'.repeat(100)));
    room.fill(10);
    room.churn(60);
    room.forget();
    const id = room.enter();
    expect(room.of(id, 'snapshot-installed')).toHaveLength(1);
    expect(room.list(id)).toEqual(room.list('a'));
    expect(room.list(id)).toHaveLength(20);
  });

  test('of a log that is short is sent its entries', () => {
    const room = new Room();
    room.append('a', 'x');
    room.fill(5);
    const id = room.enter();
    expect(room.of(id, 'snapshot-installed')).toEqual([]);
    expect(room.list(id)).toEqual(['x']);
  });
});

test('who was away while many came and went is sent no more than a newcomer, though the entries are there', () => {
  const room = new Room();
  room.fill(10);
  const id = room.present[2] as string;
  room.isolate(id);
  room.churn(60);
  room.forget();
  room.healAll();
  room.run(1_000);
  expect(room.core('a').firstIndex).toBe(1);
  expect(room.of(id, 'snapshot-installed')).toHaveLength(1);
  expect(sentOfLog(room, id)).toBeLessThan(4096 + 5_000);
});

test('a witness is sent entries as long as there are any: it says itself when it has room for a snapshot (Q8)', () => {
  const room = new Room();
  room.fill(10);
  room.isolate('w');
  room.churn(20); // it is missed later than that
  room.forget();
  const { lastIndex: behind } = room.core('w');
  room.healAll();
  room.run(1_000);
  expect(room.core('a').snapshot?.index).toBeGreaterThan(behind);
  expect(room.sent('a', 'snapshot', 'w')).toEqual([]);
  expect(room.core('w').commitIndex).toBe(room.core('a').commitIndex);
});

test('the log of a room that nobody appends to stays short, however many come and go, at the witness too', () => {
  const limits = { keptEntries: 10, maxWitnessChars: 20_000 };
  const room = new Applied(founder, { limits });
  room.run(500);
  for (let time = 0; time < 300; time++) {
    const id = `guest-${time}`;
    room.join(id);
    room.tellMembers('a', 'w', id);
    room.run(60);
    room.feed('a', { type: 'departed', peer: id });
    room.crash(id);
    room.tellMembers('a', 'w');
    room.run(60);
    room.actors.delete(id);
  }
  const { lastIndex, firstIndex } = room.core('a');
  expect(lastIndex).toBeGreaterThan(600);
  expect(lastIndex - firstIndex).toBeLessThan(60);
  expect(room.core('w').firstIndex).toBeGreaterThan(lastIndex - 200);
});

test('an application that does not answer is asked again when there is twice as much to put a snapshot in the place of', () => {
  const room = new Applied({ a: 1 }, {});
  room.isBusy = true;
  for (let time = 0; time < 64; time++) {
    room.append('a', 'x'.repeat(1_000));
    room.run(10);
  }
  const asked = room.of('a', 'snapshot-wanted');
  expect(asked.map(({ chars }) => Math.floor(chars / 1_064))).toEqual([4, 9, 19, 39]);
  const [{ index: early }, { index }] = [asked[0]!, asked.at(-1)!];
  room.feed('a', { type: 'snapshot', index: early, data: 'too late' });
  expect(room.core('a').snapshot).toBeNull();
  room.feed('a', { type: 'snapshot', index, data: 'in time' });
  expect(room.core('a').snapshot).toMatchObject({ index, data: 'in time' });
  // And by then there was so much more that the next one is due.
  expect(room.of('a', 'snapshot-wanted').at(-1)?.index).toBe(room.core('a').commitIndex);
});
