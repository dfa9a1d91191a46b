import { describe, expect, test } from 'vitest';
import { available } from '../../src/electors/available.ts';
import type { Election, Leadership } from '../../src/electors/elector.ts';
import type { Json } from '../../src/protocol/json.ts';
import { virtualClock, type VirtualClock, type VirtualPlatform } from '../../src/platform/virtual.ts';

interface Running {
  readonly election: Election;
  readonly platform: VirtualPlatform;
  readonly leaders: (Leadership | null)[];
  /** Every call of an event, by name. */
  readonly calls: string[];
  readonly bad: string[];
}

/** Elections that send to each other at the next turn of the virtual clock. */
class Elections {
  readonly clock: VirtualClock = virtualClock();
  readonly #all = new Map<string, Running>();

  /** What comes for a paused member is lost. */
  #deliver(from: string, to: string, message: Json): void {
    const receiver = this.#all.get(to);
    if (receiver?.platform.paused === false) receiver.election.message(from, message);
  }

  start(self: string): Running {
    const platform = this.clock.platform();
    const running: Omit<Running, 'election'> = { platform, leaders: [], calls: [], bad: [] };
    const { leaders, calls, bad } = running;
    const election = available().start({
      self,
      platform,
      priority: 0,
      minMembers: 1,
      events: {
        send: (to, message) => {
          calls.push('send');
          this.clock.platform().timers.after(2, () => this.#deliver(self, to, message));
        },
        wantPaths: () => calls.push('wantPaths'),
        onLeader: (leader) => {
          calls.push('onLeader');
          leaders.push(leader);
        },
        onReachable: () => calls.push('onReachable'),
        onPublished: () => calls.push('onPublished'),
        onConflict: () => calls.push('onConflict'),
        onBadMessage: (from) => {
          calls.push('onBadMessage');
          bad.push(from);
        },
      },
    });
    const made = { ...running, election };
    this.#all.set(self, made);
    for (const { election: each } of this.#all.values()) each.setMembers(new Set(this.#all.keys()));
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

  test('A4: a transfer is true when somebody takes it, and false to a stranger or from a follower', async () => {
    const { elections, a, b } = await two();
    expect(b.election.transfer()).toBe(false);
    expect(a.election.transfer('nobody')).toBe(false);
    expect(a.election.isLeader()).toBe(true);
    expect(a.election.transfer('b')).toBe(true);
    expect(a.election.isLeader()).toBe(false);
    await elections.clock.advance(100);
    expect(b.election.isLeader()).toBe(true);
  });

  test('after leave only the sends made within the call go out, and nothing more is ever said', async () => {
    const { elections, a, b } = await two();
    a.calls.length = 0;
    a.election.leave();
    expect(new Set(a.calls)).toEqual(new Set(['send']));
    a.calls.length = 0;
    await elections.clock.advance(5000);
    expect(a.calls).toEqual([]);
    expect(a.election.isLeader()).toBe(false);
    expect(b.leaders.at(-1)).toEqual({ id: 'b', term: 2 });
  });

  test('close says nothing at all, and what comes later is not heard', async () => {
    const { elections, a, b } = await two();
    a.calls.length = 0;
    a.election.close();
    a.election.hint('b');
    a.election.publish(1);
    await elections.clock.advance(5000);
    expect(a.calls).toEqual([]);
    expect(b.election.isLeader()).toBe(true);
  });

  test('D1: an empty view, and one without the others, change nothing', async () => {
    const { elections, a, b } = await two();
    a.election.setMembers(new Set());
    b.election.setMembers(new Set(['b']));
    await elections.clock.advance(5000);
    expect(a.leaders).toEqual([{ id: 'a', term: 1 }]);
    expect(b.leaders).toEqual([{ id: 'a', term: 1 }]);
  });

  test('a session that began anew asks again, and changes no leader', async () => {
    const { elections, a, b } = await two();
    b.calls.length = 0;
    b.election.sessionReset('a');
    expect(b.calls).toContain('send');
    await elections.clock.advance(2000);
    expect(a.election.isLeader()).toBe(true);
    expect(b.leaders).toHaveLength(1);
  });

  test('A5: what the leader publishes, the others read; what a follower publishes, nobody does', async () => {
    const { elections, a, b } = await two();
    b.election.publish('not mine');
    a.election.publish({ score: 3 });
    await elections.clock.advance(200);
    expect([a.election.published(), b.election.published()]).toEqual([{ score: 3 }, { score: 3 }]);
    expect(b.calls).toContain('onPublished');
  });

  test('Q11: a malformed message is reported with its sender', async () => {
    const { a } = await two();
    a.election.message('b', { type: 'beat' });
    expect(a.bad).toEqual(['b']);
    expect(a.election.isLeader()).toBe(true);
  });
});
