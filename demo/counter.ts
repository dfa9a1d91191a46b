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

/**
 * The counter that only the leader drives. Each tick goes to the others at once over a channel; twice a second, and
 * when leadership ends in good order, the number is published as well, so that even a crash costs nothing.
 */
export function startCounter(cluster: Cluster, onTick: (tick: Tick) => void): Counter {
  const ticks = cluster.channel<{ n: number; term: number }>('ticks');
  let newest = 0;
  let paused = false;

  const seen = (tick: Tick): void => {
    // Only the leader may set the counter back, which it does where two groups met.
    if (tick.leader === cluster.leader?.id || tick.n > newest) newest = tick.n;
    onTick(tick);
  };
  ticks.on((value: unknown, from) => {
    const tick = readTick(value);
    if (tick && !paused) seen({ ...tick, leader: from });
  });

  const count = (lead: Lead): Promise<void> => {
    const from = Math.max(newest, counterState(lead.published)?.tick ?? 0) + 1;
    let tick = from - 1;
    const step = (): void => {
      if (paused || !stillLeads(lead)) return;
      tick += 1;
      seen({ n: tick, term: lead.term, leader: cluster.id });
      // Who left meanwhile needs no tick; the cluster itself says what is wrong with the others.
      ticks.broadcast({ n: tick, term: lead.term }).catch(() => {});
      if ((tick - from) % (ticksPerSecond / 2) === 0) cluster.publish({ tick, from });
    };
    return untilAborted(lead.signal, step).finally(() => {
      if (cluster.isLeader) cluster.publish({ tick, from });
    });
  };
  // Settles when the cluster leaves.
  cluster.whileLeader(count).catch(() => {});

  return {
    get newest() {
      return newest;
    },
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
    },
  };
}

function readTick(value: unknown): { n: number; term: number } | null {
  if (value === null || typeof value !== 'object' || !('n' in value) || !('term' in value)) return null;
  const { n, term } = value;
  return Number.isSafeInteger(n) && Number.isSafeInteger(term) ? { n: Number(n), term: Number(term) } : null;
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
