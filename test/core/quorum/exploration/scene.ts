/** What may go wrong, and what may be asked of members, and how often in one run. */
export const extras = ['duplicate', 'oversleep', 'crash', 'append', 'transfer', 'leave'] as const;
export type Extra = (typeof extras)[number];

/** Which runs to explore: all of them, within these bounds. */
export interface Scene {
  /** What happens first, before anything is explored: all have started, or one leads and all have what it has. */
  readonly before: 'started' | 'elected';
  /** And then: `a>b vote`: that message is delivered; `b tick`: it becomes as late as its alarm says, and it ticks. */
  readonly script?: readonly string[];
  /** How much each member's vote counts. Default: 1. */
  readonly weights?: readonly number[];
  /** Of virtual time, from then on. */
  readonly forMs: number;
  /** Delivered after that. */
  readonly messages: number;
  readonly extras: Readonly<Partial<Record<Extra, number>>>;
  /** Who does these. Default: anyone. */
  readonly who?: Readonly<Partial<Record<Extra, readonly number[]>>>;
  /** From then on, between these two nothing arrives, in either direction. */
  readonly cuts?: readonly (readonly [number, number])[];
  /** Whose writes are done at any time later, and lost by a crash before. Others' are done at once. */
  readonly slowDisks?: readonly number[];
}
