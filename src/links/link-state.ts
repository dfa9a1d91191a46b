import type { PathKind } from '../transports/transport.ts';

export interface LinkState {
  /** The kind of path that the next message takes; `null` while none is open, or known to lead anywhere. */
  readonly path: PathKind | null;
  /** Smoothed round trip of that path; `null` until measured. */
  readonly rttMs: number | null;
}
