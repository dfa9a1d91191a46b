import { Random } from '../random.ts';
import type { Fault, Group, Room, Schedule } from '../schedule.ts';
import { groupsOf, range } from '../swarm.ts';
import { atServer } from './server/swarm.ts';
import { drawQuorumSchedule } from './swarm.ts';

/**
 * As for voters that are given, in rooms whose members come and go: few found them, with a witness or without, the others
 * join; groups leave, crash or freeze together, and those that were given up meanwhile wake together.
 */
export function drawRoomSchedule(seed: number): Schedule {
  const schedule = drawClosedRoom(seed);
  const random = new Random(seed, 'room server');
  return random.chance(0.6) ? atServer(random, schedule) : schedule;
}

function drawClosedRoom(seed: number): Schedule {
  const draft = drawQuorumSchedule(seed);
  const random = new Random(seed, 'room schedule');
  const founders = random.pick([1, 1, 2, 3]);
  const isAnchored = random.chance(0.5);
  const seats = Math.max(draft.seats, founders + 1, random.whole(3, 8));
  const { faultsMs } = draft;
  // Some rooms have one voter, whose word is a quorum's: nobody lies here.
  const faults = draft.faults.filter(({ type }) => type !== 'join' && type !== 'lie');
  return {
    ...draft,
    elector: 'rooms',
    seats,
    minMembers: 1,
    conditions: { ...draft.conditions, goodbyes: random.pick([0, 0.5, 1]), keepsDead: random.chance(0.5) },
    faults: [
      ...arrivals(random, seats, founders + (isAnchored ? 1 : 0), faultsMs),
      ...faults,
      ...exodus(random, seats, draft),
    ].toSorted((a, b) => a.atMs - b.atMs),
    split: random.chance(0.3) ? groupsOf(random, seats) : null,
    group: drawRoom(random, draft.group!, { founders, isAnchored, seats }),
  };
}

function drawRoom(
  random: Random,
  group: Group,
  { founders, isAnchored, seats }: { founders: number; isAnchored: boolean; seats: number },
): Group {
  const voters = Array.from({ length: founders }, () => ({ weight: 1, witness: false }));
  const anchor = { weight: Math.max(1, founders - 1), witness: true };
  const hosts = random.whole(1, seats);
  const room: Room = {
    hosts: range(seats).map((seat) => `host ${random.chance(0.7) ? seat % hosts : seat}`),
    maxVoters: random.pick([3, 3, 5, 5, 4]),
  };
  const missingMs = random.pick([800, 2_000, 5_000]);
  const bound =
    isAnchored && random.chance(0.6) ? { maxWitnessChars: Math.round(random.magnitude(3_000, 30_000)) } : {};
  const limits = { ...group.limits, missingMs, ...bound };
  return { ...group, voters: isAnchored ? [...voters, anchor] : voters, room, limits };
}

/** The founders soon, the others whenever. */
function arrivals(random: Random, seats: number, founders: number, faultsMs: number): Fault[] {
  const late = random.pick([0.2, 0.6, 1]);
  return range(seats).map((seat) => {
    const isLate = seat >= founders && random.chance(late);
    const atMs = Math.round(isLate ? random.between(0, faultsMs) : random.between(0, 300));
    return { type: 'join', atMs, seat, priority: random.chance(0.25) ? random.whole(-1, 2) : 0 };
  });
}

/** Several go in the same moment, one way or another. */
function exodus(random: Random, seats: number, { faultsMs, group }: Schedule): Fault[] {
  const faults: Fault[] = [];
  const everyMs = random.magnitude(1_000, 20_000);
  for (let atMs = Math.round(everyMs); atMs < faultsMs; atMs += Math.round(random.between(0.5, 2) * everyMs)) {
    const gone = random.shuffle(range(seats)).slice(0, random.whole(1, Math.max(1, seats - 2)));
    const forMs = Math.round(random.magnitude(300, 12_000));
    const how = random.pick(['pause', 'pause', 'crash', 'leave'] as const);
    for (const seat of gone) {
      const at = Math.min(faultsMs - 1, atMs + random.whole(0, 30));
      if (how === 'pause')
        faults.push({ type: how, atMs: at, seat, forMs: forMs + random.whole(0, 50), sleeps: false });
      else faults.push({ type: how, atMs: at, seat, backAfterMs: random.chance(0.9) ? forMs : null });
    }
    if (group?.storage === 'memory' && how === 'crash') break; // what they knew is gone
  }
  return faults;
}
