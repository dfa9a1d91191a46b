import { setTimeout as after } from 'node:timers/promises';
import { agreement, type Voters } from './voters.ts';

/** How long it took until the next one led, beside what it has to take. */
export interface Takeover {
  readonly tookMs: number;
  /** Between the one that led and the one that leads now, there and back. */
  readonly roundTripMs: number;
  /** For how long after the crash some promise to the leader lasted: the rest of its lease. 0 for a handover. */
  readonly restMs: number;
}

/** The leader is ended without a word, at any moment between two heartbeats. */
export async function failover(voters: Voters): Promise<Takeover> {
  const [leader, heir] = await steady(voters);
  const roundTripMs = await voters.roundTripMs(leader, heir);
  await after(400 * Math.random());
  const crashedAtMs = voters.crash(leader);
  const [next, other] = await agreement(voters, 2);
  const beats = [next, other].flatMap((one) => one?.beats ?? []).filter(({ from }) => from === leader);
  const promisedUntilMs = Math.max(...beats.map(({ atMs, leaseMs }) => atMs + leaseMs));
  await voters.start(leader);
  return {
    tookMs: (next?.ledAtMs ?? Number.NaN) - crashedAtMs,
    roundTripMs,
    restMs: Math.max(0, promisedUntilMs - voters.oneWayMs - crashedAtMs),
  };
}

/** One that somebody else than the heir came out of, or nobody, is `onAborted`, and tried again. */
export async function handover(voters: Voters, onAborted: () => void): Promise<Takeover> {
  for (;;) {
    const [leader, heir] = await steady(voters);
    const roundTripMs = await voters.roundTripMs(leader, heir);
    const toldAtMs = await voters.transfer(leader, heir);
    const [next] = await agreement(voters);
    if (next?.id === heir && toldAtMs !== null) return { tookMs: next.ledAtMs - toldAtMs, roundTripMs, restMs: 0 };
    onAborted();
  }
}

/** The leader, and another one, of three that have been together for a while. */
async function steady(voters: Voters): Promise<[leader: string, heir: string]> {
  await agreement(voters);
  await after(1000);
  const [leader, heir] = await agreement(voters);
  if (!leader || !heir) throw new Error('there is no leader');
  return [leader.id, heir.id];
}
