import { withLongLeases } from './leases.ts';
import type { Random } from '../random.ts';
import type { Conditions, Fault, Group, Schedule } from '../schedule.ts';
import { round } from '../swarm.ts';

/** What a theme draws from: the schedule as it was drawn without one. */
type Draft = Schedule & { readonly group: Group };

interface Theme {
  readonly faults: readonly Fault[];
  readonly conditions?: Partial<Conditions>;
  readonly group?: Partial<Group>;
}

/**
 * A run of its own for what chance seldom brings together: each aims at the members that matter at that moment, again and
 * again. Half of the runs keep the faults that they had, besides.
 */
export function withTheme(random: Random, draft: Draft): Schedule {
  const faultsMs = Math.min(draft.faultsMs, Math.round(random.magnitude(3_000, 10_000)));
  const joins = draft.faults.filter(({ type }) => type === 'join');
  const others = random.chance(0.5) ? draft.faults.filter(({ type }) => type !== 'join') : [];
  const theme = random.pick(themes)(random, { ...draft, faultsMs });
  const conditions = { ...draft.conditions, ...theme.conditions };
  const faults = [...joins.map((join) => ({ ...join, atMs: join.atMs % 500 })), ...others, ...theme.faults];
  return {
    ...draft,
    minMembers: 1,
    faultsMs,
    conditions,
    group: withLongLeases({ ...draft.group, ...theme.group }, conditions),
    faults: faults.filter(({ atMs }) => atMs < faultsMs).toSorted((a, b) => a.atMs - b.atMs),
  };
}

/** What needs most luck stands here more than once. */
const themes: readonly ((random: Random, draft: Draft) => Theme)[] = [
  rivals,
  upstarts,
  handovers,
  forgetfulVoters,
  forgetfulVoters,
  divergence,
  divergence,
  divergence,
  clocksAtTheirBounds,
  lostPromises,
  decliners,
  liars,
  quiet,
];

/**
 * Some have more of the log than others when their leader is lost, so that they refuse those who ask first, and ask
 * themselves, one term further: who was elected meanwhile hears of votes in a later term.
 */
function rivals(random: Random, { faultsMs, seats }: Draft): Theme {
  const delayMs = round(random.magnitude(1, 20));
  const meanMs = 400 + 20 * delayMs;
  const all = Array.from({ length: seats }, (_, seat) => seat);
  const late = { delayMs: round(random.magnitude(20, 500)), loss: 0, duplicates: 0, only: 'vote' };
  const faults: Fault[] = [
    { atMs: 0, type: 'weather', from: all, to: all, forMs: faultsMs, ...late },
    { atMs: 0, type: 'rivalry', everyMs: round(random.magnitude(5, 50)), forMs: faultsMs },
    { atMs: 0, type: 'work', seat: null, everyMs: round(meanMs / 10), reads: 0, batch: 1, forMs: faultsMs },
  ];
  for (let atMs = 500; atMs < faultsMs; atMs += Math.round(random.between(1, 2) * meanMs)) {
    const forMs = Math.round(random.between(0.2, 0.5) * meanMs);
    faults.push({ atMs, type: 'isolate', linked: random.whole(0, 2), forMs });
    faults.push({ atMs: atMs + forMs - 1, type: 'behead', backAfterMs: Math.round(random.between(0.2, 1) * meanMs) });
  }
  return { conditions: { delayMs, jitter: 1, loss: 0 }, group: { storage: 'disk' }, faults };
}

/** Members that were cut off come back as candidates of a later term, and ask those who promised themselves to another. */
function upstarts(random: Random, { faultsMs, seats }: Draft): Theme {
  const faults: Fault[] = [];
  for (let atMs = 300; atMs < faultsMs; atMs += Math.round(random.magnitude(100, 2_000))) {
    const seat = random.whole(0, seats - 1);
    const others = Array.from({ length: seats }, (_, other) => other).filter((other) => other !== seat);
    const forMs = Math.round(random.magnitude(300, 5_000));
    faults.push({ atMs, type: 'flattery', seat, forMs: forMs + Math.round(random.between(0, 500)) });
    if (random.chance(0.3)) faults.push({ atMs, type: 'isolate', linked: random.whole(0, 2), forMs });
    else if (random.chance(0.5)) faults.push({ atMs, type: 'cut', from: others, to: [seat], forMs });
    else faults.push({ atMs, type: 'partition', groups: [[seat], others], forMs });
  }
  return { conditions: { delayMs: round(random.magnitude(0.5, 60)) }, faults };
}

/** Leadership goes from hand to hand faster than promises end, and what is said about it comes late. */
function handovers(random: Random, { faultsMs, seats }: Draft): Theme {
  const all = Array.from({ length: seats }, (_, seat) => seat);
  const only = random.pick(['timeout-now', 'vote', 'vote-reply', 'heartbeat', 'heartbeat-reply']);
  const weather = { from: all, to: all, forMs: faultsMs, loss: random.pick([0, 0.3]), duplicates: 0.2 };
  return {
    conditions: { delayMs: round(random.magnitude(0.5, 30)) },
    faults: [
      { atMs: 500, type: 'handovers', everyMs: round(random.magnitude(10, 500)), forMs: faultsMs },
      { atMs: 600, type: 'weather', ...weather, delayMs: round(random.magnitude(10, 1_000)), only },
      ...(random.chance(0.5) ? losses(random, faultsMs, 500) : []),
    ],
  };
}

/** Voters crash within moments of their votes, while several ask for them, who wait for them to come back. */
function forgetfulVoters(random: Random, { faultsMs, seats, group: { limits } }: Draft): Theme {
  const all = Array.from({ length: seats }, (_, seat) => seat);
  const weather = { from: all, to: all, forMs: faultsMs, delayMs: 1, duplicates: 0 };
  const faults: Fault[] = [
    { atMs: 0, type: 'weather', ...weather, only: 'vote-reply', loss: random.pick([0, 0.3, 0.6]) },
  ];
  for (let atMs = 300; atMs < faultsMs; atMs += random.whole(500, 1_500))
    faults.push({ atMs, type: 'rivalry', everyMs: 1, forMs: seats - 0.5 });
  return {
    conditions: { delayMs: round(random.magnitude(5, 60)), jitter: 1, timersLateMs: 0 },
    group: {
      storage: 'disk',
      frailVotes: 0.5,
      diskMs: round(random.magnitude(0.1, 5)),
      limits: { ...limits, minLeaseMs: 250 },
    },
    faults: [...faults, ...losses(random, faultsMs, 1_000)],
  };
}

/** A few such writes, one behind the other, are done in the time that is given for answers when faults have stopped. */
const longestWriteMs = 2_500;

/** Leaders append what nobody else gets, and are lost when they are back, or before they can commit (figures 7 and 8). */
function divergence(random: Random, { faultsMs, seats, conditions: { delayMs, jitter } }: Draft): Theme {
  const faults: Fault[] = [];
  const turnMs = random.magnitude(300, 2_000) + 10 * delayMs;
  const everyMs = round(random.magnitude(5, 50));
  faults.push({
    atMs: 100,
    type: 'work',
    seat: null,
    everyMs,
    reads: 0.2,
    batch: random.pick([1, 3]),
    forMs: faultsMs,
  });
  for (let atMs = 500; atMs < faultsMs; atMs += Math.round(random.between(0.5, 1.5) * turnMs)) {
    const forMs = Math.round(random.between(0.8, 3) * turnMs);
    const linked = random.pick([0, 0, 1]);
    faults.push({ atMs, type: 'isolate', linked, forMs });
    if (random.chance(0.5))
      faults.push({ atMs: atMs + forMs - 2, type: 'behead', backAfterMs: 1 + Math.round(turnMs) });
    const seat = random.chance(0.5) ? null : random.whole(0, seats - 1);
    const lateMs = round(Math.min(longestWriteMs, random.magnitude(0.02, 2) * forMs));
    if (random.chance(0.6)) faults.push({ atMs: atMs - 10, type: 'disk', seat, lateMs, forMs: 2 * forMs });
  }
  return { conditions: { delayMs: Math.min(delayMs, 30), jitter }, group: { storage: 'disk' }, faults };
}

/** Each clock runs as fast or as slow as it may, and leaders are cut off from those who promised. */
function clocksAtTheirBounds(random: Random, { faultsMs }: Draft): Theme {
  return {
    conditions: { drift: 0.0099, clocksAtBounds: true, delayMs: round(random.magnitude(0.2, 5)), timersLateMs: 0 },
    group: { limits: { minLeaseMs: 1_000 } },
    faults: losses(random, faultsMs, 1_000),
  };
}

/** Promises are given, and the leader hears of few of them, or of those of long ago. */
function lostPromises(random: Random, { faultsMs, seats }: Draft): Theme {
  const faults: Fault[] = [...losses(random, faultsMs, 3_000)];
  const all = Array.from({ length: seats }, (_, seat) => seat);
  for (let atMs = 0; atMs < faultsMs; atMs += Math.round(random.magnitude(300, 3_000))) {
    const to = random.chance(0.5) ? all : [random.pick(all)];
    const only = random.pick(['heartbeat-reply', 'heartbeat-reply', 'heartbeat']);
    const weather = { from: all, to, only, loss: random.pick([0, 0.5, 0.9]), duplicates: random.pick([0, 0.3]) };
    const delayMs = round(random.magnitude(10, 1_000));
    faults.push({ atMs, type: 'weather', ...weather, delayMs, forMs: Math.round(random.magnitude(200, 3_000)) });
  }
  const seat = random.pick(all);
  faults.push({ atMs: 300, type: 'work', seat, everyMs: 50, reads: 0.9, batch: 1, forMs: faultsMs });
  return { faults };
}

/** Whoever goes before all others hears only the next one after it: it is handed the lead, and cannot take it. */
function decliners(random: Random, { seats }: Draft): Theme {
  const heir = random.whole(0, seats - 1);
  const giver = (heir + random.whole(1, seats - 1)) % seats;
  const others = Array.from({ length: seats }, (_, seat) => seat).filter((seat) => seat !== heir && seat !== giver);
  return {
    group: { storage: 'disk' },
    faults: [
      { atMs: 510, type: 'priority', seat: heir, priority: 20 },
      { atMs: 510, type: 'priority', seat: giver, priority: 10 },
      { atMs: 520, type: 'cut', from: others, to: [heir], forMs: null },
    ],
  };
}

/** The voter of the least weight speaks of terms far ahead, all the time. */
function liars(random: Random, { seats, faultsMs, group: { voters } }: Draft): Theme {
  const weights = voters.map(({ weight }) => weight);
  const least = Math.min(...weights);
  const faults: Fault[] = losses(random, faultsMs, 1_000);
  if (weights.length === 1) return { faults }; // that one would be believed
  const from = weights.indexOf(least);
  for (let atMs = 300; atMs < faultsMs; atMs += Math.round(random.magnitude(10, 1_000)))
    faults.push({ atMs, type: 'lie', from, to: (from + random.whole(1, seats - 1)) % seats });
  return { faults };
}

/** Little happens, and all are near: what is promised to the round trip can be told from chance. */
function quiet(random: Random, { seats, faultsMs }: Draft): Theme {
  return {
    conditions: { delayMs: round(random.magnitude(0.1, 2)), jitter: 0, drift: 1e-4, timersLateMs: 0 },
    group: { storage: 'disk', diskMs: round(random.magnitude(0.05, 10)), toldLateMs: 0 },
    faults: [
      { atMs: 510, type: 'visible', seat: random.whole(0, seats - 1), visible: false },
      ...losses(random, faultsMs, 3_000),
    ],
  };
}

/** Whoever leads is cut off or crashes, every now and then. */
function losses(random: Random, faultsMs: number, everyMs: number): Fault[] {
  const faults: Fault[] = [];
  const meanMs = Math.max(400, everyMs);
  for (let atMs = 500; atMs < faultsMs; atMs += Math.round(random.between(0.5, 2) * meanMs)) {
    const forMs = Math.round(random.magnitude(0.3, 3) * meanMs);
    if (random.chance(0.6)) faults.push({ atMs, type: 'isolate', linked: random.whole(0, 2), forMs });
    else faults.push({ atMs, type: 'behead', backAfterMs: Math.round(random.magnitude(1, 1_000)) });
  }
  return faults;
}
