import { logarithm } from './exact.ts';
import { Random } from './random.ts';
import type { Conditions, Fault, FaultType, Frozen, Schedule } from './schedule.ts';

/**
 * Draws a schedule. Not only the faults are drawn but also which kinds of them happen at all, and how often: a fixed mix
 * finds a fraction of what a drawn one finds (Groce et al., "Swarm Testing").
 */
export function drawSchedule(elector: string, seed: number): Schedule {
  const random = new Random(seed, 'schedule');
  const seats = drawSeats(random);
  const faultsMs = Math.round(random.magnitude(3_000, seats > 9 ? 15_000 : 60_000));
  const faults = [...joins(random, seats, faultsMs), ...drawFaults(random, ofRooms, seats, faultsMs)];
  return {
    elector,
    seed,
    seats,
    minMembers: random.chance(0.75) ? 1 : random.whole(1, seats),
    conditions: drawConditions(random),
    faultsMs,
    faults: faults.toSorted((a, b) => a.atMs - b.atMs),
    split: seats > 1 && random.chance(0.6) ? groupsOf(random, seats) : null,
    frozen: seats > 1 && random.chance(0.3) ? drawFrozen(random, seats) : null,
  };
}

/** One, or any of them at once, as the tabs of a browser do. */
export function drawFrozen(random: Random, seats: number): Frozen {
  const one = random.whole(0, seats - 1);
  return { seats: random.chance(0.6) ? [one] : subset(random, seats), sleeps: random.chance(0.4) };
}

/** Most bugs show among few members, and those are simulated faster: one of ten costs as much as a hundred of three. */
function drawSeats(random: Random): number {
  if (random.chance(0.01)) return random.whole(10, 24);
  return random.chance(0.6) ? random.whole(1, 5) : random.whole(1, 9);
}

/** How messages travel. `sessions`: how often by reliable sessions; `farthestMs`: the longest way. */
export function drawDelivery(random: Random, sessions: number, farthestMs: number): Delivery {
  const delivery = random.chance(sessions) ? 'session' : 'datagram';
  return {
    delivery,
    wire: random.chance(0.04) ? 'json' : 'reference',
    delayMs: round(random.magnitude(0.2, farthestMs)),
    jitter: round(random.pick([0, 0.1, 1])),
    loss: random.chance(0.5) ? 0 : round(random.magnitude(0.001, 0.1)),
    duplicates: delivery === 'session' || random.chance(0.5) ? 0 : round(random.magnitude(0.001, 0.2)),
  };
}

function drawConditions(random: Random): Conditions {
  return {
    ...drawDelivery(random, 0.5, 150),
    drift: random.pick([0, 1e-5, 1e-4]),
    timersLateMs: random.pick([0, 1, 15]),
    discoveryMs: round(random.magnitude(1, 3_000)),
    hints: random.pick([0, 0.5, 1]),
    goodbyes: random.pick([0, 0.5, 1]),
    keepsDead: random.chance(0.3),
    patienceMs: Math.round(random.magnitude(1_000, 20_000)),
    watched: random.chance(0.7),
  };
}

type Delivery = Pick<Conditions, 'delivery' | 'wire' | 'delayMs' | 'jitter' | 'loss' | 'duplicates'>;

/** What happens to members, whatever they elect by, and to the ways between them. */
export const ofMembers: readonly FaultType[] = ['crash', 'leave', 'pause', 'throttle', 'jump', 'visible', 'priority'];
export const ofWays: readonly FaultType[] = ['cut', 'partition', 'clog', 'weather'];

/** What happens where views are made up, and messages are datagrams or sessions. */
export const ofRooms: readonly FaultType[] = [
  ...ofMembers,
  'publish',
  'transfer',
  ...ofWays,
  'reset',
  'hint',
  'blind',
  'repeat',
  'garbage',
  'replay',
];

/** Draws which of these kinds of faults happen in this run, how far apart on the average, and when. */
export function drawFaults(random: Random, kinds: readonly FaultType[], seats: number, faultsMs: number): Fault[] {
  const share = random.pick([0.1, 0.3, 0.6]);
  const chosen = kinds
    .filter(() => random.chance(share))
    .map((type) => ({ type, everyMs: random.magnitude(700, 20_000) }));
  return chosen.flatMap(({ type, everyMs }) => occurrences(random, type, everyMs, seats, faultsMs));
}

/** Most seats are taken at the start; some members come late. */
export function joins(random: Random, seats: number, faultsMs: number): Fault[] {
  const late = random.pick([0, 0.2, 0.6]);
  return Array.from({ length: seats }, (_, seat) => ({
    atMs: Math.round(random.chance(late) ? random.between(0, faultsMs) : random.between(0, random.pick([5, 3_000]))),
    type: 'join',
    seat,
    priority: random.chance(0.25) ? random.whole(-1, 2) : 0,
  }));
}

const maxOccurrences = 60;

function occurrences(random: Random, type: FaultType, everyMs: number, seats: number, faultsMs: number): Fault[] {
  const faults: Fault[] = [];
  let atMs = 0;
  while (faults.length < maxOccurrences) {
    atMs += -logarithm(1 - random.unit()) * everyMs;
    if (atMs >= faultsMs) break;
    faults.push({ atMs: Math.round(atMs), ...draw(random, type, seats) } as Fault);
  }
  return faults;
}

export type Undated<F> = F extends Fault ? Omit<F, 'atMs'> : never;

export function draw(random: Random, type: FaultType, seats: number): Undated<Fault> {
  const seat = random.whole(0, seats - 1);
  const other = random.whole(0, seats - 1);
  const lasting = Math.round(random.magnitude(50, 20_000));
  switch (type) {
    case 'join':
      return { type, seat, priority: 0 };
    case 'crash':
    case 'leave':
      return { type, seat, backAfterMs: random.chance(0.7) ? Math.round(random.magnitude(1, 15_000)) : null };
    case 'pause': {
      const forMs = Math.round(random.magnitude(10, 60_000));
      return { type, seat, forMs: random.chance(0.03) ? null : forMs, sleeps: random.chance(0.4) };
    }
    case 'stun':
      return { type, forMs: Math.round(random.between(1_000, 5_000)), sleeps: random.chance(0.4) };
    case 'throttle':
      return { type, seat, everyMs: random.pick([1_000, 1_000, 60_000]), forMs: lasting };
    case 'jump': {
      const wallMs = Math.round(random.magnitude(10, 86_400_000));
      return { type, seat, wallMs: random.chance(0.5) ? wallMs : -wallMs };
    }
    case 'visible':
      return { type, seat, visible: random.chance(0.5) };
    case 'priority':
      return { type, seat, priority: random.whole(-1, 3) };
    case 'publish':
      return { type, by: random.chance(0.8) ? null : seat };
    case 'transfer':
      return { type, by: random.chance(0.8) ? null : seat, to: random.chance(0.5) ? null : other };
    case 'cut':
      return { type, ...sides(random, seats), forMs: random.chance(0.06) ? null : lasting };
    case 'partition':
      return { type, groups: groupsOf(random, seats), forMs: random.chance(0.04) ? null : lasting };
    case 'clog':
      return { type, ...sides(random, seats), forMs: lasting };
    case 'weather':
      return {
        type,
        ...sides(random, seats),
        forMs: lasting,
        loss: round(random.pick([0, 0.1, 0.5, 0.9])),
        duplicates: round(random.pick([0, 0, 0.3])),
        delayMs: round(random.magnitude(1, 3_000)),
      };
    case 'reset':
      return { type, a: seat, b: other };
    case 'hint':
      return { type, seat, about: other };
    case 'blind':
      return { type, seat, forMs: lasting };
    case 'repeat':
      return { type, seat };
    case 'garbage':
      return { type, from: seat, to: other, kind: random.whole(0, 2 ** 31) };
    case 'lie':
    case 'replay':
      return { type, from: seat, to: other };
    case 'disk':
      return { type, seat, lateMs: round(random.magnitude(5, 2_000)), forMs: lasting };
    case 'busy':
      return { type, seat, lateMs: round(random.magnitude(20, 1_500)), forMs: lasting };
    case 'campaign':
    case 'theft':
      return { type, seat };
    case 'keeper': {
      const [toMs, fromMs] = [round(random.magnitude(1, 2_000)), round(random.magnitude(1, 2_000))];
      const way = random.whole(0, 2);
      return { type, seat, toMs: way === 0 ? 0 : toMs, fromMs: way === 1 ? 0 : fromMs, forMs: lasting };
    }
    case 'imposture':
      return { type, from: seat, to: other };
    case 'foreign':
      return { type, forMs: Math.min(lasting, 10_000) };
    case 'isolate':
      return { type, linked: random.whole(0, Math.max(0, seats - 2)), forMs: lasting };
    case 'behead':
      return { type, backAfterMs: Math.round(random.magnitude(1, 15_000)) };
    case 'flattery':
      return { type, seat, forMs: lasting };
    case 'rivalry':
    case 'handovers':
      return { type, everyMs: round(random.magnitude(2, 300)), forMs: lasting };
    case 'talk': {
      const bytes = Math.round(random.magnitude(10, 200_000));
      return { type, seat, everyMs: round(Math.max(random.magnitude(20, 2_000), bytes / 50)), bytes, forMs: lasting };
    }
    case 'drop':
      return { type, seat, memberMs: notice(random), serverMs: notice(random) };
    case 'stall':
      return { type, seat, forMs: lasting };
    case 'sever':
      return { type, a: seat, b: other, aMs: notice(random), bMs: notice(random) };
    case 'outage': {
      const wallMs = random.chance(0.6) ? 0 : Math.round(random.magnitude(10, 86_400_000)) * random.pick([-1, 1]);
      return { type, forMs: Math.round(random.magnitude(10, 30_000)), silent: random.chance(0.3), wallMs };
    }
    case 'fill':
      return { type };
    case 'blips':
      return { type, everyMs: round(random.magnitude(100, 3_000)), forMs: lasting };
    case 'work':
      return {
        type,
        seat,
        everyMs: round(random.magnitude(10, 1_000)),
        reads: random.pick([0, 0.3, 0.9]),
        batch: random.pick([1, 1, 3, 20]),
        forMs: lasting,
      };
  }
}

/** After how long one side of a dead connection is told of it. */
function notice(random: Random): number | null {
  return random.chance(0.3) ? null : round(random.chance(0.3) ? 0 : random.magnitude(1, 20_000));
}

/** From one to one, from one to all others, from all others to one, or any two sets. */
function sides(random: Random, seats: number): { from: number[]; to: number[] } {
  const [one = 0, two = 0] = random.shuffle(range(seats));
  const rest = range(seats).filter((seat) => seat !== one);
  switch (random.whole(0, 3)) {
    case 0:
      return { from: [one], to: [two] };
    case 1:
      return { from: [one], to: rest };
    case 2:
      return { from: rest, to: [one] };
    default:
      return { from: subset(random, seats), to: subset(random, seats) };
  }
}

function subset(random: Random, seats: number): number[] {
  return range(seats).filter(() => random.chance(0.5));
}

/** Everybody in two groups or three. */
export function groupsOf(random: Random, seats: number): number[][] {
  const count = random.chance(0.7) ? 2 : 3;
  const groups: number[][] = Array.from({ length: count }, () => []);
  for (const seat of random.shuffle(range(seats))) random.pick(groups).push(seat);
  return groups.filter((group) => group.length > 0);
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}

export function round(value: number): number {
  return Number(value.toPrecision(3));
}
