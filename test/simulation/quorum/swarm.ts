import type { RaftLimits } from '../../../src/core/quorum/limits.ts';
import { Random } from '../random.ts';
import type { Conditions, Fault, FaultType, Group, Schedule } from '../schedule.ts';
import { longEnough } from './leases.ts';
import { withTheme } from './themes.ts';
import { drawDelivery, drawFaults, groupsOf, joins, ofMembers, ofWays, round } from '../swarm.ts';

const optional: readonly FaultType[] = [
  ...ofMembers,
  'transfer',
  ...ofWays,
  'reset',
  'garbage',
  'replay',
  'disk',
  'campaign',
  'isolate',
  'behead',
  'work',
  'work',
];

/** What is worth losing, delaying or doubling alone. */
const telling = ['heartbeat-reply', 'append-reply', 'vote-reply', 'timeout-now', 'heartbeat', 'append', 'snapshot'];

/** As for `available()`, with voters that are given at the start, disks, and applications that append and read. */
export function drawQuorumSchedule(seed: number): Schedule {
  const schedule = drawPlain(seed);
  const random = new Random(seed, 'quorum theme');
  return schedule.seats > 2 && random.chance(0.33) ? withTheme(random, schedule) : schedule;
}

function drawPlain(seed: number): Schedule & { readonly group: Group } {
  const random = new Random(seed, 'quorum schedule');
  const voters = random.pick([1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5, 5, 7]);
  const learners = random.chance(0.2) ? random.whole(1, 2) : 0;
  const seats = voters + learners;
  const faultsMs = Math.round(random.magnitude(3_000, 120_000));
  const conditions = drawConditions(random);
  const group = drawGroup(random, voters, seats, conditions);
  const faults = [...joins(random, seats, Math.min(faultsMs, 3_000)), ...drawFaults(random, optional, seats, faultsMs)];
  return {
    elector: 'quorum',
    seed,
    seats,
    minMembers: random.chance(0.85) ? 1 : random.whole(1, voters),
    conditions,
    faultsMs,
    faults: faults.map((fault) => refined(random, fault, group)).toSorted((a, b) => a.atMs - b.atMs),
    split: seats > 1 && random.chance(0.5) ? groupsOf(random, seats) : null,
    group,
  };
}

/** Lasting harm is rare, for with it goes the quorum; and weather may pick a kind of message. */
function refined(random: Random, fault: Fault, { storage }: Group): Fault {
  switch (fault.type) {
    case 'crash':
      if (storage === 'memory') return { ...fault, backAfterMs: null };
      return { ...fault, backAfterMs: backAfterMs(random), forgets: random.chance(0.02) };
    case 'behead':
      return storage === 'memory' ? { ...fault, backAfterMs: null } : fault;
    case 'work':
      return { ...fault, everyMs: 2 * fault.everyMs, seat: random.chance(0.5) ? null : fault.seat };
    case 'leave':
      return storage === 'memory' ? fault : { ...fault, backAfterMs: backAfterMs(random) };
    case 'weather':
      return random.chance(0.5) ? { ...fault, only: random.pick(telling), loss: random.pick([0, 0.5, 1]) } : fault;
    default:
      return fault;
  }
}

function backAfterMs(random: Random): number | null {
  return random.chance(0.95) ? Math.round(random.magnitude(1, 15_000)) : null;
}

function drawGroup(random: Random, voters: number, seats: number, conditions: Conditions): Group {
  const plain = random.chance(0.7);
  const witness = plain || voters < 3 || random.chance(0.5) ? -1 : voters - 1;
  const anchor = random.chance(0.5);
  return {
    voters: Array.from({ length: voters }, (_, seat) => ({
      weight: plain ? 1 : seat !== witness ? random.pick([1, 1, 1, 2, 3]) : anchor ? Math.max(1, voters - 2) : 1,
      witness: seat === witness,
    })),
    storage: random.chance(0.85) ? 'disk' : 'memory',
    diskMs: round(random.magnitude(0.05, 30)),
    frailty: random.chance(0.8) ? 0 : round(random.magnitude(0.003, 0.1)),
    limits: drawLimits(random, seats, conditions),
    snapshotMs: random.pick([0, 5, 500]),
    snapshotChars: random.pick([1, 100, 600]),
    ...(random.chance(0.2) ? { toldLateMs: round(random.magnitude(1, 100)) } : {}),
  };
}

/** Small limits are reached. */
function drawLimits(random: Random, seats: number, conditions: Conditions): Partial<RaftLimits> {
  const minLeaseMs = Math.round(random.magnitude(250, 2_500));
  const maxLeaseMs = Math.max(minLeaseMs, random.pick([1_000, 2_000, 5_000]));
  return {
    minLeaseMs,
    ...(random.chance(0.5) ? { maxLeaseMs: longEnough(conditions, maxLeaseMs) } : {}),
    ...(random.chance(0.4) ? { maxBatchEntries: random.pick([1, 3]), maxBatchChars: random.pick([100, 1_000]) } : {}),
    ...(random.chance(0.4) ? { maxInFlightEntries: random.pick([1, 4]), maxInFlightChars: 400 } : {}),
    ...(random.chance(0.3) ? { maxUncommittedEntries: random.pick([2, 20]), maxUncommittedChars: 2_000 } : {}),
    ...(random.chance(0.3) ? { maxProposedEntries: random.pick([1, 10]) } : {}),
    ...(random.chance(0.6) ? drawSnapshots(random) : {}),
    ...(random.chance(0.3) ? { chunksInFlight: random.pick([1, 2]) } : {}),
    ...(random.chance(0.3) ? { maxSessions: seats + random.whole(0, 2) } : {}),
    ...(random.chance(0.3) ? { sessionMs: random.pick([3_000, 20_000]) } : {}),
  };
}

/** Entries are counted with 64 characters and more: so snapshots are wanted for either reason, and sent in the stead of entries. */
function drawSnapshots(random: Random): Partial<RaftLimits> {
  const snapshotEntries = random.pick([3, 20, 100]);
  return { snapshotEntries, snapshotChars: 70 * snapshotEntries, keptEntries: random.pick([0, 2, 50]), chunkChars: 64 };
}

/**
 * Of two groups one is at any distance, from one machine to another continent, and one as far apart as browsers are: round
 * trips of 20 to 200 ms, over which leases grow.
 */
function drawConditions(random: Random): Conditions {
  const delivery = drawDelivery(random, 0.4, 100);
  return {
    ...delivery,
    delayMs: random.chance(0.5) ? delivery.delayMs : round(random.magnitude(10, 100)),
    drift: random.pick([0, 1e-4, 0.0099]),
    timersLateMs: random.pick([0, 0, 1, 15]),
    discoveryMs: round(random.magnitude(0.1, 100)),
    hints: 0,
    goodbyes: 0,
    keepsDead: true,
    patienceMs: Math.round(random.magnitude(1_000, 20_000)),
    watched: true,
  };
}
