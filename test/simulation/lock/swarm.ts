import { Random } from '../random.ts';
import type { Browser, Conditions, Fault, FaultType, Schedule } from '../schedule.ts';
import { drawDelivery, drawFaults, joins, ofRooms, range, round } from '../swarm.ts';
import type { Undated } from '../swarm.ts';

/** Pauses twice as often. */
const optional: readonly FaultType[] = [
  ...ofRooms.flatMap((type) => (type === 'pause' ? [type, type] : [type])),
  'behead',
  'behead',
  'theft',
  'theft',
];

/** What becomes of the page of one member, and of what it has to do with the keeper of the locks and the storage. */
const ofPages: readonly FaultType[] = ['busy', 'stun', 'keeper', 'disk', 'imposture', 'foreign'];

/** As for `available()`, with locks and a storage that all members share. */
export function drawLockSchedule(seed: number): Schedule {
  const random = new Random(seed, 'lock schedule');
  const seats = random.chance(0.7) ? random.whole(1, 4) : random.whole(5, 12);
  const faultsMs = Math.round(random.magnitude(3_000, 90_000));
  const faults = [
    ...joins(random, seats, faultsMs),
    ...drawFaults(random, optional, seats, faultsMs),
    ...drawFaults(new Random(seed, 'pages'), ofPages, seats, faultsMs),
  ];
  const schedule: Schedule = {
    elector: 'lock',
    seed,
    seats,
    minMembers: random.chance(0.85) ? 1 : random.whole(1, seats),
    conditions: { ...drawConditions(random), ...drawBusyPages(new Random(seed, 'busy pages')) },
    faultsMs,
    faults: faults.map((fault) => refined(random, fault)).toSorted((a, b) => a.atMs - b.atMs),
    split: null,
    browser: { ...drawBrowser(random), ...drawSlowKeeper(new Random(seed, 'slow keeper')) },
  };
  return { ...schedule, ...drawTheme(new Random(seed, 'lock theme'), schedule) };
}

function drawTheme(random: Random, schedule: Schedule): Partial<Schedule> {
  const chance = random.unit();
  if (chance < 0.05) return drawHangs(random, schedule.conditions);
  if (chance < 0.2) return drawHeirs(random, schedule);
  return chance < 0.35 ? drawTurmoil(random, schedule) : {};
}

/**
 * Two pages that hang again and again, about as long as it takes to be robbed, in a browser that answers late, and tells of
 * a theft much later than that.
 */
function drawHangs(random: Random, { drift }: Conditions): Partial<Schedule> {
  const everyMs = 18_000;
  const pauses = Array.from({ length: random.whole(4, 10) }, (_, at): Fault => {
    const atMs = Math.round(everyMs * (at + random.between(0.5, 1)));
    const forMs = Math.round(random.between(3_000, 14_000));
    return { type: 'pause', atMs, seat: random.whole(0, 1), forMs, sleeps: random.chance(0.3) };
  });
  const faultsMs = everyMs * (pauses.length + 1);
  const calm = { loss: 0, duplicates: 0, jitter: 0.5, timersLateMs: 0, discoveryMs: 5, watched: true };
  return {
    seats: 2,
    minMembers: 1,
    faultsMs,
    faults: [...joins(random, 2, 1_000), ...pauses],
    conditions: { ...drawConditions(random), ...calm, drift },
    browser: {
      keeperMs: round(random.magnitude(100, 500)),
      lostMs: round(random.between(1_500, 5_000)),
      storeMs: round(random.magnitude(0.2, 50)),
      preferVisible: true,
    },
  };
}

/**
 * Heirs whose timers come late, so that what they claim is good for longer than what their leader does, hang for about as
 * long as either; meanwhile others crash, or say what is not so, or the line changes, or the lock is stolen.
 */
function drawHeirs(random: Random, schedule: Schedule): Partial<Schedule> {
  const seats = random.whole(2, 4);
  const faultsMs = Math.round(random.magnitude(10_000, 60_000));
  const busy = range(seats).filter(() => random.chance(0.5));
  const faults: Fault[] = joins(random, seats, 1_000);
  for (const seat of busy)
    faults.push({ atMs: 0, type: 'busy', seat, lateMs: Math.round(random.between(200, 480)), forMs: faultsMs });
  // Two pauses in short order would be how it goes there, and that one no heir.
  for (let atMs = 3_000; atMs < faultsMs; atMs += Math.round(random.between(2_000, 9_000))) {
    const seat = random.whole(0, seats - 1);
    const forMs = Math.round(random.between(1_400, 2_200));
    const hang = { atMs, forMs, sleeps: random.chance(0.3) };
    faults.push(random.chance(0.8) ? { type: 'stun', ...hang } : { type: 'pause', seat, ...hang });
    for (const fault of meanwhile(random, seat, seats))
      faults.push({ atMs: Math.round(atMs + forMs * random.between(-0.2, 1)), ...fault } as Fault);
  }
  return { ...amongFew(random, schedule, seats), faultsMs, faults: inOrder(faults, faultsMs) };
}

/**
 * Blow upon blow: what a page asks of the locks or of the storage takes seconds, it hangs before it has the answer, and the
 * lock goes from hand to hand meanwhile.
 */
function drawTurmoil(random: Random, schedule: Schedule): Partial<Schedule> {
  const seats = random.whole(2, 4);
  const faultsMs = Math.round(random.magnitude(10_000, 40_000));
  const faults: Fault[] = joins(random, seats, 1_000);
  const slowStores = random.chance(0.4) ? range(seats) : [];
  for (const seat of slowStores)
    faults.push({ atMs: 0, type: 'disk', seat, lateMs: Math.round(random.between(200, 2_000)), forMs: faultsMs });
  for (let atMs = 1_500; atMs < faultsMs; atMs += Math.round(random.magnitude(1_000, 8_000))) {
    const seat = random.whole(0, seats - 1);
    const drawn = random.chance(0.7) ? blows(random, seat, seats) : theftAmongLiars(seats);
    const withinMs = random.pick([100, 400, 1_500]);
    for (const blow of drawn) faults.push({ atMs: Math.round(atMs + random.between(0, withinMs)), ...blow } as Fault);
  }
  return { ...amongFew(random, schedule, seats), faultsMs, faults: inOrder(faults, faultsMs) };
}

/** Whoever is given the lock is told at that moment that it is its turn. */
function theftAmongLiars(seats: number): readonly Undated<Fault>[] {
  const lies = range(seats).flatMap((to) =>
    range(seats).flatMap((from) => (from === to ? [] : [{ type: 'imposture', from, to } as const])),
  );
  return [{ type: 'theft', seat: 0 }, ...lies];
}

function blows(random: Random, seat: number, seats: number): readonly Undated<Fault>[] {
  const lateMs = (): number => (random.chance(0.5) ? Math.round(random.between(100, 3_000)) : 0);
  const forMs = (): number => Math.round(random.magnitude(300, 5_000));
  const all: readonly Undated<Fault>[] = [
    { type: 'keeper', seat, toMs: lateMs(), fromMs: lateMs(), forMs: forMs() },
    { type: 'disk', seat, lateMs: lateMs(), forMs: forMs() },
    { type: 'pause', seat, forMs: forMs(), sleeps: random.chance(0.3) },
    { type: 'pause', seat: random.whole(0, seats - 1), forMs: forMs(), sleeps: random.chance(0.3) },
    { type: 'stun', forMs: forMs(), sleeps: random.chance(0.3) },
    { type: 'theft', seat },
    { type: 'theft', seat },
    { type: 'crash', seat, backAfterMs: random.whole(100, 3_000) },
    { type: 'behead', backAfterMs: random.whole(100, 3_000) },
    { type: 'transfer', by: null, to: null },
    ...range(seats).map((to) => ({ type: 'imposture', from: seat, to }) as const),
  ];
  return all.filter(() => random.chance(0.25));
}

/** So few that what happens to one matters to the others, and nothing else goes wrong. */
function amongFew(random: Random, { conditions: { drift }, browser }: Schedule, seats: number): Partial<Schedule> {
  const calm = { loss: 0, duplicates: 0, timersLateMs: 0, discoveryMs: 5, watched: true };
  return {
    seats,
    minMembers: 1,
    conditions: { ...drawConditions(random), ...calm, drift },
    ...(browser && { browser: { ...browser, keeperMs: Math.min(browser.keeperMs, 60) } }),
  };
}

function inOrder(faults: readonly Fault[], faultsMs: number): Fault[] {
  return faults.filter(({ atMs }) => atMs < faultsMs).toSorted((a, b) => a.atMs - b.atMs);
}

/** What becomes of that one and of others while somebody hangs, and what is said to that one. */
function meanwhile(random: Random, seat: number, seats: number): readonly Undated<Fault>[] {
  const all: readonly Undated<Fault>[] = [
    ...range(seats).map((to) => ({ type: 'imposture', from: seat, to }) as const),
    { type: 'crash', seat, backAfterMs: random.whole(100, 3_000) },
    { type: 'theft', seat },
    { type: 'visible', seat, visible: random.chance(0.5) },
    { type: 'priority', seat, priority: random.whole(0, 2) },
    { type: 'transfer', by: null, to: null },
  ];
  return all.filter(() => random.chance(0.2));
}

/** Pages hang for as long as it takes to be robbed, and a little less or more. */
function refined(random: Random, fault: Fault): Fault {
  if (fault.type !== 'pause' || random.chance(0.5)) return fault;
  return { ...fault, forMs: Math.round(random.between(1_000, 5_000)) };
}

function drawBrowser(random: Random): Browser {
  const keeperMs = round(random.magnitude(0.05, 60));
  return {
    keeperMs,
    lostMs: random.chance(0.5) ? keeperMs : round(random.magnitude(keeperMs, 5_000)),
    storeMs: round(random.magnitude(0.2, 200)),
    preferVisible: random.chance(0.7),
  };
}

/** Some machines are so busy that a look at the locks takes two seconds, though timers run in time. */
function drawSlowKeeper(random: Random): Pick<Browser, 'keeperMs' | 'lostMs'> | undefined {
  if (random.chance(0.9)) return undefined;
  const keeperMs = round(random.magnitude(60, 700));
  return { keeperMs, lostMs: random.chance(0.5) ? keeperMs : round(random.magnitude(keeperMs, 5_000)) };
}

/** Some pages get so little of the time that their timers come now in time, now a second late. */
function drawBusyPages(random: Random): Pick<Conditions, 'timersLateMs'> | undefined {
  return random.chance(0.9) ? undefined : { timersLateMs: Math.round(random.magnitude(100, 1_200)) };
}

function drawConditions(random: Random): Conditions {
  return {
    ...drawDelivery(random, 0.6, 50),
    drift: random.pick([0, 1e-4, 0.0099]),
    timersLateMs: random.pick([0, 0, 1, 15]),
    discoveryMs: round(random.magnitude(0.2, 3_000)),
    hints: random.pick([0, 0.5, 1]),
    goodbyes: random.pick([0, 0.5, 1]),
    keepsDead: random.chance(0.3),
    patienceMs: Math.round(random.magnitude(1_000, 20_000)),
    watched: true,
  };
}
