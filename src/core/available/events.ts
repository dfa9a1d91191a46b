import type { Leadership } from '../leadership.ts';
import type { MemberEvent } from '../member-event.ts';
import type { DriverEffect } from '../step.ts';

/** What the driver tells the core. Each comes with the two clocks (`Timed`). */
export type AvailableEvent = MemberEvent;

export interface Side {
  readonly id: string;
  readonly term: number;
  readonly published: unknown;
}

/** What the core asks of the driver, or tells the facade. */
export type AvailableEffect =
  | DriverEffect<unknown>
  | { readonly type: 'leader'; readonly leader: Leadership | null }
  /** Members of this one's group, this one included. */
  | { readonly type: 'reachable'; readonly peers: readonly string[] }
  /** Members worth a direct path. */
  | { readonly type: 'paths'; readonly peers: readonly string[] }
  | { readonly type: 'published'; readonly value: unknown }
  | { readonly type: 'conflict'; readonly winner: Side; readonly loser: Side }
  | { readonly type: 'bad-message'; readonly from: string; readonly reason: string };

export interface AvailableOptions {
  readonly id: string;
  /** Seeds the generator: any safe integer. Same seed, same events: same effects. */
  readonly seed: number;
  readonly priority: number;
  readonly minMembers: number;
  /**
   * What its clock said when it joined: its own terms are above that, so of two leaderships the one in the lower term is the
   * older, which stays. All members have such terms, or none. Default 0: none.
   */
  readonly termsAbove?: number;
}
