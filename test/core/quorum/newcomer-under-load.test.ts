// Who comes in, or follows from afar, while much is appended: a snapshot brings it near, and entries the rest of the way.
import { expect, test } from 'vitest';
import { configurationOf } from './stage.ts';
import { Witnessed } from './witnessed.ts';

/** A room of a and the witness w, in which the last value is the whole state. b is far away. */
class Room extends Witnessed {
  readonly #due: (() => void)[];

  constructor(oneWayMs: number) {
    const last = new Map<string, string>();
    const due: (() => void)[] = [];
    super(configurationOf({ a: 1, w: 1 }), {
      delayMs: (from, to) => (from === 'b' || to === 'b' ? oneWayMs : 5),
      onEffect: (id, effect) => {
        if (effect.type === 'commit') for (const { value } of effect.entries) last.set(id, value);
        if (effect.type === 'snapshot-installed') last.set(id, effect.data);
        if (effect.type !== 'snapshot-wanted') return;
        const data = last.get(id) ?? '';
        due.push(() => this.feed(id, { type: 'snapshot', index: effect.index, data }));
      },
    });
    this.#due = due;
    this.run(500);
  }

  enter(): void {
    this.join('b');
    this.tellMembers('a', 'w', 'b');
  }

  load(seconds: number): void {
    for (let at = 0; at < 60 * seconds; at++) {
      this.append('a', 'x'.repeat(1_000));
      for (let ms = 0; ms < 16; ms += 4) {
        this.run(4);
        for (const give of this.#due.splice(0)) give();
      }
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
