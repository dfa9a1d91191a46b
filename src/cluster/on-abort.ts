import type { Undo } from '../platform/platform.ts';

/** Runs `run` with the reason when `signal` aborts, if there is one. Returns its undo. */
export function onAbort(signal: AbortSignal | undefined, run: (reason: unknown) => void): Undo {
  const aborted = (): void => run(signal?.reason);
  signal?.addEventListener('abort', aborted);
  return () => signal?.removeEventListener('abort', aborted);
}
