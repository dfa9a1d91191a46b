import { flag, list, number, object, peerId, whole, type Parse } from '../core/parsing.ts';

/** What a member's core knew of its epoch at one moment: by it, the server judges what may be founded. */
export interface Standing {
  readonly lastIndex: number;
  readonly lastTerm: number;
  /**
   * The halves of the newest configuration of its epoch in its log. None: the log has none yet, so that what founded the
   * epoch still counts.
   */
  readonly configuration: readonly (readonly Weight[])[];
  /** How long it is still bound by what it promised to a leader, by its own clock. */
  readonly promisedMs: number;
}

/** One who votes, and how much that counts. */
export interface Weight {
  readonly id: string;
  readonly weight: number;
  readonly witness: boolean;
}

/** Never again does this member vote or lead in that epoch. */
export interface Pledge {
  /** 0: it never had a core. */
  readonly epoch: number;
  readonly standing: Standing;
}

/** More than any room has: two halves, and a room that lets in as many as it likes. */
const maxWeights = 1024;
const maxPromisedMs = 2 ** 31 - 1;

const weight: Parse<Weight> = object<Weight>({ id: peerId, weight: whole(1, maxWeights), witness: flag });

export const standing: Parse<Standing> = object<Standing>({
  lastIndex: whole(0),
  lastTerm: whole(0),
  configuration: list(list(weight, maxWeights), 2),
  promisedMs: number(0, maxPromisedMs),
});

export const pledge: Parse<Pledge> = object<Pledge>({ epoch: whole(0), standing });
