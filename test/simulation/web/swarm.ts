import { withFar } from '../quorum/far.ts';
import { longEnough } from '../quorum/leases.ts';
import { Random } from '../random.ts';
import type { Conditions, Fault, FaultType, Schedule, Web, WebRoom } from '../schedule.ts';
import { draw, drawDelivery, drawFaults, joins, ofMembers, ofWays, range, round } from '../swarm.ts';
import { drawTheme } from './themes.ts';
import type { Theme } from './themes.ts';

const ofPages: readonly FaultType[] = [
  ...ofMembers,
  'publish',
  'transfer',
  'blind',
  'talk',
  'drop',
  'drop',
  'stall',
  'sever',
  'outage',
  'blips',
];

/** Few members, most of them the whole time there, at a server that comes and goes. */
export function drawWebSchedule(seed: number): Schedule {
  const random = new Random(seed, 'web schedule');
  const seats = random.chance(0.7) ? random.whole(2, 4) : random.whole(1, 7);
  const faultsMs = Math.round(random.magnitude(3_000, 60_000));
  const faults = [
    ...joins(random, seats, faultsMs),
    ...drawFaults(random, ofPages, seats, faultsMs),
    // Between places, of which the server is one.
    ...drawFaults(random, ofWays, seats + 1, faultsMs).map(passing),
    ...exodus(random, seats, faultsMs),
  ];
  const draft: Schedule = {
    elector: 'web',
    seed,
    seats,
    minMembers: 1,
    conditions: drawConditions(random),
    faultsMs,
    faults: faults.toSorted((a, b) => a.atMs - b.atMs),
    split: seats > 1 && random.chance(0.4) ? oneAside(random, seats) : null,
    web: drawWeb(random),
  };
  const ofRoom = new Random(seed, 'room at a server');
  return ofRoom.chance(0.6) ? withFarBrowser(inRoom(ofRoom, draft)) : draft;
}

/** In a part of the rooms one member, or one browser, is far from all others, and from the server, who are near each other. */
function withFarBrowser(schedule: Schedule): Schedule {
  const { seed, seats, conditions } = schedule;
  const web = schedule.web!;
  const random = new Random(seed, 'far browser');
  if (seats < 2 || !random.chance(0.2)) return schedule;
  const one = random.whole(0, seats - 1);
  const { tabsOf = range(seats) } = web;
  const away = range(seats).filter((seat) => tabsOf[seat] === tabsOf[one]);
  if (away.length === seats) return schedule;
  const apart = withFar(random, conditions, away);
  const maxLeaseMs = longEnough(apart, web.room!.maxLeaseMs);
  const room = { ...web.room!, maxLeaseMs, charterMs: Math.max(web.room!.charterMs, maxLeaseMs) };
  return { ...schedule, conditions: apart, web: { ...web, room } };
}

/** The same in a room of `quorum()`, where applications work. Half of the runs have a theme of their own. */
function inRoom(random: Random, draft: Schedule): Schedule {
  const room = drawRoom(random);
  const { seats } = draft;
  const hasTheme = random.chance(0.5);
  const faultsMs = hasTheme ? Math.max(draft.faultsMs, Math.round(random.magnitude(15_000, 90_000))) : draft.faultsMs;
  const kept = hasTheme && random.chance(0.6) ? draft.faults.filter(({ type }) => type === 'join') : draft.faults;
  const ofAll = [...kept.map(passing), ...drawFaults(random, ['work', 'work', 'fill'], seats, faultsMs)];
  const theme: Theme = hasTheme ? drawTheme(random, { seats, faultsMs, charterMs: room.charterMs }) : { faults: [] };
  // A theme that says where it happens has that for itself.
  const faults = theme.seats === undefined ? [...ofAll, ...theme.faults] : theme.faults;
  return {
    ...draft,
    seats: theme.seats ?? seats,
    conditions: { ...draft.conditions, ...theme.conditions },
    faultsMs,
    faults: faults.filter(({ atMs }) => atMs < faultsMs).toSorted((a, b) => a.atMs - b.atMs),
    split: null,
    web: {
      ...draft.web!,
      ...theme.web,
      ...{ elector: 'quorum', room: { ...room, ...theme.room } },
      ...(theme.seats === undefined && drawTabs(draft)),
    },
  };
}

/** In some of the runs members are tabs of a few browsers, whose seats are drawn apart. */
function drawTabs({ seed, seats }: Schedule): Pick<Web, 'tabsOf'> {
  const random = new Random(seed, 'tabs');
  if (random.chance(0.5)) return {};
  const browsers = random.whole(1, Math.max(1, seats - 1));
  return { tabsOf: range(seats).map(() => random.whole(1, browsers)) };
}

function drawRoom(random: Random): WebRoom {
  const maxLeaseMs = random.pick([1_000, 5_000, 5_000]);
  return {
    witness: random.pick(['anchor', 'anchor', 'anchor', 'none']),
    maxVoters: random.pick([5, 5, 3, 1]),
    minLeaseMs: random.pick([250, 250, 500]),
    maxLeaseMs,
    charterMs: Math.round(random.magnitude(maxLeaseMs, 60_000)),
    diskMs: random.chance(0.2) ? null : round(random.magnitude(0.1, 30)),
    compactEvery: random.pick([5, 50, 1_000]),
  };
}

/** Nobody is cut from the server for ever: who is has no way to be found. */
function passing(fault: Fault): Fault {
  return 'forMs' in fault && fault.forMs === null ? ({ ...fault, forMs: 10_000 } as Fault) : fault;
}

/** One member can talk with nobody, the server included. */
function oneAside(random: Random, seats: number): number[][] {
  const aside = random.whole(0, seats - 1);
  return [range(seats + 1).filter((place) => place !== aside), [aside]];
}

function drawWeb(random: Random): Web {
  return {
    elector: 'available',
    heartbeatMs: random.pick([10_000, 10_000, 2_000]),
    graceMs: random.pick([30_000, 30_000, 3_000]),
    channels: random.pick([0, 0.5, 1, 1]),
    openMs: round(random.magnitude(10, 3_000)),
    closeLateMs: random.chance(0.5) ? 0 : round(random.magnitude(10, 20_000)),
    browsers: random.pick([0, 0.5, 1]),
  };
}

function drawConditions(random: Random): Conditions {
  return {
    ...drawDelivery(random, 1, 100),
    drift: random.pick([0, 1e-5, 1e-4]),
    timersLateMs: random.pick([0, 1, 15]),
    discoveryMs: 0,
    hints: random.pick([0, 0.5, 1]),
    goodbyes: 1,
    keepsDead: false,
    patienceMs: Math.round(random.magnitude(1_000, 20_000)),
    watched: random.chance(0.5),
  };
}

/** Several go, or stop, in the same moment. */
function exodus(random: Random, seats: number, faultsMs: number): Fault[] {
  const faults: Fault[] = [];
  if (random.chance(0.6)) return faults;
  const everyMs = random.magnitude(2_000, 20_000);
  for (let atMs = Math.round(everyMs); atMs < faultsMs; atMs += Math.round(random.between(0.5, 2) * everyMs)) {
    const gone = random.shuffle(range(seats)).slice(0, random.whole(1, seats));
    const how = random.pick(['pause', 'crash', 'leave', 'drop'] as const);
    for (const seat of gone)
      faults.push({
        ...draw(random, how, seats),
        seat,
        atMs: Math.min(faultsMs - 1, atMs + random.whole(0, 30)),
      } as Fault);
  }
  return faults;
}
