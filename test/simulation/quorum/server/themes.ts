import type { Random } from '../../random.ts';
import type { Conditions, Fault, Group, RoomServer, Schedule } from '../../schedule.ts';
import { range, round } from '../../swarm.ts';

/** A room at a server in which chance has brought together what it seldom does. */
interface Theme {
  readonly members: number;
  /** Default: none. What members owe each other then, no third one makes up for. */
  readonly hasWitness?: boolean;
  readonly faultsMs: number;
  readonly faults: readonly Fault[];
  readonly conditions?: Partial<Conditions>;
  readonly limits?: Partial<Group['limits']>;
  readonly server?: Partial<RoomServer>;
}

export function withRoomTheme(random: Random, schedule: Schedule): Schedule {
  const { members, hasWitness = false, faultsMs, faults, conditions, limits, server } = random.pick(themes)(random);
  const { group } = schedule;
  const { room } = group!;
  const joined = range(members).map((seat): Fault => ({ type: 'join', atMs: 20 * seat, seat, priority: 0 }));
  return {
    ...schedule,
    seats: members + (hasWitness ? 1 : 0),
    faultsMs,
    conditions: {
      ...schedule.conditions,
      delayMs: 5,
      jitter: 0.5,
      loss: 0,
      duplicates: 0,
      discoveryMs: 5,
      ...conditions,
    },
    faults: [...joined, ...faults].toSorted((a, b) => a.atMs - b.atMs),
    group: {
      ...group!,
      voters: range(members + (hasWitness ? 1 : 0)).map((seat) => ({ weight: 1, witness: seat === members })),
      limits: { ...group!.limits, missingMs: 15_000, ...limits },
      room: {
        ...room!,
        hosts: range(members).map((seat) => `host ${seat}`),
        maxVoters: 5,
        server: { ...room!.server!, fresh: true, ...server },
      },
    },
  };
}

const themes: readonly ((random: Random) => Theme)[] = [
  goodbyes,
  wakers,
  halfway,
  lastOnes,
  leftAside,
  leftAside,
  founderLost,
];

/** Who follows a leader that the server does not see says goodbye, while another one is out of that leader's reach. */
function goodbyes(random: Random): Theme {
  const faults: Fault[] = [];
  const faultsMs = 60_000;
  for (let atMs = 3_000; atMs < faultsMs - 12_000; atMs += 12_000) {
    const [leads, apart, leaves] = random.shuffle(range(3)) as [number, number, number];
    const inMs = random.whole(3_500, 8_000);
    faults.push({ type: 'blind', atMs, seat: leads, forMs: inMs + 2_000 });
    faults.push({ type: 'partition', atMs, groups: [[apart], [leads, leaves]], forMs: inMs + 2_000 });
    faults.push({ type: 'leave', atMs: atMs + inMs, seat: leaves, backAfterMs: 2_500 });
  }
  return {
    ...{ members: 3, faultsMs, faults },
    limits: { minLeaseMs: 2_000, maxLeaseMs: 5_000 },
    server: { charterMs: 20_000, storeMs: 1, pingMs: 500 },
  };
}

/** Members that cannot talk find each other while what they pledged for is being written, and one does not hear of it. */
function wakers(random: Random): Theme {
  const faults: Fault[] = [];
  const faultsMs = 60_000;
  for (let atMs = 2_000; atMs < faultsMs - 10_000; atMs += 10_000) {
    const forMs = random.whole(3_600, 6_000);
    faults.push({ type: 'partition', atMs, groups: [[0], [1], [2]], forMs });
    const blindMs = atMs + random.whole(3_400, forMs);
    faults.push({ type: 'blind', atMs: blindMs, seat: random.whole(0, 2), forMs: 3_000 });
  }
  return {
    ...{ members: 3, faultsMs, faults },
    limits: { minLeaseMs: 250, maxLeaseMs: 1_000 },
    server: { charterMs: 20_000, storeMs: random.whole(500, 2_000), pingMs: 500 },
  };
}

/** A change of those who vote reaches only those who come: then they and the leader are cut off from all others. */
function halfway(random: Random): Theme {
  const [leads, ...others] = random.shuffle(range(3)) as [number, number, number];
  const newcomers = [3, 4];
  const lost = { duplicates: 0, delayMs: 0, loss: 1, only: 'append' };
  const all = range(5);
  const atMs = random.whole(3_000, 4_000);
  const faults: Fault[] = [
    ...newcomers.map((seat): Fault => ({ type: 'leave', atMs: 400, seat, backAfterMs: atMs - 400 })),
    { type: 'weather', atMs, from: all, to: newcomers, forMs: 1_000, ...lost },
    { type: 'weather', atMs: atMs + 1_000, from: all, to: others, forMs: 2_000, ...lost },
    { type: 'partition', atMs: atMs + 3_000, groups: [[leads, ...newcomers], others], forMs: 12_000 },
    { type: 'work', atMs: atMs + 4_000, seat: others[0]!, everyMs: 200, reads: 0, batch: 1, forMs: 8_000 },
  ];
  return {
    ...{ members: 5, faultsMs: 25_000, faults },
    conditions: { delivery: 'datagram' },
    limits: { minLeaseMs: 250, maxLeaseMs: 1_000 },
    server: { charterMs: 60_000, storeMs: round(random.magnitude(1, 100)), pingMs: 500 },
  };
}

/** All but one are gone for good, while everybody tries to be elected all the time, at the moment that a promise is over too. */
function lastOnes(random: Random): Theme {
  const [left, ...gone] = random.shuffle(range(3)) as [number, number, number];
  const crashMs = random.whole(3_000, 6_000);
  const faults: Fault[] = [
    { type: 'rivalry', atMs: crashMs - 50, everyMs: round(random.between(1, 4)), forMs: 4_000 },
    ...gone.map((seat): Fault => ({ type: 'crash', atMs: crashMs, seat, backAfterMs: null })),
    { type: 'work', atMs: 500, seat: left, everyMs: 500, reads: 0.5, batch: 1, forMs: 5_000 },
  ];
  return {
    ...{ members: 3, faultsMs: crashMs + 4_500, faults },
    conditions: { timersLateMs: 15 },
    limits: { minLeaseMs: 250, maxLeaseMs: 1_000 },
    server: { charterMs: 10_000, storeMs: 5, pingMs: 500 },
  };
}

/**
 * Nobody talks with anybody, and leaders append what they can commit no more; some pledge, others are out of the server's reach
 * meanwhile. Then all find each other, in the next epoch, whose founder may be gone as soon as it has begun.
 */
function leftAside(random: Random): Theme {
  const members = random.pick([2, 3, 3, 4]);
  const hasWitness = members === 2 || random.chance(0.5);
  const faultsMs = 60_000;
  const alone = range(members + (hasWitness ? 1 : 0)).map((seat) => [seat]);
  const faults: Fault[] = range(members).map((seat) => {
    return {
      type: 'work',
      atMs: 1_000,
      seat,
      everyMs: round(random.between(60, 200)),
      reads: 0.1,
      batch: 1,
      forMs: faultsMs,
    };
  });
  for (let atMs = 2_000; atMs < faultsMs - 10_000; atMs += random.whole(6_000, 12_000)) {
    const forMs = random.whole(3_300, 9_000);
    const late = hasWitness ? [] : alone.slice(random.whole(1, members));
    if (random.chance(0.8)) faults.push({ type: 'partition', atMs, groups: alone, forMs });
    else faults.push({ type: 'isolate', atMs, linked: random.whole(0, 1), forMs });
    for (const [seat] of late)
      faults.push({ type: 'cut', atMs: atMs - random.whole(0, 60), from: [0], to: [seat!], forMs });
    const seat = random.whole(0, members - 1);
    if (random.chance(0.7))
      faults.push({ type: 'blind', atMs: atMs - 500, seat, forMs: forMs + random.whole(-500, 1_500) });
    const crash = { type: 'crash', seat: random.whole(0, members - 1), backAfterMs: random.whole(10, 3_000) } as const;
    if (random.chance(0.5)) faults.push({ ...crash, atMs: atMs + random.whole(3_300, forMs + 300) });
  }
  return {
    ...{ members, hasWitness, faultsMs, faults },
    limits: { minLeaseMs: 250, maxLeaseMs: 1_000, missingMs: random.pick([1_500, 5_000, 15_000]) },
    server: { charterMs: 20_000, storeMs: round(random.magnitude(1, 500)), pingMs: 500 },
  };
}

/** What two committed without the witness one of them brings into the next epoch, and is gone before anybody else has it. */
function founderLost(random: Random): Theme {
  const [stays, leaves] = random.shuffle(range(2)) as [number, number];
  const atMs = random.whole(2_000, 4_000);
  return {
    ...{ members: 2, hasWitness: true, faultsMs: atMs + 35_000 },
    faults: [
      { type: 'work', atMs: atMs - 1_000, seat: null, everyMs: 100, reads: 0.1, batch: 1, forMs: 30_000 },
      { type: 'partition', atMs, groups: [[0, 1], [2]], forMs: 30_000 },
      { type: 'leave', atMs: atMs + random.whole(300, 2_000), seat: leaves, backAfterMs: random.whole(5_000, 9_000) },
      { type: 'crash', atMs: atMs + random.whole(8_000, 16_000), seat: stays, backAfterMs: random.pick([null, 2_000]) },
    ],
    limits: { minLeaseMs: 250, maxLeaseMs: 1_000 },
    server: { charterMs: 20_000, storeMs: round(random.magnitude(1, 100)), pingMs: 500 },
  };
}
