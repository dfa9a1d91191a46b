import { expect, test } from 'vitest';
import type { Elector } from '../../src/electors/elector.ts';
import { electing } from './life.ts';
import { noElection } from './no-election.ts';
import type { Conditions, Fault, Schedule } from './schedule.ts';
import { drawSchedule } from './swarm.ts';
import { World } from './world.ts';

type Heard = { readonly life: string; readonly what: string; readonly atMs: number };

/** Two members that say a number to each other every 100 ms, and note what they hear. */
function chatter(faults: readonly Fault[], conditions: Partial<Conditions>, forMs: number) {
  const heard: Heard[] = [];
  const elector: Elector = {
    name: 'available',
    charter: { elector: 'available' },
    start: ({ self, apply, platform }) => {
      const others = new Set<string>();
      const note = (what: string) => heard.push({ life: self.slice(self.indexOf('-') + 1), what, atMs: world.nowMs });
      let said = 0;
      const say = (): void => {
        said++;
        for (const other of others) apply({ type: 'send', to: other, message: said, lane: 'urgent' });
        platform.timers.after(100, say);
      };
      say();
      return {
        ...noElection,
        feed: (event) => {
          if (event.type === 'members') for (const peer of event.peers) if (peer !== self) others.add(peer);
          if (event.type === 'message') note(String(event.message));
          if (event.type === 'reset') note('reset');
        },
      };
    },
  };
  const base = drawSchedule('available', 1);
  const schedule: Schedule = {
    ...base,
    seats: 2,
    faultsMs: forMs,
    split: null,
    conditions: { ...base.conditions, ...calm, ...conditions },
    faults: [...[0, 1].map((seat): Fault => ({ type: 'join', atMs: 0, seat, priority: 0 })), ...faults],
  };
  const world = new World(schedule, { bear: electing(elector), checkers: [] }, null);
  world.runUntil(forMs);
  return { world, heard, by: (life: string) => heard.filter((one) => one.life === life) };
}

const calm: Partial<Conditions> = {
  delivery: 'session',
  delayMs: 10,
  jitter: 1,
  loss: 0,
  duplicates: 0,
  timersLateMs: 0,
  discoveryMs: 1,
  patienceMs: 5_000,
  drift: 0,
};

const numbersOf = (heard: readonly Heard[]) => heard.map(({ what }) => Number(what));
const isGapFree = (numbers: readonly number[]) => numbers.every((one, at) => at === 0 || one === numbers[at - 1]! + 1);

test('T1: a session delivers everything once and in order, also what is sent again after a loss', () => {
  const { by } = chatter([], { loss: 0.3 }, 20_000);
  const numbers = numbersOf(by('s0.0'));
  expect(numbers.length).toBeGreaterThan(190);
  expect(isGapFree(numbers)).toBe(true);
});

test('a short cut makes a session late, and a long one resets it at both ends', () => {
  const cut = (forMs: number): Fault => ({ type: 'cut', atMs: 5_000, from: [0, 1], to: [0, 1], forMs });
  const short = chatter([cut(2_000)], {}, 10_000);
  expect(isGapFree(numbersOf(short.by('s0.0')))).toBe(true);
  expect(short.by('s0.0').filter(({ atMs }) => atMs > 5_100 && atMs < 7_000)).toEqual([]);
  const long = chatter([cut(20_000)], {}, 40_000);
  for (const life of ['s0.0', 's1.0']) expect(long.by(life).map(({ what }) => what)).toContain('reset');
  expect(long.by('s0.0').at(-1)!.atMs).toBeGreaterThan(39_000);
});

test('Q11: datagrams are lost, doubled and reordered', () => {
  const { by } = chatter([], { delivery: 'datagram', loss: 0.2, duplicates: 0.2 }, 60_000);
  const numbers = numbersOf(by('s1.0'));
  const distinct = new Set(numbers);
  expect(distinct.size).toBeLessThan(560);
  expect(numbers.length).toBeGreaterThan(distinct.size + 50);
  expect(numbers).not.toEqual(numbers.toSorted((a, b) => a - b));
});

test('a cut in one direction leaves the other alone', () => {
  const { by, world } = chatter([{ type: 'cut', atMs: 1_000, from: [0], to: [1], forMs: null }], {}, 5_000);
  expect(world.network.open(0, 1)).toBe(false);
  expect(world.network.open(1, 0)).toBe(true);
  expect(by('s0.0').at(-1)!.atMs).toBeGreaterThan(4_800);
  expect(by('s1.0').at(-1)!.atMs).toBeLessThan(1_200);
});

test('a clog holds messages back and lets go of them all at once', () => {
  const { by } = chatter([{ type: 'clog', atMs: 1_000, from: [0], to: [1], forMs: 3_000 }], {}, 5_000);
  const burst = by('s1.0').filter(({ atMs }) => atMs === 4_000);
  expect(burst.length).toBeGreaterThan(25);
  expect(isGapFree(numbersOf(by('s1.0')))).toBe(true);
});

test('what passes between near and far takes so much longer, either way', () => {
  const near = chatter([], { jitter: 0 }, 2_000);
  const far = chatter([], { jitter: 0, far: { seats: [1], delayMs: 250 } }, 2_000);
  for (const life of ['s0.0', 's1.0']) expect(far.by(life)[0]!.atMs - near.by(life)[0]!.atMs).toBeCloseTo(250);
  const both = chatter([], { jitter: 0, far: { seats: [0, 1], delayMs: 250 } }, 2_000);
  expect(both.heard).toEqual(near.heard);
});

test('a paused member hears and says nothing, and all of it late', () => {
  const { by } = chatter([{ type: 'pause', atMs: 1_000, seat: 1, forMs: 3_000, sleeps: false }], {}, 6_000);
  expect(by('s1.0').filter(({ atMs }) => atMs > 1_000 && atMs < 4_000)).toEqual([]);
  expect(by('s1.0').filter(({ atMs }) => atMs === 4_000).length).toBeGreaterThan(25);
});

test('a crashed member is silent for good, and its seat is taken under a new id', () => {
  const { by, world } = chatter([{ type: 'crash', atMs: 1_000, seat: 1, backAfterMs: 500 }], {}, 5_000);
  expect(by('s1.0').every(({ atMs }) => atMs < 1_000)).toBe(true);
  expect(by('s1.1').length).toBeGreaterThan(30);
  expect(world.lives.map(({ state }) => state)).toEqual(['running', 'crashed', 'running']);
});
