import { expect, test } from 'vitest';
import { entryValue, Replica } from '../../../src/electors/replica.ts';
import { Answering, type Application } from './answering.ts';
import { configurationOf } from './stage.ts';

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
  constructor() {
    const limits = { maxWitnessChars: 40_000, keptEntries: 10 };
    super(configurationOf({ a: 1, b: 1, w: 1 }), { limits }, () => new Logged());
    this.run(2_000);
  }

  put(id: string, entries: number): void {
    for (let i = 0; i < entries; i++) {
      this.append(id, entryValue('x'.repeat(400)));
      this.run(10);
    }
  }

  compact(): void {
    for (const id of ['a', 'b']) {
      const { replica } = this.application(id);
      const given = replica.compact(replica.lastIndex as number, 'all of it');
      if (given !== null) this.feed(id, { type: 'snapshot', ...given });
    }
    this.run(5_000);
  }
}

test('Q8: a witness that was full takes part again once the application has made its log short', () => {
  const room = new Room();
  const leader = room.leading()[0] as string;
  const other = leader === 'a' ? 'b' : 'a';
  room.put(leader, 300); // 140,000 characters
  room.run(1_000);
  const fullAt = room.core('w').lastIndex;
  expect(room.core(leader).commitIndex).toBeGreaterThan(fullAt + 100);

  room.compact();
  room.put(leader, 3);
  room.run(3_000);
  room.isolate(other);
  const before = room.core(leader).commitIndex;
  room.put(leader, 3);
  room.run(10_000);
  expect(room.core(leader).commitIndex).toBe(before + 3);
});
