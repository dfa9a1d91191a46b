import { expect, test } from 'vitest';
import { entryValue, Replica, type ReplicaSnapshot } from '../../../src/electors/replica.ts';
import { configurationOf } from './stage.ts';
import { Witnessed } from './witnessed.ts';

/** Two voters, each with the log of an application, and a witness that has room for 40,000 characters. */
class Room extends Witnessed {
  readonly #replicas: ReadonlyMap<string, Replica>;
  readonly #given: (() => void)[];

  constructor() {
    const replicas = new Map(['a', 'b'].map((id) => [id, new Replica()]));
    const given: (() => void)[] = [];
    super(configurationOf({ a: 1, b: 1, w: 1 }), {
      limits: { maxWitnessChars: 40_000, keptEntries: 10 },
      onEffect: (id, effect) => {
        const replica = replicas.get(id);
        if (effect.type === 'commit') replica?.apply(effect.entries, effect.upTo);
        if (effect.type === 'snapshot-installed') replica?.install(effect);
        if (effect.type === 'snapshot-wanted') this.#give(id, replica?.want(effect.index, effect.chars));
      },
    });
    this.#replicas = replicas;
    this.#given = given;
    this.wait(2_000);
  }

  #give(id: string, snapshot: ReplicaSnapshot | null | undefined): void {
    if (snapshot) this.#given.push(() => this.feed(id, { type: 'snapshot', ...snapshot }));
  }

  /** The application's answers come a little later. */
  wait(ms: number): void {
    for (let at = 0; at < ms; at += 5) {
      this.run(5);
      for (const give of this.#given.splice(0)) give();
    }
  }

  put(id: string, entries: number): void {
    for (let i = 0; i < entries; i++) {
      this.append(id, entryValue('x'.repeat(400)));
      this.wait(10);
    }
  }

  compact(): void {
    for (const [id, replica] of this.#replicas)
      this.#give(id, replica.compact(replica.lastIndex as number, 'all of it'));
    this.wait(5_000);
  }
}

test('Q8: a witness that was full takes part again once the application has made its log short', () => {
  const room = new Room();
  const leader = room.leading()[0] as string;
  const other = leader === 'a' ? 'b' : 'a';
  room.put(leader, 300); // 140,000 characters
  room.wait(1_000);
  const fullAt = room.core('w').lastIndex;
  expect(room.core(leader).commitIndex).toBeGreaterThan(fullAt + 100);

  room.compact();
  room.put(leader, 3);
  room.wait(3_000);
  room.isolate(other);
  const before = room.core(leader).commitIndex;
  room.put(leader, 3);
  room.wait(10_000);
  expect(room.core(leader).commitIndex).toBe(before + 3);
});
