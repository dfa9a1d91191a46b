import type { Lifecycle, Timers, Undo } from './platform.ts';
import type { WorkerTimers } from './worker-timers.ts';

const nothing: Undo = () => {};

interface Pending {
  readonly atMs: number;
  readonly fire: () => void;
  /** While the page is hidden. */
  unwatch: Undo;
}

export interface PageTimersParts {
  /** The page's own, which browsers clamp while it is hidden: to one a second, later to one a minute. */
  readonly own: Timers;
  readonly lifecycle: Lifecycle;
  readonly nowMs: () => number;
  readonly openWorker: () => WorkerTimers;
}

/**
 * Timers that keep their time while the page is hidden: then a dedicated worker runs beside the page's own, as its timers
 * are not clamped and its messages not held back. Whichever comes first fires. Without the worker, as where a content
 * security policy forbids it, they come as late as the page's own.
 */
export function pageTimers({ own, lifecycle, nowMs, openWorker }: PageTimersParts): Timers {
  const all = new Set<Pending>();
  let worker: WorkerTimers | null = null;
  let isListening = false;
  let isGone = false;

  function watch(pending: Pending): void {
    pending.unwatch = (worker ??= openWorker()).after(pending.atMs - nowMs(), pending.fire);
  }

  /** A page that goes is hidden as well, and needs no worker any more. */
  const isHidden = (): boolean => !isGone && !lifecycle.visible();

  function look(): void {
    if (isHidden()) {
      for (const pending of all) watch(pending);
      return;
    }
    worker?.close();
    worker = null;
  }

  function listen(): void {
    isListening = true;
    lifecycle.onVisibility(look);
    lifecycle.onHide(() => {
      isGone = true;
      look();
    });
    lifecycle.onShow(() => (isGone = false));
  }

  return {
    after(delayMs, run) {
      if (!isListening) listen();
      const end = (): void => {
        all.delete(pending);
        undo();
        pending.unwatch();
      };
      const fire = (): void => {
        end();
        run();
      };
      const pending: Pending = { atMs: nowMs() + delayMs, fire, unwatch: nothing };
      const undo = own.after(delayMs, fire);
      all.add(pending);
      if (isHidden()) watch(pending);
      return end;
    },
  };
}
