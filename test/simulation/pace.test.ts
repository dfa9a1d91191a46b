import { expect, test } from 'vitest';
import { Pace } from './checkers/pace.ts';
import { run } from './run.ts';
import type { Outcome } from './run.ts';
import { drawSchedule } from './swarm.ts';
import { Tenant } from './tenant.ts';
import type { LifeEvent, Seat } from './tenant.ts';
import type { World } from './world.ts';

type Says = { readonly type: 'send' };

/** Says something when it has met somebody, and answers everybody so many times. */
class Parrot extends Tenant<Says> {
  readonly #answers: number;

  constructor(world: World<Tenant>, seat: Seat, index: number, answers: number) {
    super(world, seat, index, world.idOf(seat.index, seat.lives));
    this.#answers = answers;
  }

  isLeader(): boolean {
    return false;
  }

  protected apply(event: LifeEvent): void {
    if (event.type === 'members') for (const peer of event.peers) if (peer !== this.id) this.#say(peer);
    if (event.type === 'message') for (let count = 0; count < this.#answers; count++) this.#say(event.from);
  }

  #say(to: string): void {
    this.did({ type: 'send' });
    this.world.network.send(this, to, 'hello');
  }

  protected close(): void {}
}

const limits = { timersPerSecond: 10, sendsPerSecond: 1_000, answersPerLate: 0, sendsPerEvent: 4 };

/** Two, ten milliseconds apart, for half a minute. */
function runParrots(answers: number): Outcome {
  const base = drawSchedule('available', 1);
  const join = { type: 'join', priority: 0 } as const;
  return run<Parrot>(
    {
      bear: (world, seat, index) => new Parrot(world, seat, index, answers),
      checkers: [new Pace(limits)],
      recover: () => [],
    },
    {
      ...base,
      seats: 2,
      conditions: { ...base.conditions, delivery: 'datagram', delayMs: 10, loss: 0, duplicates: 0, timersLateMs: 0 },
      faultsMs: 30_000,
      faults: [
        { atMs: 0, seat: 0, ...join },
        { atMs: 0, seat: 1, ...join },
      ],
    },
    null,
  );
}

test('a member that answers each word with two ends the run as soon as it floods, and is named', () => {
  const { broken, simulatedMs, steps } = runParrots(2);
  expect(broken?.promise).toBe('a member neither spins nor floods');
  expect(broken?.message).toMatch(/^s[01]\.0 sent more than \d+ messages in one second$/);
  expect(simulatedMs).toBeLessThan(2_000);
  expect(steps).toBeLessThan(20_000);
});

test('members that answer each word with one flood nobody', () => {
  expect(runParrots(1)).toMatchObject({ broken: null, simulatedMs: 30_000 });
});

test('a member to which things happen without end, while no time passes, is named', () => {
  const schedule = { ...drawSchedule('available', 1), seats: 1, faultsMs: 1_000, faults: [] };
  const subject = {
    bear: (world: World<Tenant>, seat: Seat, index: number): Parrot => new Parrot(world, seat, index, 0),
    checkers: [new Pace(limits)],
    recover: (world: World<Tenant>): never => {
      world.takeSeat(0);
      world.runUntil(20_000);
      for (;;) world.lives[0]!.take({ type: 'hint', peer: 'nobody' });
    },
  };
  expect(run(subject, schedule, null).broken?.message).toMatch(
    /^more than \d+ things happened to s0\.0 in one second$/,
  );
});
