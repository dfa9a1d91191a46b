import { Random } from '../random.ts';
import type { Conditions, FaultType, Schedule } from '../schedule.ts';
import { drawDelivery, drawFaults, drawFrozen, joins, ofMembers, round } from '../swarm.ts';

/** What happens to pages of one browser: they hang twice as often, and nothing lies between them but the browser. */
const kinds: readonly FaultType[] = [
  ...ofMembers,
  'pause',
  'behead',
  'publish',
  'transfer',
  'clog',
  'reset',
  'hint',
  'blind',
  'repeat',
  'garbage',
  'replay',
];

/** `lock()` where there are no locks. */
export function drawLocklessSchedule(seed: number): Schedule {
  const random = new Random(seed, 'lockless schedule');
  const seats = random.chance(0.7) ? random.whole(1, 4) : random.whole(5, 12);
  const faultsMs = Math.round(random.magnitude(3_000, seats > 8 ? 20_000 : 60_000));
  const faults = [...joins(random, seats, faultsMs), ...drawFaults(random, kinds, seats, faultsMs)];
  return {
    elector: 'lockless',
    seed,
    seats,
    minMembers: random.chance(0.85) ? 1 : random.whole(1, seats),
    conditions: drawConditions(random),
    faultsMs,
    faults: faults.toSorted((a, b) => a.atMs - b.atMs),
    split: null,
    frozen: seats > 1 && random.chance(0.3) ? drawFrozen(random, seats) : null,
  };
}

/** A BroadcastChannel loses nothing and keeps the order, while the session over it lasts. */
function drawConditions(random: Random): Conditions {
  return {
    ...drawDelivery(random, 1, 50),
    loss: 0,
    drift: random.pick([0, 1e-5, 1e-4]),
    timersLateMs: random.chance(0.9) ? random.pick([0, 0, 1, 15]) : Math.round(random.magnitude(100, 1_200)),
    discoveryMs: round(random.magnitude(0.2, 300)),
    hints: random.pick([0, 0.5, 1]),
    goodbyes: random.pick([0.5, 1]),
    keepsDead: random.chance(0.3),
    patienceMs: Math.round(random.magnitude(1_000, 20_000)),
    watched: random.chance(0.7),
  };
}
