import { describe, expect, test, vi } from 'vitest';
import { Store } from '../../signaling-server/store.ts';
import { ClusterError } from '../../src/protocol/errors.ts';
import type { QuorumCharter } from '../../src/protocol/charter.ts';
import { defaultCharter } from '../../src/protocol/default-charter.ts';
import { defaultLimits } from '../../src/protocol/limits.ts';
import type { ClientMessage, ServerMessage } from '../../src/protocol/messages.ts';
import type { LoneMember } from './lone-member.ts';
import { ServerRig } from './server-rig.ts';

const termsPerEpoch = 2 ** 20;
const charterMs = 120_000;
const day = 86_400_000;

async function led(rig: ServerRig, member: LoneMember): Promise<void> {
  await rig.clock.runUntil(() => member.isLeading, { withinMs: 20_000 });
}

/** A fresh server, and Ada, who leads the room that she founded. */
async function ledByAda(): Promise<{ rig: ServerRig; ada: LoneMember; epoch: number; witness: string }> {
  const rig = new ServerRig();
  await rig.start({ fresh: true });
  const ada = rig.member('ada');
  await led(rig, ada);
  const { epoch = 0, witness = null } = ada.view ?? {};
  expect(epoch).toBeGreaterThan(0);
  expect(witness).not.toBeNull();
  return { rig, ada, epoch, witness: witness as string };
}

/** A server whose clock was so far ahead when it began on an empty disk, and is right now; and the highest epoch that it takes for taken. */
async function begunAhead(years: number): Promise<{ rig: ServerRig; epoch: number }> {
  const rig = new ServerRig();
  rig.wallOffMs = years * 365 * day;
  await rig.start();
  await rig.clock.advance(100);
  rig.kill();
  rig.wallOffMs = 0;
  const { highestEpoch: epoch } = await Store.open(rig.database.copy());
  await rig.start({ fresh: true });
  return { rig, epoch };
}

/** Somebody comes into a room of `available()`, and leaves it. Returns the epoch in which it was. */
async function passBy(rig: ServerRig): Promise<number> {
  const heard: ServerMessage[] = [];
  const send = (frame: string | Uint8Array): void => void heard.push(JSON.parse(frame as string) as ServerMessage);
  const socket = { send, bufferedBytes: () => 0, close: () => {}, pause: () => {}, resume: () => {}, ping: () => {} };
  const client = rig.board.open(socket, { origin: undefined, address: '' });
  const say = (message: ClientMessage): void => {
    const text = JSON.stringify(message);
    client.receive({ text, bytes: text.length });
  };
  say({ type: 'hello', version: 1 });
  say({
    type: 'join',
    channel: 0,
    room: 'hall',
    id: 'eve',
    info: null,
    host: 'eve',
    charter: { elector: 'available' },
  });
  await rig.clock.advance(10);
  say({ type: 'leave', channel: 0 });
  client.closed();
  const view = heard.find((message) => message.type === 'view');
  return view?.type === 'view' ? view.epoch : 0;
}

function codesOf(errors: readonly unknown[]): readonly unknown[] {
  return errors.map((error) => (error instanceof ClusterError ? error.code : error));
}

describe('a server that is killed and started again', () => {
  test('has the same witness under the same id, in the same epoch: who led leads on', async () => {
    const { rig, ada, epoch, witness } = await ledByAda();
    const { term } = ada;
    rig.kill();
    await rig.start();
    rig.connect(ada);
    await rig.clock.advance(20);
    expect(ada.view).toMatchObject({ epoch, witness });
    await led(rig, ada);
    await rig.clock.advance(60_000);
    expect(ada.isLeading).toBe(true);
    expect(ada.view).toMatchObject({ epoch, witness });
    expect([ada.term >= term, Math.floor(ada.term / termsPerEpoch)]).toEqual([true, epoch]);
    expect(rig.errors).toEqual([]);
  });

  test('goes on with those who are there, and all that its witness stored, once who led leads no more (Q2, Q5, Q10)', async () => {
    const { rig, ada, epoch, witness } = await ledByAda();
    ada.append('one', 'x'.repeat(100_000), 'three');
    await rig.clock.runUntil(() => ada.committed.length === 3, { withinMs: 10_000 });
    rig.kill();
    await rig.start();
    const bob = rig.member('bob');
    await rig.clock.advance(20);
    expect(bob.view).toMatchObject({ epoch, founder: 'ada', witness });
    await rig.clock.runUntil(() => (bob.view?.epoch ?? 0) > epoch, { withinMs: 30_000 });
    expect(ada.isLeading).toBe(false);
    expect(bob.view).toMatchObject({ founder: 'bob', witness, continues: epoch });
    await rig.clock.runUntil(() => bob.committed.length === 3, { withinMs: 10_000 });
    expect(bob.committed).toEqual(ada.committed);
    expect([bob.isLeading, ada.isLeading]).toEqual([true, false]);
  });

  test('with its data deleted founds nothing before every leader must have ended, and then above (Q10)', async () => {
    const { rig, ada, epoch, witness } = await ledByAda();
    rig.kill();
    rig.wipe();
    await rig.start();
    const bob = rig.member('bob');
    await rig.clock.advance(1000);
    expect(bob.view).toMatchObject({ epoch: 0, founder: null, witness: null });
    expect(bob.view?.foundsInMs).toBeGreaterThan(charterMs - 5000);
    await rig.clock.advance(charterMs - 5000);
    expect(bob.view).toMatchObject({ epoch: 0 });
    await rig.clock.runUntil(() => (bob.view?.epoch ?? 0) > 0, { withinMs: 10_000 });
    expect(bob.view?.epoch).toBeGreaterThan(epoch);
    expect(bob.view?.witness).not.toBe(witness);
    await led(rig, bob);
    expect(ada.isLeading).toBe(false);
  });

  test('with its data deleted takes over the epoch of those who come back, and founds no other beside it', async () => {
    const { rig, ada, epoch, witness } = await ledByAda();
    rig.kill();
    rig.wipe();
    await rig.start();
    const bob = rig.member('bob');
    rig.connect(ada);
    await rig.clock.runUntil(() => bob.view?.epoch === epoch, { withinMs: 1000 });
    expect(bob.view).toMatchObject({ founder: null });
    expect(bob.view?.witness).not.toBe(witness);
    await rig.clock.advance(charterMs - 5000);
    expect(bob.view).toMatchObject({ epoch, founder: null });
  });

  test('founds above what it closed, though its clock was set back by a year (Q10)', async () => {
    const { rig, ada, epoch } = await ledByAda();
    ada.goodbye();
    await rig.clock.runUntil(() => rig.database.keys.includes('highest-epoch'), { withinMs: 60_000 });
    ada.stop();
    rig.kill();
    rig.wallOffMs = -365 * day;
    await rig.start();
    const bob = rig.member('bob');
    await led(rig, bob); // at once: all have said goodbye
    expect(bob.view?.epoch).toBe(epoch + 1);
  });

  test('E5: with its data deleted founds above all that its clock named by then, though that is set back later', async () => {
    const { rig, ada, epoch } = await ledByAda();
    await rig.clock.advance(60_000); // later epochs may have come and gone that nobody is left of
    rig.kill();
    rig.wipe();
    await rig.start();
    await rig.clock.advance(100); // nobody comes
    rig.kill();
    rig.wallOffMs = -day;
    await rig.start();
    rig.connect(ada);
    await rig.clock.runUntil(() => ada.view?.epoch === epoch, { withinMs: 1000 });
    ada.goodbye();
    ada.stop();
    const bob = rig.member('bob');
    await rig.clock.runUntil(() => (bob.view?.epoch ?? 0) > epoch, { withinMs: 2 * charterMs });
    expect(bob.view?.epoch).toBeGreaterThan(epoch + 60);
  });

  test('E1: that began while its clock was ahead by centuries founds rooms that are led, then and when that is set right', async () => {
    const rig = new ServerRig();
    rig.wallOffMs = 300 * 365 * day;
    await rig.start({ fresh: true });
    const ada = rig.member('ada');
    await led(rig, ada);
    const epoch = ada.view?.epoch ?? 0;
    ada.goodbye();
    ada.stop();
    rig.kill();
    rig.wallOffMs = 0;
    await rig.start({ fresh: true });
    const bob = rig.member('bob');
    await led(rig, bob);
    expect(bob.view?.epoch).toBe(epoch + 1);
  });

  test('E1: that was merely started while its clock was ahead by centuries founds rooms that are led', async () => {
    const { rig } = await begunAhead(300);
    await led(rig, rig.member('ada'));
  });

  test('E7: that began while its clock was years ahead forgets rooms that are over when that is set right, and counts on', async () => {
    const { rig, epoch } = await begunAhead(5);
    for (const n of [1, 2, 3]) {
      const member = rig.member(`member-${n}`);
      await rig.clock.runUntil(() => (member.view?.epoch ?? 0) > 0, { withinMs: 20_000 });
      expect(member.view?.epoch).toBe(epoch + n);
      member.goodbye();
      member.stop();
      await rig.clock.runUntil(() => rig.board.counters.rooms === 0, { withinMs: charterMs });
      await rig.clock.advance(100);
      rig.kill();
      await rig.start({ fresh: true });
    }
    expect(rig.errors).toEqual([]);
  });

  test('E7: such a server forgets rooms that elect without it as well, and counts on', async () => {
    const { rig, epoch } = await begunAhead(5);
    for (const n of [1, 2]) {
      expect(await passBy(rig)).toBe(epoch + n);
      expect(rig.board.counters.rooms).toBe(0);
      await rig.clock.advance(100);
      rig.kill();
      await rig.start({ fresh: true });
    }
    rig.wallOffMs = 6 * 365 * day;
    const written = rig.database.writes;
    expect(await passBy(rig)).toBeGreaterThan(epoch + 2);
    await rig.clock.runUntil(() => rig.board.counters.rooms === 0, { withinMs: 2_000 });
    expect(rig.database.writes).toBe(written); // the clock alone names a higher one next
  });

  test('E7: whose clock is set back forgets rooms that are over as before', async () => {
    const rig = new ServerRig();
    rig.wallOffMs = day;
    await rig.start({ memory: true });
    const epoch = await passBy(rig);
    rig.wallOffMs = 0;
    await rig.clock.advance(10_000);
    expect(await passBy(rig)).toBeGreaterThan(epoch);
    await rig.clock.advance(2_000);
    expect([rig.board.counters.rooms, rig.timers]).toEqual([0, 0]);
  });

  test('forgets a room that nobody comes back to, and then has nothing to do', async () => {
    const { rig, ada, epoch } = await ledByAda();
    rig.kill();
    ada.stop();
    await rig.start();
    expect(rig.board.counters).toMatchObject({ rooms: 1, witnesses: 0 });
    await rig.clock.advance(charterMs + 5000);
    expect(rig.board.counters).toMatchObject({ rooms: 0, witnesses: 0 });
    await rig.clock.runUntil(() => rig.database.keys.join() === 'highest-epoch,watched-ms', { withinMs: 100 });
    expect(rig.timers).toBe(0);
    const bob = rig.member('bob');
    await led(rig, bob);
    expect(bob.view?.epoch).toBeGreaterThan(epoch);
  });
});

describe('who founds the first room of a server', () => {
  const foundsInMs = async (rig: ServerRig, room = 'room'): Promise<number> => {
    const ada = rig.member('ada', { room });
    const before = rig.clock.nowMs();
    await rig.clock.runUntil(() => (ada.view?.epoch ?? 0) > 0, { withinMs: 2 * charterMs });
    ada.stop();
    return rig.clock.nowMs() - before;
  };

  test.each([
    ['in memory, fresh', { memory: true, fresh: true }],
    ['on an empty disk, fresh', { fresh: true }],
  ])('%s: whoever comes first, at once', async (_, options) => {
    const rig = new ServerRig();
    await rig.start(options);
    expect(await foundsInMs(rig)).toBeLessThan(100);
  });

  test.each([
    ['in memory', { memory: true }],
    ['on an empty disk', {}],
  ])('%s: whoever is there when the longest charter from before it is over', async (_, options) => {
    const rig = new ServerRig();
    await rig.start(options);
    const ms = await foundsInMs(rig);
    expect(ms).toBeGreaterThan(charterMs - 100);
    expect(ms).toBeLessThan(charterMs + 5000);
  });

  test('E5, Q2: whoever comes first with a shorter charter waits as long: those of before may have another one, and lead on until it is over', async () => {
    const { rig, ada } = await ledByAda();
    rig.kill();
    rig.wipe();
    await rig.start();
    const charter: QuorumCharter = { ...defaultCharter, charterMs: 2_000, maxLeaseMs: 1_000 };
    const eve = rig.member('eve', { charter });
    const before = rig.clock.nowMs();
    await rig.clock.runUntil(() => (eve.view?.epoch ?? 0) > 0, { withinMs: 2 * charterMs });
    expect(rig.clock.nowMs() - before).toBeGreaterThan(charterMs - 100);
    expect([ada.isLeading, eve.view?.founder]).toEqual([false, 'eve']);
  });

  test('a disk that was begun fresh needs no such word at the next start', async () => {
    const rig = new ServerRig();
    await rig.start({ fresh: true });
    await rig.clock.advance(10);
    rig.kill();
    await rig.start();
    expect(await foundsInMs(rig)).toBeLessThan(100);
  });

  test('what was watched counts at the next start, if the server was stopped in order; and not if it was killed', async () => {
    const rig = new ServerRig();
    await rig.start();
    await rig.clock.advance(charterMs / 2);
    await rig.stop();
    await rig.start();
    expect(await foundsInMs(rig)).toBeLessThan(charterMs / 2 + 5000);
    rig.kill();
    await rig.start();
    expect(await foundsInMs(rig, 'other')).toBeGreaterThan(charterMs - 100);
  });

  test('a disk that has been served from for a day is proof', async () => {
    const rig = new ServerRig();
    await rig.start();
    await rig.clock.advance(day + 1000);
    rig.kill();
    await rig.start();
    expect(await foundsInMs(rig)).toBeLessThan(100);
  });
});

describe('a disk that is full in the middle of it all', () => {
  test('ends the leadership that needs the witness, is told once, and nothing is founded any more', async () => {
    const { rig, ada, epoch, witness } = await ledByAda();
    rig.database.fill();
    const bob = rig.member('bob', { room: 'other' });
    const cyd = rig.member('cyd', { room: 'third' });
    await rig.clock.runUntil(() => !ada.isLeading, { withinMs: 60_000 });
    const write = vi.spyOn(rig.database, 'write');
    rig.member('dan', { room: 'fourth' });
    await rig.clock.advance(2 * charterMs);
    expect(write).not.toHaveBeenCalled(); // nobody is asked for a pledge that would be in vain
    expect(codesOf(rig.errors)).toEqual(['storage-full']);
    expect([ada, bob, cyd].map(({ isLeading }) => isLeading)).toEqual([false, false, false]);
    expect([bob.view?.epoch, cyd.view?.epoch, ada.view?.epoch]).toEqual([0, 0, epoch]);

    rig.kill(); // and there is room again
    await rig.start();
    for (const member of [ada, bob, cyd]) rig.connect(member);
    for (const member of [ada, bob, cyd]) await led(rig, member);
    expect(ada.view).toMatchObject({ epoch, witness });
  });
});

describe('a disk that was damaged', () => {
  test('a witness that cannot be read is told of, and counts as gone: its room is founded again, above (Q10)', async () => {
    const { rig, ada, epoch, witness } = await ledByAda();
    const { term } = ada;
    rig.kill();
    rig.database.damage(`witness/${witness}/record:hard-state`, '{"term":');
    await rig.start();
    rig.connect(ada);
    await rig.clock.runUntil(() => rig.errors.length > 0, { withinMs: 1000 });
    expect(codesOf(rig.errors)).toEqual(['storage-failed']);
    expect(String(rig.errors[0])).toContain('room "room"');
    await rig.clock.runUntil(() => (ada.view?.epoch ?? 0) > epoch, { withinMs: charterMs + 30_000 });
    expect(ada.view).toMatchObject({ founder: 'ada' });
    expect(ada.view?.witness).not.toBe(witness);
    expect((ada.view?.epoch ?? 0) * termsPerEpoch).toBeGreaterThan(term);
  });
});

test('rooms in which nobody leads and nothing happens set no timer: one for each connection is all', async () => {
  const rig = new ServerRig();
  await rig.start({ fresh: true });
  const members = Array.from({ length: 50 }, (_, at) => rig.member(`m${at}`, { room: `room-${at}` }));
  for (const member of members) await led(rig, member);
  for (const member of members) member.stop();
  await rig.clock.advance(20_000);
  expect(rig.board.counters).toMatchObject({ rooms: 50, connections: 50, witnesses: 50 });
  expect(rig.timers).toBe(50);
});

test('what a witness answers is charged to whoever asked: small questions get no flood of answers', async () => {
  const { rig, ada } = await ledByAda();
  ada.append('x'.repeat(100_000));
  await rig.clock.runUntil(() => ada.committed.length === 1, { withinMs: 10_000 });
  await rig.clock.advance(10_000);
  const [before, { term }] = [rig.sentBytes, ada];
  for (let second = 0; second < 20; second++) {
    for (let n = 0; n < 50; n++) ada.tellWitness({ type: 'fetch', term, index: 0, indexTerm: 0, offset: 0 });
    await rig.clock.advance(1000);
  }
  const sent = rig.sentBytes - before;
  const { bytesPerSecond } = defaultLimits;
  expect(sent).toBeGreaterThan(2 * bytesPerSecond); // it does answer
  expect(sent).toBeLessThan((20 + 6) * bytesPerSecond);
});
