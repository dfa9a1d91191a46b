import type { ClientLimits } from '../protocol/limits.ts';

export interface Charge {
  readonly frames: number;
  readonly bytes: number;
}

/** What the server allows on the connection that stands, and what it has charged so far. */
export interface Account {
  readonly limits: ClientLimits;
  charged: Charge;
}
