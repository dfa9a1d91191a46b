import type { Platform, Undo } from './platform.ts';

export interface Pausable {
  readonly platform: Platform;
  readonly paused: boolean;
  /** From now on no timer runs, as in a frozen page. Clocks go on. */
  pause(): void;
  /** What came due meanwhile runs at once, in order. */
  resume(): void;
}

/** Wraps a platform so that its timers can be stopped and let go again. */
export function pausable(inner: Platform): Pausable {
  let paused = false;
  const due = new Set<{ readonly run: () => void }>();

  const after = (delayMs: number, run: () => void): Undo => {
    const timer = { run };
    const undo = inner.timers.after(delayMs, () => {
      if (paused) due.add(timer);
      else run();
    });
    return () => {
      undo();
      due.delete(timer);
    };
  };

  return {
    platform: { ...inner, timers: { after } },
    get paused() {
      return paused;
    },
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      // One by one from the live set: a run may take back one that is still waiting.
      for (const timer of due) {
        if (paused) return;
        due.delete(timer);
        timer.run();
      }
    },
  };
}
