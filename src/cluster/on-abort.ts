import type { Undo } from '../platform/platform.ts';

/** Runs `run` when `signal` aborts, if there is one. Returns its undo. */
export function onAbort(signal: AbortSignal | undefined, run: () => void): Undo {
  signal?.addEventListener('abort', run);
  return () => signal?.removeEventListener('abort', run);
}
