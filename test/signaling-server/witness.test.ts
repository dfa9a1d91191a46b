import { describe, expect, test } from 'vitest';
import { Budget } from '../../signaling-server/budget.ts';
import type { RoomRecord } from '../../signaling-server/record.ts';
import { Store } from '../../signaling-server/store.ts';
import { Unfinished } from '../../signaling-server/unfinished.ts';
import { Witness } from '../../signaling-server/witness.ts';
import { foundedBy } from '../../src/core/quorum/configuration.ts';
import type { RaftEffect, RaftEvent } from '../../src/core/quorum/events.ts';
import { Raft } from '../../src/core/quorum/raft.ts';
import { entryValue, Replica, type ReplicaSnapshot } from '../../src/electors/replica.ts';
import { Clocks } from '../../src/driver/clocks.ts';
import { persistenceIn, storedState } from '../../src/driver/durable.ts';
import { PersistingDriver } from '../../src/driver/persisting-driver.ts';
import { virtualClock } from '../../src/platform/virtual.ts';
import type { QuorumCharter } from '../../src/protocol/charter.ts';
import type { Json } from '../../src/protocol/json.ts';
import { maxWitnessMessageBytes, PieceAssembler, Pieces } from '../../src/protocol/pieces.ts';
import { decodeRelayFrame, encodeRelayFrame, ports } from '../../src/protocol/relay-frame.ts';
import { MemoryDatabase } from './memory-database.ts';

const epoch = 100;
const charter: QuorumCharter = { witness: 'anchor', maxVoters: 5, minLeaseMs: 250, maxLeaseMs: 1000, charterMs: 1e5 };
const record: RoomRecord = {
  epoch,
  founder: 'ada',
  witness: 'w',
  continues: null,
  charter: { elector: 'quorum', quorum: charter },
};
const maxPieceBytes = 1000;
const maxChars = 100_000;

/** One member's core and the server's witness, a millisecond apart, over encoded relay frames, in virtual time. */
async function room(budget: Budget = new Budget(1e9, 1, () => {})) {
  const clock = virtualClock();
  const { timers, clock: hands } = clock.platform();
  const clocks = new Clocks(hands);
  const memory = new MemoryDatabase({ writeMs: () => 2, timers });
  let store: Store | null = null;
  let witness: Witness | null = null;
  const failures: unknown[] = [];
  const bad: string[] = [];
  const committed: string[] = [];
  const pieces = new Pieces();
  let fromWitness = new PieceAssembler(maxWitnessMessageBytes);
  let sentByWitness = 0;
  let timersSet = 0;

  /** As it is on the wire. */
  const overWire = (peer: string, payload: Uint8Array): Uint8Array => {
    const frame = encodeRelayFrame({ channel: 0, entries: [{ peer, port: ports.witness, payload }] });
    return decodeRelayFrame(frame)?.entries[0]?.payload ?? new Uint8Array();
  };
  const core = new Raft({
    ...{ id: 'ada', epoch, seed: 1, limits: { minLeaseMs: 250, maxLeaseMs: 1000 } },
    founding: foundedBy(['ada'], 'w'),
  });
  const ada = new PersistingDriver<RaftEvent, RaftEffect>({
    ...{ core, tick: { type: 'tick' }, clocks, timers },
    persistence: persistenceIn(null, () => {}),
    send: (to, message) => {
      expect(to).toBe('w');
      for (const piece of pieces.split(message as Json, maxPieceBytes)) {
        timers.after(1, () => witness?.hear('ada', overWire('w', piece)));
      }
    },
    apply: (effect) => {
      if (effect.type === 'commit') {
        committed.push(...effect.entries.map(({ value }) => value));
        replica.apply(effect.entries, effect.upTo);
      }
      if (effect.type === 'snapshot-wanted') give(replica.want(effect.index, effect.chars));
    },
  });
  const replica = new Replica();
  const give = (snapshot: ReplicaSnapshot | null): void => {
    if (snapshot !== null) ada.feed({ type: 'snapshot', ...snapshot });
  };
  const compact = (chars: number): void => give(replica.compact(replica.lastIndex, 'x'.repeat(chars)));
  const start = async (database: MemoryDatabase | null): Promise<void> => {
    store = database && (await Store.open(database));
    if (store && !store.rooms.has('room')) {
      const remembered = store.remember('room', record);
      await clock.advance(5);
      await remembered;
    }
    const storage = store && (await store.openWitness('w'));
    witness = new Witness({
      ...{ room: 'room', id: 'w', epoch, founder: 'ada', charter, seed: 2, clocks, storage, budget },
      ...{ maxPieceBytes, maxChars, maxSenders: 3, unfinished: new Unfinished() },
      stored: storage ? storedState(await storage.load()) : undefined,
      timers: {
        after(delayMs, run) {
          timersSet++;
          return timers.after(delayMs, run);
        },
      },
      send: (to, payloads) => {
        sentByWitness++;
        expect(to).toBe('ada');
        for (const payload of payloads) {
          timers.after(1, () => {
            const assembled = fromWitness.take(overWire('ada', payload));
            if (assembled.type === 'message') ada.feed({ type: 'message', from: 'w', message: assembled.message });
          });
        }
      },
      onBadMessage: (from, reason) => bad.push(`${from}: ${reason}`),
      onFailed: (error) => failures.push(error),
    });
  };
  const stop = (): void => {
    witness?.close();
    witness = null;
    fromWitness = new PieceAssembler(maxWitnessMessageBytes);
  };
  const isLed = (): boolean => core.isLeader(clocks.now());
  const begin = (): void => ada.feed({ type: 'tick' });
  const hear = (from: string, piece: Uint8Array): void => witness?.hear(from, piece);
  return {
    ...{ clock, core, ada, memory, start, stop, begin, hear, isLed, committed, failures, bad, compact },
    sent: () => sentByWitness,
    timersSet: () => timersSet,
  };
}

describe('the witness of a room, at the server', () => {
  test('elects the founder, and has each entry before it is committed (Q5, Q8)', async () => {
    const { clock, core, ada, memory, start, begin, isLed, committed, failures, bad } = await room();
    await start(memory);
    begin();
    await clock.runUntil(isLed, { withinMs: 5000 });
    const large = 'x'.repeat(20_000); // many pieces
    ada.feed({ type: 'append', first: 1, values: ['one', large] });
    await clock.runUntil(() => committed.length === 2, { withinMs: 5000 });
    expect(committed).toEqual(['one', large]);
    const store = await Store.open(memory.copy());
    const stored = storedState(await (await store.openWitness('w')).load());
    expect(stored?.hardState).toMatchObject({ vote: 'ada', term: core.hardState.term });
    expect(stored?.log.entries.filter(({ type }) => type === 'value')).toHaveLength(2);
    expect([failures, bad]).toEqual([[], []]);
  });

  test('is back under its id after a crash: the leader goes on, in the same term', async () => {
    const { clock, core, ada, memory, start, stop, begin, isLed, committed } = await room();
    await start(memory);
    begin();
    await clock.runUntil(isLed, { withinMs: 5000 });
    const { term } = core.hardState;
    const disk = memory.copy();
    stop();
    await start(disk);
    await clock.runUntil(() => core.leader()?.id === 'ada', { withinMs: 5000 });
    ada.feed({ type: 'append', first: 1, values: ['after the crash'] });
    await clock.runUntil(() => committed.length === 1, { withinMs: 5000 });
    expect([isLed(), core.hardState.term]).toEqual([true, term]);
  });

  test('sets no timer and says nothing for as long as nobody leads', async () => {
    const { clock, ada, memory, start, begin, isLed, timersSet, sent } = await room();
    await start(memory);
    begin();
    await clock.runUntil(isLed, { withinMs: 5000 });
    ada.close();
    await clock.advance(60_000);
    const before = [timersSet(), sent()];
    await clock.advance(3_600_000);
    expect([timersSet(), sent()]).toEqual(before);
  });

  test('is silent for good once its store is full, and its room has no leader any more (Q3)', async () => {
    const { clock, core, ada, memory, start, begin, isLed, committed, failures, sent } = await room();
    await start(memory);
    begin();
    await clock.runUntil(isLed, { withinMs: 5000 });
    memory.fill();
    ada.feed({ type: 'append', first: 1, values: ['has no room'] });
    await clock.runUntil(() => failures.length > 0, { withinMs: 5000 });
    expect(failures).toEqual([expect.objectContaining({ code: 'storage-full' })]);
    const before = sent();
    await clock.runUntil(() => !isLed(), { withinMs: 5000 });
    await clock.advance(60_000);
    expect([sent(), committed, core.role === 'leader', failures.length]).toEqual([before, [], false, 1]);
  });

  test('drops and tells what makes no sense, and votes on (Q11)', async () => {
    const { clock, memory, start, begin, isLed, hear, bad } = await room();
    await start(memory);
    hear('bob', new Uint8Array([9, 9, 9, 9, 9, 9]));
    hear('bob', new Pieces().split({ type: 'dance' }, 100)[0] as Uint8Array);
    begin();
    await clock.runUntil(isLed, { withinMs: 5000 });
    expect(bad).toEqual([expect.stringContaining('bob: '), expect.stringContaining('bob: ')]);
  });

  test('Q8: is given a shorter snapshot when there is no room for the last one beside the entries that follow on it', async () => {
    const budget = new Budget(200_000, 1, () => {});
    const { clock, ada, memory, start, begin, isLed, committed, compact } = await room(budget);
    await start(memory);
    begin();
    await clock.runUntil(isLed, { withinMs: 5000 });
    const append = (first: number, count: number): void =>
      ada.feed({ type: 'append', first, values: Array.from({ length: count }, () => entryValue('x'.repeat(1000))) });
    append(1, 10);
    await clock.runUntil(() => committed.length === 10, { withinMs: 5000 });
    compact(80_000);
    append(11, 60);
    await clock.runUntil(() => committed.length === 70, { withinMs: 5000 });
    budget.note('another room', 300_000);
    await clock.advance(5_000);
    append(71, 1);
    await clock.advance(5_000);
    compact(10);
    await clock.advance(10_000);
    expect(committed.length).toBe(71);
  });
});
