import { describe, expect, test } from 'vitest';
import type { RoomRecord } from '../../../signaling-server/record.ts';
import type { RoomOptions } from '../../../signaling-server/room-events.ts';
import type { Standing } from '../../../src/core/quorum/state.ts';
import type { Charter } from '../../../src/protocol/charter.ts';
import { ports } from '../../../src/protocol/relay-frame.ts';
import { RoomHarness } from '../room-harness.ts';

const charterMs = 120_000;
const charterOf = (witness: 'anchor' | 'none'): Charter => ({
  elector: 'quorum',
  quorum: { witness, maxVoters: 5, minLeaseMs: 250, maxLeaseMs: 5_000, charterMs },
});
const anchor = charterOf('anchor');
const none = charterOf('none');
const voter = (id: string, weight = 1, witness = false) => ({ id, weight, witness });
const empty: Standing = { lastIndex: 0, lastTerm: 0, configuration: [], promisedMs: 0 };
const recordOf = (epoch: number, witness: string | null, charter: Charter): RoomRecord => ({
  ...{ epoch, founder: 'ada', witness, continues: null, charter },
});

/** A room of `quorum()`, whose members stand where they say. */
class Founders extends RoomHarness {
  readonly #charter: Charter;

  constructor(charter: Charter, options: ConstructorParameters<typeof RoomHarness>[0] = {}) {
    super(options);
    this.#charter = charter;
  }

  enter(id: string, more: Parameters<RoomHarness['join']>[1] = {}) {
    return this.join(id, { charter: this.#charter, ...more });
  }

  say(type: 'standing' | 'pledge', id: string, epoch: number, standing: Partial<Standing> = {}): void {
    this.step({ type, seat: `${id}@1`, said: { epoch, standing: { ...empty, ...standing } } });
  }

  leave(id: string, epoch: number, standing: Partial<Standing> = {}): void {
    this.step({ type: 'leave', seat: `${id}@1`, pledge: { epoch, standing: { ...empty, ...standing } } });
  }

  view(seat: string) {
    return this.inbox.get(seat)?.findLast((message) => message.type === 'view');
  }
}

/** The server's witness, as the room sees it. */
class FakeWitness {
  founders: Founders | null = null;
  standing: Standing | null = null;

  readonly pull: NonNullable<RoomOptions['witness']> = () => {
    const record = this.founders?.found.at(-1);
    return record?.witness ? { id: record.witness, epoch: record.epoch, standing: this.standing } : null;
  };
}

function anchored(options: ConstructorParameters<typeof RoomHarness>[0] = {}) {
  const witness = new FakeWitness();
  const founders = new Founders(anchor, { witness: witness.pull, ...options });
  witness.founders = founders;
  return { founders, witness };
}

describe('a room of quorum()', () => {
  test('is founded by its first member, and the view is held back until that is durable; the welcome is not', () => {
    const { founders } = anchored();
    founders.isSlow = true;
    founders.enter('ada');
    founders.enter('bob');
    expect(founders.read('ada@1').map(({ type }) => type)).toEqual(['welcome']);
    expect(founders.read('bob@1').map(({ type }) => type)).toEqual(['welcome']);
    const [record] = founders.found;
    expect(record).toMatchObject({ founder: 'ada', continues: null, charter: anchor });
    const { epoch, witness } = record!;
    founders.step({ type: 'founded', epoch });
    for (const seat of ['ada@1', 'bob@1']) {
      expect(founders.read(seat)).toEqual([
        expect.objectContaining({ type: 'view', from: 0, founder: 'ada', epoch, witness, continues: null }),
      ]);
    }
  });

  test('what could not be made durable is shown to nobody, and tried again', () => {
    const { founders } = anchored();
    founders.isSlow = true;
    founders.enter('ada');
    const [first] = founders.found;
    founders.step({ type: 'not-founded', epoch: first!.epoch });
    expect(founders.view('ada@1')).toMatchObject({ founder: null, epoch: 0, witness: null });
    founders.isSlow = false;
    founders.pass(1_000);
    expect(founders.found).toHaveLength(2);
    expect(founders.found[1]!.epoch).toBeGreaterThan(first!.epoch);
    expect(founders.view('ada@1')).toMatchObject({ founder: 'ada', epoch: founders.found[1]!.epoch });
  });

  test('is not founded while nothing can be made durable, and costs no timer', () => {
    const { founders } = anchored({ canFound: () => false });
    founders.enter('ada');
    expect(founders.found).toEqual([]);
    expect(founders.wakeMs).toBeNull();
    expect(founders.view('ada@1')).toMatchObject({ founder: null, epoch: 0 });
  });

  test('with a leader costs no timer', () => {
    const { founders } = anchored();
    founders.enter('ada');
    founders.enter('bob');
    founders.pass(1_000);
    expect(founders.wakeMs).toBeNull();
  });

  test('another charter is refused also while everybody is away, until the room is closed', () => {
    const founders = new Founders(none);
    founders.enter('ada');
    founders.step({ type: 'closed', seat: 'ada@1' });
    founders.pass(60_000);
    expect(founders.room.size).toBe(0);
    expect(founders.join('eve', { charter: anchor })).toMatchObject({ code: 'charter-differs' });
    expect(founders.room.forgettable(founders.wallMs)).toBe(false);
    founders.pass(60_000);
    expect(founders.closed).toEqual([founders.found[0]!.epoch]);
    expect(founders.room.forgettable(founders.wallMs)).toBe(true);
    expect(founders.join('eve', { charter: anchor, connection: 2 })).toMatchObject({ type: 'welcome' });
  });

  test('nobody begins one with a longer charter than the server takes; one that is remembered with it goes on', () => {
    const message =
      'charterMs is 120000 here, and at most 60000 at this server: choose a shorter one, or raise its maxCharterMs';
    const founders = new Founders(none, { maxCharterMs: 60_000 });
    expect(founders.enter('ada')).toEqual({ type: 'error', code: 'charter-differs', message });
    const shorter: Charter = { ...none, quorum: { ...none.quorum!, charterMs: 60_000 } };
    expect(founders.enter('bob', { charter: shorter })).toMatchObject({ type: 'welcome' });
    expect(founders.enter('cyd', { charter: { elector: 'lock' } })).toMatchObject({ code: 'charter-differs' });
    const past = { record: recordOf(7, null, none), contactMs: 0 };
    expect(new Founders(none, { maxCharterMs: 60_000, past }).enter('ada')).toMatchObject({ type: 'welcome' });
  });

  test('goodbyes of all close it as soon as their promises are over, and the next is founded above it', () => {
    const founders = new Founders(none);
    const { epoch = 0 } = founders.enter('ada');
    founders.leave('ada', epoch, { promisedMs: 2_000 });
    founders.pass(2_000);
    expect(founders.closed).toEqual([]);
    founders.pass(100);
    expect(founders.closed).toEqual([epoch]);
    expect(founders.enter('bob')).toMatchObject({ founder: 'bob', epoch: epoch + 2 });
  });

  test('nobody takes the id of the witness', () => {
    const { founders } = anchored();
    const { witness } = founders.enter('ada');
    expect(founders.enter(witness!)).toMatchObject({ type: 'error', code: 'id-taken' });
    expect(founders.room.size).toBe(1);
  });

  test('the witness is spoken to under its id alone, and answers under it', () => {
    const { founders } = anchored();
    const peer = founders.enter('ada').witness!;
    const payload = new Uint8Array([1]);
    const relayed = (to: string) =>
      founders.step({ type: 'relay', seat: 'ada@1', entries: [{ peer: to, port: ports.witness, payload }] });
    expect(relayed(peer)).toEqual([{ type: 'to-witness', from: 'ada', payload }]);
    expect(relayed('other')).toEqual([]);
    founders.step({ type: 'from-witness', to: 'ada', payloads: [payload] });
    expect(founders.frames.get('ada@1')).toEqual([[{ peer, port: ports.witness, payload }]]);
  });
});

describe('the next epoch', () => {
  test('is founded on pledges that were asked for, and told in one frame to each, at once', () => {
    const { founders, witness } = anchored();
    const { epoch = 0, witness: id } = founders.enter('ada');
    founders.enter('bob');
    founders.pass(1_000);
    founders.step({ type: 'closed', seat: 'ada@1' });
    const lastTerm = epoch * 2 ** 20 + 1;
    const standing = { lastIndex: 5, lastTerm, configuration: [[voter('ada'), voter('bob'), voter(id!, 1, true)]] };
    witness.standing = { ...empty, ...standing };
    founders.say('standing', 'bob', epoch, standing);
    expect(founders.last('bob@1')).toEqual({ type: 'ask-pledge', epoch });
    founders.read('bob@1');
    founders.say('pledge', 'bob', epoch, standing);
    const [frame, ...more] = founders.read('bob@1');
    expect(more).toEqual([]);
    expect(frame).toMatchObject({ type: 'view', founder: 'bob', witness: id, continues: epoch, members: [], gone: [] });
    expect(founders.found.at(-1)).toMatchObject({ continues: { epoch, lastIndex: 5, lastTerm } });
  });

  test('a witness that is not free yet is looked at again until it is', () => {
    const { founders, witness } = anchored();
    const { epoch = 0 } = founders.enter('ada');
    founders.enter('bob');
    founders.say('standing', 'bob', epoch);
    expect(founders.last('bob@1')).not.toMatchObject({ type: 'ask-pledge' });
    witness.standing = empty;
    founders.pass(500);
    expect(founders.last('bob@1')).toMatchObject({ type: 'ask-pledge', epoch });
  });

  test.each([
    ['a pledge that nobody asked for', 'not-asked', 'pledge', 0, {}],
    ['an epoch that was never founded', 'malformed', 'standing', 1, {}],
    ['a term of a later epoch', 'malformed', 'standing', 0, { lastTerm: Number.MAX_SAFE_INTEGER }],
    [
      'a configuration that names one twice',
      'malformed',
      'standing',
      0,
      { configuration: [[voter('bob'), voter('bob')]] },
    ],
    ['a configuration without voters', 'malformed', 'standing', 0, { configuration: [[]] }],
  ] as const)('%s is refused, and the room is unharmed', (_, code, type, ahead, standing) => {
    const { founders, witness } = anchored();
    const { epoch = 0 } = founders.enter('ada');
    founders.enter('bob');
    witness.standing = empty;
    founders.read('bob@1');
    founders.say(type, 'bob', epoch + ahead, standing);
    expect(founders.read('bob@1')).toEqual([expect.objectContaining({ type: 'error', code })]);
    expect(founders.found).toHaveLength(1);
    expect(founders.room.size).toBe(2);
  });

  test('what is said of an epoch that is over is not heard, and not answered', () => {
    const founders = new Founders(none);
    const { epoch = 0 } = founders.enter('ada');
    founders.read('ada@1');
    founders.say('standing', 'ada', epoch - 1);
    founders.say('pledge', 'ada', epoch - 1);
    expect(founders.read('ada@1')).toEqual([]);
    expect(founders.found).toHaveLength(1);
  });
});

describe('a server that was started again', () => {
  const started = (record: RoomRecord | null, charter = none) => {
    const founders = new Founders(charter, { past: { record, contactMs: 0 } });
    if (record) founders.step({ type: 'tick' });
    return founders;
  };

  test('with memory goes on in the epoch that it remembers, and has a room closed that nobody came back to', () => {
    const founders = started(recordOf(7, null, none));
    expect(founders.enter('ada', { epoch: 7 })).toMatchObject({ founder: 'ada', epoch: 7, foundsInMs: undefined });
    const deserted = started(recordOf(7, null, none));
    deserted.pass(charterMs - 1);
    expect(deserted.room.forgettable(deserted.wallMs)).toBe(false);
    deserted.pass(1);
    expect(deserted.closed).toEqual([7]);
    expect(deserted.room.forgettable(deserted.wallMs)).toBe(true);
  });

  test('with memory knows no epoch above the one that it remembers', () => {
    const founders = started(recordOf(7, null, none));
    expect(founders.enter('liar', { epoch: 8 })).toMatchObject({ type: 'error', code: 'epoch-refused' });
    expect(founders.enter('ada', { epoch: 7 })).toMatchObject({ type: 'welcome', n: 1 });
  });

  test('without memory founds nothing before the charter of those who may be there is over, and says for how long', () => {
    const founders = started(null);
    founders.pass(20_000);
    expect(founders.enter('eve')).toMatchObject({ epoch: 0, founder: null, foundsInMs: 100_000 });
    founders.pass(99_999);
    expect(founders.found).toEqual([]);
    founders.pass(1);
    expect(founders.view('eve@1')).toMatchObject({ founder: 'eve' });
  });

  test('without memory takes over the epoch of whoever comes back, also after a newcomer', () => {
    const founders = started(null);
    founders.enter('eve');
    expect(founders.enter('ada', { epoch: 7, lapsed: false })).toMatchObject({ epoch: 7, founder: null });
    expect(founders.view('eve@1')).toMatchObject({ epoch: 7, founder: null, continues: null });
  });

  test('without memory takes over nothing any more when the charter is over: a later epoch may have come and gone', () => {
    const founders = started(null);
    founders.pass(charterMs);
    expect(founders.enter('ada', { epoch: 7, lapsed: true })).toMatchObject({ code: 'epoch-refused' });
    expect(founders.room.forgettable(founders.wallMs)).toBe(true);
    expect(founders.enter('ben')).toMatchObject({ founder: 'ben' });
  });

  test('without memory takes over what lapsed only when nobody can lead in a later epoch any more', () => {
    const founders = started(null);
    expect(founders.enter('ada', { epoch: 7, lapsed: true })).toMatchObject({ epoch: 0 });
    founders.say('standing', 'ada', 7);
    expect(founders.last('ada@1')).not.toMatchObject({ type: 'error' });
    founders.pass(charterMs);
    expect(founders.view('ada@1')).toMatchObject({ epoch: 7, founder: null });
  });

  test('without memory goes on to a later epoch of those who come back later, until the charter is over', () => {
    const founders = started(null);
    founders.enter('ada', { epoch: 7 });
    founders.enter('bob', { epoch: 9 });
    expect(founders.view('ada@1')).toMatchObject({ epoch: 9 });
    founders.pass(charterMs);
    expect(founders.enter('eve', { epoch: 11 })).toMatchObject({ code: 'epoch-refused' });
  });

  test('whose clock was set back founds above what it remembers, of this room and of all that it forgot', () => {
    const founders = new Founders(none, { highestEpoch: 500_000_000 });
    expect(founders.enter('ada')).toMatchObject({ epoch: 500_000_001 });
    const again = started(recordOf(600_000_000, null, none));
    again.pass(charterMs);
    expect(again.enter('bob')).toMatchObject({ epoch: 600_000_001 });
  });

  test('nobody claims an epoch far ahead of the clock', () => {
    const founders = started(null);
    const ahead = founders.wallMs / 1000;
    expect(founders.enter('liar', { epoch: ahead })).toMatchObject({ type: 'error', code: 'epoch-refused' });
    expect(founders.room.size).toBe(0);
  });

  test('a room that was closed is founded by whoever comes first, under any charter', () => {
    const closed: RoomRecord = { epoch: 7, founder: null, witness: null, continues: null, charter: null };
    expect(started(closed, anchor).enter('ada')).toMatchObject({ founder: 'ada' });
  });
});
