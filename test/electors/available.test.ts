import { describe, expect, test } from 'vitest';
import type { Leadership } from '../../src/core/leadership.ts';
import { Clocks } from '../../src/driver/clocks.ts';
import { available } from '../../src/electors/available.ts';
import type { Election, ElectionEffect } from '../../src/electors/elector.ts';
import type { Json } from '../../src/protocol/json.ts';
import { virtualClock, type VirtualClock, type VirtualPlatform } from '../../src/platform/virtual.ts';

interface Running {
  readonly election: Election;
  readonly platform: VirtualPlatform;
  readonly leaders: (Leadership | null)[];
  readonly effects: ElectionEffect[];
}

/** Elections that send to each other at the next turn of the virtual clock. */
class Elections {
  readonly clock: VirtualClock = virtualClock();
  readonly #all = new Map<string, Running>();

  /** What comes for a paused member is lost. */
  #deliver(from: string, to: string, message: Json): void {
    const receiver = this.#all.get(to);
    if (receiver?.platform.paused === false) receiver.election.feed({ type: 'message', from, message });
  }

  start(self: string): Running {
    const platform = this.clock.platform();
    const effects: ElectionEffect[] = [];
    const leaders: (Leadership | null)[] = [];
    const election = available().start({
      self,
      room: 'room',
      platform,
      clocks: new Clocks(platform.clock),
      priority: 0,
      minMembers: 1,
      apply: (effect) => {
        effects.push(effect);
        if (effect.type === 'leader') leaders.push(effect.leader);
        if (effect.type !== 'send') return;
        this.clock.platform().timers.after(2, () => this.#deliver(self, effect.to, effect.message));
      },
    });
    const made = { election, platform, leaders, effects };
    this.#all.set(self, made);
    for (const { election: each } of this.#all.values()) each.feed({ type: 'members', peers: [...this.#all.keys()] });
    return made;
  }
}

async function two(): Promise<{ elections: Elections; a: Running; b: Running }> {
  const elections = new Elections();
  const [a, b] = [elections.start('a'), elections.start('b')];
  await elections.clock.advance(2000);
  expect(b.election.leader()).toEqual({ id: 'a', term: 1 });
  return { elections, a, b };
}

describe('available()', () => {
  test('F1: isLeader is read at the moment: false at the first read after a pause, before anything has run', async () => {
    const { elections, a } = await two();
    expect(a.election.isLeader()).toBe(true);
    a.platform.pause();
    await elections.clock.advance(10_000);
    expect(a.election.isLeader()).toBe(false);
  });

  test('A4: only a leader can transfer, to somebody in line, and from then on it leads no more', async () => {
    const { elections, a, b } = await two();
    expect([b.election.canTransfer(), a.election.canTransfer('nobody')]).toEqual([false, false]);
    expect([a.election.canTransfer(), a.election.canTransfer('b')]).toEqual([true, true]);
    a.election.feed({ type: 'transfer', to: 'b' });
    expect(a.election.isLeader()).toBe(false);
    expect(a.election.canTransfer()).toBe(false);
    await elections.clock.advance(100);
    expect(b.election.isLeader()).toBe(true);
  });

  test('after leave only the sends made within the call go out, and nothing more is ever said', async () => {
    const { elections, a, b } = await two();
    a.effects.length = 0;
    a.election.leave();
    expect(new Set(a.effects.map(({ type }) => type))).toEqual(new Set(['send']));
    a.effects.length = 0;
    await elections.clock.advance(5000);
    expect(a.effects).toEqual([]);
    expect(a.election.isLeader()).toBe(false);
    expect(b.leaders.at(-1)).toEqual({ id: 'b', term: 2 });
  });

  test('close says nothing at all, and what comes later is not heard', async () => {
    const { elections, a, b } = await two();
    a.effects.length = 0;
    a.election.close();
    a.election.feed({ type: 'hint', peer: 'b' });
    a.election.feed({ type: 'publish', value: 1 });
    await elections.clock.advance(5000);
    expect(a.effects).toEqual([]);
    expect(b.election.isLeader()).toBe(true);
  });

  test('D1: an empty view, and one without the others, change nothing', async () => {
    const { elections, a, b } = await two();
    a.election.feed({ type: 'members', peers: [] });
    b.election.feed({ type: 'members', peers: ['b'] });
    await elections.clock.advance(5000);
    expect(a.leaders).toEqual([{ id: 'a', term: 1 }]);
    expect(b.leaders).toEqual([{ id: 'a', term: 1 }]);
  });

  test('a session that began anew asks again, and changes no leader', async () => {
    const { elections, a, b } = await two();
    b.effects.length = 0;
    b.election.feed({ type: 'reset', peer: 'a' });
    expect(b.effects).toContainEqual(expect.objectContaining({ type: 'send', to: 'a' }));
    await elections.clock.advance(2000);
    expect(a.election.isLeader()).toBe(true);
    expect(b.leaders).toHaveLength(1);
  });

  test('A5: what the leader publishes, the others read; what a follower publishes, nobody does', async () => {
    const { elections, a, b } = await two();
    b.election.feed({ type: 'publish', value: 'not mine' });
    a.election.feed({ type: 'publish', value: { score: 3 } });
    await elections.clock.advance(200);
    expect([a.election.published(), b.election.published()]).toEqual([{ score: 3 }, { score: 3 }]);
    expect(b.effects).toContainEqual({ type: 'published', value: { score: 3 } });
  });

  test('Q11: a malformed message is reported with its sender', async () => {
    const { a } = await two();
    a.effects.length = 0;
    a.election.feed({ type: 'message', from: 'b', message: { type: 'beat' } });
    expect(a.effects).toMatchObject([{ type: 'bad-message', from: 'b' }]);
    expect(a.election.isLeader()).toBe(true);
  });
});
