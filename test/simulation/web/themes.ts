import type { Random } from '../random.ts';
import type { Fault, Schedule, Web, WebRoom } from '../schedule.ts';
import { range, round } from '../swarm.ts';

export interface ThemeDraft {
  readonly seats: number;
  readonly faultsMs: number;
  readonly charterMs: number;
}

/** What happens, and where it happens, as far as that matters. */
export interface Theme {
  readonly faults: Fault[];
  readonly seats?: number;
  readonly conditions?: Partial<Schedule['conditions']>;
  readonly web?: Partial<Web>;
  readonly room?: Partial<WebRoom>;
}

/** What chance seldom brings together, in rooms that live. */
export function drawTheme(random: Random, draft: ThemeDraft): Theme {
  const theme = random.pick(themes)(random, draft);
  return Array.isArray(theme) ? { faults: theme } : theme;
}

const themes: readonly ((random: Random, draft: ThemeDraft) => Fault[] | Theme)[] = [
  laggard,
  laggard,
  allFrozen,
  exchange,
  freshServer,
  freshServer,
  blipping,
  clockSetBack,
  reloads,
  cutOff,
  cutOff,
  slowToGreet,
  lateWords,
  lateWords,
  lateAnswers,
  lateAnswers,
  talkative,
];

/** One of two stands still while the other and the witness go on, and has to take over when it wakes. */
function laggard(random: Random, { faultsMs, seats }: ThemeDraft): Fault[] {
  const faults: Fault[] = [
    { atMs: 500, type: 'work', seat: null, everyMs: 100, reads: 0.2, batch: 3, forMs: faultsMs },
  ];
  for (let atMs = 3_000; atMs < faultsMs; atMs += Math.round(random.magnitude(5_000, 20_000))) {
    const [one, ...others] = random.shuffle(range(seats));
    const forMs = Math.round(random.magnitude(300, 8_000));
    const goneMs = atMs + forMs + random.whole(-50, 20);
    faults.push({ atMs, type: 'pause', seat: one!, forMs, sleeps: random.chance(0.3) });
    for (const seat of others)
      faults.push({ atMs: goneMs, type: 'crash', seat, backAfterMs: random.pick([null, 3_000, 10_000]) });
  }
  return faults;
}

/** Everybody stops in the same moment, is replaced or not, and all wake in the same moment. */
function allFrozen(random: Random, { faultsMs, seats, charterMs }: ThemeDraft): Fault[] {
  const faults: Fault[] = [];
  const away = random.chance(0.5) ? random.whole(0, seats - 1) : null;
  for (let atMs = 4_000; atMs < faultsMs; atMs += Math.round(random.magnitude(8_000, 30_000))) {
    const forMs = Math.round(random.chance(0.5) ? random.magnitude(500, charterMs) : 16_000 + 1.1 * charterMs);
    const sleeps = random.chance(0.5);
    for (const seat of range(seats)) if (seat !== away) faults.push({ atMs, type: 'pause', seat, forMs, sleeps });
    if (away !== null)
      faults.push({ atMs: atMs + random.whole(-10, 500), type: 'crash', seat: away, backAfterMs: 200 });
  }
  return faults;
}

/** All go at once, and others come. */
function exchange(random: Random, { faultsMs, seats }: ThemeDraft): Fault[] {
  const faults: Fault[] = [];
  for (let atMs = 4_000; atMs < faultsMs; atMs += Math.round(random.magnitude(3_000, 20_000))) {
    const type = random.pick(['leave', 'leave', 'crash'] as const);
    const stays = random.chance(0.3) ? random.whole(0, seats - 1) : null;
    for (const seat of range(seats))
      if (seat !== stays)
        faults.push({ atMs: atMs + random.whole(0, 20), type, seat, backAfterMs: random.whole(1, 2_000) });
  }
  return faults;
}

/**
 * The server forgets everything, and newcomers race old members to the one that comes after it: others that were there
 * crashed, or one that had left in time comes as soon as there is a server, while all the others still hold together.
 */
function freshServer(random: Random, { faultsMs, seats, charterMs }: ThemeDraft): Fault[] {
  const faults: Fault[] = [];
  for (let atMs = 8_000; atMs < faultsMs; atMs += Math.round(random.magnitude(10_000, 60_000))) {
    const forMs = Math.round(random.magnitude(10, 1.5 * charterMs));
    const wallMs = random.chance(0.3) ? -Math.round(random.magnitude(1_000, 1e9)) : 0;
    const backMs = atMs + forMs;
    faults.push({ atMs, type: 'outage', forMs, silent: random.chance(0.3), wallMs, forgets: true });
    const [first, ...others] = random.shuffle(range(seats));
    if (random.chance(0.6)) {
      const leftMs = atMs - 3_000;
      faults.push({
        atMs: leftMs,
        type: 'leave',
        seat: first!,
        backAfterMs: backMs - leftMs + random.whole(0, 300),
      });
    } else
      for (const seat of others.slice(0, random.whole(0, seats)))
        faults.push({
          atMs: random.whole(atMs - 500, backMs),
          type: 'crash',
          seat,
          backAfterMs: random.whole(1, forMs),
        });
  }
  return faults;
}

/** Sockets close every second while members die. */
function blipping(random: Random, { faultsMs, seats }: ThemeDraft): Fault[] {
  const faults: Fault[] = [{ atMs: 3_000, type: 'blips', everyMs: random.pick([300, 1_000, 3_000]), forMs: faultsMs }];
  for (let atMs = 4_000; atMs < faultsMs; atMs += Math.round(random.magnitude(1_000, 10_000))) {
    const type = random.pick(['crash', 'crash', 'leave'] as const);
    faults.push({ atMs, type, seat: random.whole(0, seats - 1), backAfterMs: random.pick([null, 100, 5_000]) });
  }
  return faults;
}

/** The server is started again with its clock set back, again and again, while whole groups leave. */
function clockSetBack(random: Random, draft: ThemeDraft): Fault[] {
  const faults = exchange(random, draft);
  for (let atMs = 2_000; atMs < draft.faultsMs; atMs += Math.round(random.magnitude(3_000, 20_000))) {
    const wallMs = -Math.round(random.magnitude(1_000, 1e10));
    faults.push({ atMs, type: 'outage', forMs: random.whole(10, 3_000), silent: false, wallMs });
  }
  return faults;
}

/** A page is loaded again and again. */
function reloads(random: Random, { faultsMs, seats }: ThemeDraft): Fault[] {
  const faults: Fault[] = [];
  const seat = random.whole(0, seats - 1);
  const everyMs = random.magnitude(200, 3_000);
  const type = random.pick(['leave', 'leave', 'crash'] as const);
  for (let atMs = 2_000; atMs < faultsMs && faults.length < 50; atMs += Math.round(random.between(0.5, 1.5) * everyMs))
    faults.push({ atMs, type, seat, backAfterMs: random.whole(5, 100) });
  return faults;
}

/** Some members and their channels are cut off from the server and from the others, for longer than their charter, and come back. */
function cutOff(random: Random, { faultsMs, seats, charterMs }: ThemeDraft): Fault[] {
  const faults: Fault[] = [
    { atMs: 500, type: 'work', seat: null, everyMs: 300, reads: 0.2, batch: 1, forMs: faultsMs },
  ];
  for (let atMs = 5_000; atMs < faultsMs; atMs += Math.round(random.magnitude(10_000, 40_000))) {
    const places = random.shuffle(range(seats));
    const cut = places.slice(0, random.whole(1, seats));
    const rest = places.slice(cut.length);
    const forMs = Math.round(random.between(0.3, 2) * charterMs);
    faults.push({ atMs, type: 'partition', groups: [cut, [...rest, seats]], forMs });
    if (random.chance(0.5))
      for (const seat of rest)
        faults.push({ atMs: atMs + round(random.between(0, forMs)), type: 'crash', seat, backAfterMs: 500 });
  }
  return faults;
}

/** Pages stop in the moment in which they connect, for longer than a server waits to be greeted. */
function slowToGreet(random: Random, { faultsMs, seats }: ThemeDraft): Fault[] {
  const faults: Fault[] = [];
  for (let atMs = 2_000; atMs < faultsMs; atMs += Math.round(random.magnitude(5_000, 20_000))) {
    const seat = random.whole(0, seats - 1);
    const backAfterMs = random.whole(5, 100);
    const forMs = Math.round(random.magnitude(6_000, 20_000));
    faults.push({ atMs, type: random.pick(['leave', 'crash']), seat, backAfterMs });
    faults.push({ atMs: atMs + backAfterMs + 1, type: 'pause', seat, forMs, sleeps: random.chance(0.3) });
  }
  return faults;
}

/** Without a witness: all are apart for so long that they say how they stand, and elect before the server hears of it. */
function lateWords(random: Random, { faultsMs }: ThemeDraft): Theme {
  const seats = random.pick([3, 3, 5]);
  const faults: Fault[] = range(seats).map((seat) => ({ atMs: 10 * seat, type: 'join', seat, priority: 0 }));
  for (let atMs = 8_000; atMs < faultsMs; atMs += Math.round(random.magnitude(15_000, 30_000))) {
    const forMs = Math.round(random.between(5_000, 8_000));
    const laterMs = Math.round(random.magnitude(300, 3_000));
    faults.push({ atMs, type: 'partition', groups: range(seats + 1).map((place) => [place]), forMs });
    faults.push({ atMs, type: 'partition', groups: [range(seats), [seats]], forMs: forMs + laterMs });
  }
  return {
    ...{ faults, seats, conditions: { patienceMs: 20_000, loss: 0 } },
    ...{
      web: { channels: 1, openMs: 50 },
      room: { witness: 'none', maxVoters: 5, maxLeaseMs: 1_000, charterMs: 60_000 },
    },
  };
}

/** What the server answered last reaches its members when they thaw: after it has given them up, and others lead. */
function lateAnswers(random: Random, { faultsMs }: ThemeDraft): Theme {
  const old = random.whole(2, 3);
  const charterMs = Math.round(random.magnitude(2_000, 6_000));
  const faults: Fault[] = range(old).map((seat) => ({ atMs: 10 * seat, type: 'join', seat, priority: 0 }));
  const pingMs = charterMs / 6;
  const forMs = 8_000 + 2 * charterMs;
  for (let atMs = 6_000; atMs < faultsMs; atMs += forMs + 15_000) {
    // Whoever asks while its line stalls is answered when it is frozen.
    for (const seat of range(old)) {
      faults.push({ atMs, type: 'stall', seat, forMs: Math.round(pingMs) });
      faults.push({ atMs: atMs + Math.round(pingMs) - 2, type: 'pause', seat, forMs, sleeps: false });
    }
    faults.push({ atMs: atMs + Math.round(random.between(0, forMs / 2)), type: 'join', seat: old, priority: 0 });
    faults.push({ atMs: atMs + forMs + 5_000, type: 'crash', seat: old, backAfterMs: null });
  }
  return {
    ...{ faults, seats: old + 1, conditions: { loss: 0 } },
    web: { channels: 1, openMs: 50, heartbeatMs: 2_000, browsers: 0 },
    room: { charterMs, maxLeaseMs: 1_000, maxVoters: 5 },
  };
}

/** All talk to all the whole time, while some are out of reach for longer than a session keeps what was not taken. */
function talkative(random: Random, { faultsMs, seats }: ThemeDraft): Fault[] {
  const faults: Fault[] = range(seats).map((seat) => {
    const everyMs = Math.round(random.magnitude(300, 3_000));
    return { atMs: 1_000, type: 'talk', seat, everyMs, bytes: random.pick([10, 200, 20_000]), forMs: faultsMs };
  });
  for (let atMs = 4_000; atMs < faultsMs; atMs += Math.round(random.magnitude(10_000, 40_000))) {
    const [seat, ...rest] = random.shuffle(range(seats));
    const forMs = Math.round(random.magnitude(5_000, 50_000));
    if (random.chance(0.5)) faults.push({ atMs, type: 'pause', seat: seat!, forMs, sleeps: random.chance(0.5) });
    else faults.push({ atMs, type: 'partition', groups: [[seat!], [...rest, seats]], forMs });
  }
  return faults;
}
