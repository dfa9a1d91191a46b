import type { Cluster, Lead } from 'bellwether';
import { counterState } from './counter-state.ts';
import type { Tick } from './handover.ts';
import { metronome } from './metronome.ts';

export const ticksPerSecond = 20;

export interface Counter {
  /** The newest number seen, by whomever counted it; 0 before the first. */
  readonly newest: number;
  /** Stops counting in this page for a while, as freezing the page would. */
  pause(): void;
  resume(): void;
}

interface TickMessage {
  readonly n: number;
  readonly run: string;
  readonly after: string | null;
}

/**
 * The counter that only the leader drives. Each tick goes to the others at once over a channel; twice a second, and
 * when leadership ends in good order, the number is published as well, so that even a crash costs nothing.
 */
export function startCounter(cluster: Cluster, onTick: (tick: Tick) => void): Counter {
  const ticks = cluster.channel<TickMessage>('ticks');
  let last: Tick | null = null;
  let from = 0;
  let paused = false;

  const seen = (tick: Tick): void => {
    // Only the leader may set the counter back, which it does where two groups met.
    if (tick.leader === cluster.leader?.id || tick.n > (last?.n ?? 0)) last = tick;
    onTick(tick);
  };
  ticks.on((value: unknown, leader) => {
    const message = readTick(value);
    if (message && !paused) seen({ ...message, leader });
  });

  const count = (lead: Lead): Promise<void> => {
    const before = last;
    let n = Math.max(before?.n ?? 0, counterState(lead.published)?.tick ?? 0);
    // Who counted last and leads again, in a higher term, goes on with the same run.
    const run = before?.leader === cluster.id ? before.run : `${lead.term}/${cluster.id}`;
    const after = before?.run === run ? before.after : (before?.run ?? null);
    if (before?.run !== run) from = n + 1;
    const step = (): void => {
      if (paused || !stillLeads(lead)) return;
      n += 1;
      seen({ n, run, after, leader: cluster.id });
      // Who left meanwhile needs no tick; the cluster itself says what is wrong with the others.
      ticks.broadcast({ n, run, after }).catch(() => {});
      if (n % (ticksPerSecond / 2) === 0) cluster.publish({ by: cluster.id, tick: n, from });
    };
    return untilAborted(lead.signal, step).finally(() => {
      if (stillLeads(lead)) cluster.publish({ by: cluster.id, tick: n, from });
    });
  };
  // Settles when the cluster leaves.
  cluster.whileLeader(count).catch(() => {});

  return {
    get newest() {
      return last?.n ?? 0;
    },
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
    },
  };
}

function readTick(value: unknown): TickMessage | null {
  if (value === null || typeof value !== 'object') return null;
  const { n, run, after } = value as Record<string, unknown>;
  if (!Number.isSafeInteger(n) || typeof run !== 'string') return null;
  return after === null || typeof after === 'string' ? { n: Number(n), run, after } : null;
}

/** False from the first moment on in which leadership may have passed on, such as after a pause. */
function stillLeads(lead: Lead): boolean {
  try {
    lead.check();
    return true;
  } catch {
    return false;
  }
}

/** Steps at once and then in time, until the signal aborts. */
function untilAborted(signal: AbortSignal, step: () => void): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = metronome(1000 / ticksPerSecond, step);
    const end = (): void => {
      stop();
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    step();
  });
}
