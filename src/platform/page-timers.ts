import type { AlarmWorker } from './alarm-worker.ts';
import type { Lifecycle, Timers } from './platform.ts';

interface Pending {
  readonly atMs: number;
  readonly fire: () => void;
}

export interface PageTimersParts {
  /** The page's own, which browsers clamp while it is hidden: to one a second, later to one a minute. */
  readonly own: Timers;
  readonly lifecycle: Lifecycle;
  readonly nowMs: () => number;
  /** Throws where the page may have none. */
  readonly newWorker: () => AlarmWorker;
}

/**
 * Timers that keep their time while the page is hidden: then a dedicated worker runs beside the page's own, as its timers
 * are not clamped and its messages not held back. Whichever comes first fires. Without the worker, as where a content
 * security policy forbids it, they come as late as the page's own.
 */
export function pageTimers({ own, lifecycle, nowMs, newWorker }: PageTimersParts): Timers {
  const all = new Map<number, Pending>();
  let last = 0;
  /** `null`: there can be none. Asked for again, it would be refused again, and the site told of it by a report. */
  let worker: AlarmWorker | null | undefined;
  let isListening = false;
  let isGone = false;

  const alarmed = (id: number): void => {
    const pending = all.get(id);
    all.delete(id);
    pending?.fire();
  };

  function watch(id: number, { atMs }: Pending): void {
    if (worker === undefined) worker = opened(newWorker, alarmed, () => (worker = null));
    worker?.postMessage([id, atMs - nowMs()]);
  }

  /** A page that goes is hidden as well, and needs no worker any more. */
  const isHidden = (): boolean => !isGone && !lifecycle.visible();

  function look(): void {
    if (isHidden()) {
      for (const [id, pending] of all) watch(id, pending);
      return;
    }
    worker?.terminate();
    worker &&= undefined;
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
      const id = ++last;
      const end = (): void => {
        if (all.delete(id)) worker?.postMessage([id]);
        undo();
      };
      const fire = (): void => {
        end();
        run();
      };
      const pending = { atMs: nowMs() + delayMs, fire };
      const undo = own.after(delayMs, fire);
      all.set(id, pending);
      if (isHidden()) watch(id, pending);
      return end;
    },
  };
}

function opened(newWorker: () => AlarmWorker, alarmed: (id: number) => void, refused: () => void): AlarmWorker | null {
  try {
    const worker = newWorker();
    worker.addEventListener('message', ({ data: id }: MessageEvent<number>) => alarmed(id));
    worker.addEventListener('error', (event) => {
      event.preventDefault(); // the page's own timers do
      refused();
    });
    return worker;
  } catch {
    return null;
  }
}
