// Who comes in, or follows from afar, while much is appended: a snapshot brings it near, and entries the rest of the way.
import { expect, test } from 'vitest';
import { Answering, type Application } from './answering.ts';
import { configurationOf } from './stage.ts';

/** The last value is the whole state. */
class Register implements Application {
  #value = '';

  commit({ entries }: Parameters<Application['commit']>[0]): void {
    this.#value = entries.at(-1)?.value ?? this.#value;
  }

  install({ data }: Parameters<Application['install']>[0]): void {
    this.#value = data;
  }

  snapshot({ index }: { readonly index: number }): { readonly index: number; readonly data: string } {
    return { index, data: this.#value };
  }
}

/** A room of a and the witness w. b is far away. */
class Room extends Answering<Register> {
  constructor(oneWayMs: number) {
    const delayMs = (from: string, to: string): number => (from === 'b' || to === 'b' ? oneWayMs : 5);
    super(configurationOf({ a: 1, w: 1 }), { delayMs }, () => new Register());
    this.run(500);
  }

  enter(): void {
    this.join('b');
    this.tellMembers('a', 'w', 'b');
  }

  load(seconds: number): void {
    for (let at = 0; at < 60 * seconds; at++) {
      this.append('a', 'x'.repeat(1_000));
      this.run(16);
    }
  }
}

test('a newcomer far away becomes a voter, however much is appended meanwhile (Q8)', () => {
  const room = new Room(75);
  room.load(3);
  room.enter();
  room.load(5);
  expect(room.of('b', 'snapshot-installed').length).toBeLessThan(3);
  expect(room.core('a').configuration).toEqual(configurationOf({ a: 1, b: 1, w: 1 }));
});

test('a voter far away to whom entries flow is sent no snapshots', () => {
  const room = new Room(75);
  room.enter();
  room.run(5_000);
  room.forget();
  room.load(5);
  expect(room.sent('a', 'snapshot', 'b')).toEqual([]);
});

test.each([150, 300])('one that is %i ms away, farther than the lease is long, becomes a voter (Q8)', (oneWayMs) => {
  const room = new Room(oneWayMs);
  room.enter();
  room.load(6);
  expect(room.core('a').configuration).toEqual(configurationOf({ a: 1, b: 1, w: 1 }));
});
