import { expect, test } from 'vitest';
import type { RoomEvent } from '../../../signaling-server/room-events.ts';
import type { Standing } from '../../../src/core/quorum/state.ts';
import type { Charter } from '../../../src/protocol/charter.ts';
import { RoomHarness } from '../room-harness.ts';
import { seeded } from '../../../src/platform/seeded.ts';

const charter: Charter = {
  elector: 'quorum',
  quorum: { witness: 'anchor', maxVoters: 5, minLeaseMs: 250, maxLeaseMs: 5_000, charterMs: 60_000 },
};
const voter = (id: string, weight = 1, witness = false) => ({ id, weight, witness });

/** Two honest members that are led, or about to be, beside a free witness; and one that says whatever it likes. */
class Company {
  readonly room: RoomHarness;
  readonly epoch: number;
  readonly witness: string;
  readonly #random: () => number;
  #connection = 1;

  constructor(seed: number) {
    this.#random = seeded(seed);
    this.room = new RoomHarness({ witness: () => this.#pull() });
    const { epoch = 0, witness } = this.room.join('ada', { charter });
    this.epoch = epoch;
    this.witness = witness ?? '';
    this.room.join('bob', { charter });
    this.room.join('liar', { charter });
  }

  #pull() {
    const record = this.room.found.at(-1);
    if (!record?.witness) return null;
    const configuration = [[voter('ada'), voter('bob'), voter(record.witness, 1, true)]];
    const standing: Standing = { lastIndex: 9, lastTerm: record.epoch * 2 ** 20 + 3, configuration, promisedMs: 0 };
    return { id: record.witness, epoch: record.epoch, standing };
  }

  #pick<Item>(...items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)] as Item;
  }

  #standing(): Standing {
    const id = this.#pick('liar', 'ada', this.witness, 'nobody');
    return {
      lastIndex: this.#pick(0, 9, 1_000_000),
      lastTerm: this.#pick(0, this.epoch * 2 ** 20 + 3, this.epoch * 2 ** 20 + 1_000_000, Number.MAX_SAFE_INTEGER),
      configuration: this.#pick([], [[voter(id)]], [[voter(id), voter(id)]], [[]], [[voter('liar', 900)], [voter(id)]]),
      promisedMs: this.#pick(0, 1e9),
    };
  }

  /** It comes back whenever it is out. */
  lie(): void {
    const seat = `liar@${this.#connection}`;
    const said = { epoch: this.epoch + this.#pick(0, 0, 0, -1, 1, 1e6), standing: this.#standing() };
    const leaves: RoomEvent<string> = { type: 'leave', seat, pledge: said };
    const event = this.#pick<RoomEvent<string>>(
      { type: 'standing', seat, said },
      { type: 'standing', seat, said },
      { type: 'pledge', seat, said },
      { type: 'pledge', seat, said },
      leaves,
      { type: 'closed', seat },
    );
    this.room.step(event);
    this.room.pass(this.#pick(0, 100, 3_000, 20_000));
    if (this.room.room.holds(seat)) return;
    this.#connection++;
    const epoch = this.#pick(undefined, this.epoch, this.epoch + 5);
    this.room.join('liar', { charter, connection: this.#connection, ...(epoch && { epoch }) });
  }
}

test('E6: whatever one member says, in whatever order, two that are there go on as they are', () => {
  const answers = new Set<string>();
  for (let seed = 1; seed <= 150; seed++) {
    const company = new Company(seed);
    const { room } = company;
    for (let lies = 0; lies < 40; lies++) company.lie();
    expect(room.found, `seed ${seed}`).toHaveLength(1);
    expect(room.closed, `seed ${seed}`).toEqual([]);
    for (const seat of ['ada@1', 'bob@1']) {
      expect(room.room.holds(seat)).toBe(true);
      expect(room.read(seat).filter(({ type }) => type === 'error' || type === 'ask-pledge')).toEqual([]);
    }
    for (const messages of room.inbox.values()) {
      for (const message of messages) if (message.type === 'error') answers.add(message.code);
    }
  }
  expect([...answers].toSorted()).toEqual(['epoch-refused', 'id-taken', 'malformed', 'not-asked']);
});
