import { defaultLimits } from '../../../../src/core/quorum/limits.ts';
import type { Random } from '../../random.ts';
import type { Fault, Group, Schedule } from '../../schedule.ts';
import { range } from '../../swarm.ts';
import { withRoomTheme } from './themes.ts';

/**
 * The same room at a server that founds it: nobody is given, and whoever crashes comes back as somebody new. Some runs have a
 * theme of their own.
 */
export function atServer(random: Random, schedule: Schedule): Schedule {
  const drawn = plain(random, schedule);
  return random.chance(0.2) ? withRoomTheme(random, drawn) : drawn;
}

function plain(random: Random, schedule: Schedule): Schedule {
  const { seats: members, faultsMs, group } = schedule;
  const hasWitness = random.chance(0.85);
  const longestMs = group!.limits.maxLeaseMs ?? defaultLimits.maxLeaseMs;
  const charterMs = Math.round(Math.max(longestMs, random.magnitude(2_000, 20_000)));
  const isReloading = random.chance(0.2);
  const faults = [
    ...(isReloading ? reloads(random, members, faultsMs) : []),
    ...schedule.faults.map((fault) => ending(fault, faultsMs)),
    ...outages(random, faultsMs),
    ...blindness(random, members, faultsMs, charterMs),
  ];
  return {
    ...schedule,
    seats: members + (hasWitness ? 1 : 0),
    conditions: { ...schedule.conditions, hints: random.pick([0, 0.5, 1]) },
    faults: faults.toSorted((a, b) => a.atMs - b.atMs),
    split: null,
    group: drawGroup(random, group!, members, { hasWitness, charterMs }),
  };
}

function drawGroup(
  random: Random,
  { room, ...group }: Group,
  members: number,
  { hasWitness, charterMs }: { readonly hasWitness: boolean; readonly charterMs: number },
): Group {
  const { frailty: _, frailVotes: __, ...kept } = group;
  const voters = range(members).map(() => ({ weight: 1, witness: false }));
  const bound = random.chance(0.4) ? { maxWitnessChars: Math.round(random.magnitude(3_000, 30_000)) } : {};
  const pingMs = Math.round(Math.min(1_000, charterMs / random.pick([6, 10, 20])));
  return {
    ...kept,
    voters: hasWitness ? [...voters, { weight: 1, witness: true }] : voters,
    limits: { ...group.limits, ...bound },
    room: {
      ...room!,
      server: {
        charterMs,
        fresh: random.chance(0.8),
        storeMs: Math.round(random.magnitude(0.5, 300)),
        pingMs,
        graceMs: Math.round(random.magnitude(500, 30_000)),
      },
    },
  };
}

/** Who cannot talk for ever with those who can talk with the server makes no room with them. */
function ending(fault: Fault, faultsMs: number): Fault {
  if (!('forMs' in fault) || fault.forMs !== null || fault.type === 'pause') return fault;
  return { ...fault, forMs: faultsMs } as Fault;
}

/** Everybody crashes and comes back as somebody new: only the witness still has the log, and the founder gets it from there. */
function reloads(random: Random, members: number, faultsMs: number): Fault[] {
  const everyMs = random.magnitude(3_000, 30_000);
  const work = { everyMs: 20, reads: 0.1, batch: 1, forMs: faultsMs };
  const faults: Fault[] = [{ type: 'work', atMs: 100, seat: null, ...work }];
  for (let atMs = Math.round(everyMs); atMs < faultsMs; atMs += Math.round(random.between(0.5, 2) * everyMs))
    for (const seat of range(members))
      faults.push({ type: 'crash', atMs: atMs + random.whole(0, 5), seat, backAfterMs: random.whole(1, 200) });
  return faults;
}

/**
 * The server ends and comes back, with its memory or without, its clock set back or not; but when it forgets, not behind any
 * that epochs were numbered by, for without either it may number one as one was (E5).
 */
function outages(random: Random, faultsMs: number): Fault[] {
  const faults: Fault[] = [];
  const everyMs = random.magnitude(2_000, 60_000);
  const forgetting = random.pick([0, 0, 0.2, 0.5]);
  let setMs = 0;
  let aheadMs = 0;
  for (let atMs = Math.round(random.between(0.2, 2) * everyMs); atMs < faultsMs;) {
    const forgets = random.chance(forgetting);
    const wallMs = forgets ? aheadMs - setMs : random.pick([0, 0, -2_000, -3_600_000, 5_000]);
    setMs += wallMs;
    aheadMs = Math.max(aheadMs, setMs);
    const forMs = Math.round(random.magnitude(10, 8_000));
    faults.push({ type: 'outage', atMs, forMs, silent: random.chance(0.3), wallMs, forgets });
    atMs += Math.round(random.between(0.5, 2) * everyMs);
  }
  if (random.chance(0.25))
    faults.push({ type: 'blips', atMs: Math.round(random.between(0, faultsMs)), everyMs: 1_000, forMs: faultsMs });
  return faults;
}

/** Members cannot reach the server, for less than their charter or for longer. */
function blindness(random: Random, members: number, faultsMs: number, charterMs: number): Fault[] {
  const faults: Fault[] = [];
  const everyMs = random.magnitude(1_000, 60_000);
  for (let atMs = Math.round(random.between(0.2, 2) * everyMs); atMs < faultsMs;) {
    const forMs = Math.round(random.magnitude(0.1, 3) * charterMs);
    const seats = random.shuffle(range(members)).slice(0, random.pick([1, 1, 2, members]));
    for (const seat of seats) faults.push({ type: 'blind', atMs, seat, forMs });
    atMs += Math.round(random.between(0.5, 2) * everyMs);
  }
  return faults;
}
