import { flag, list, number, object, optional, peerId, whole, type Parse } from '../core/parsing.ts';

/** What a member's core knew of its epoch at one moment: by it, the server judges what may be founded. */
export interface Standing {
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** The newest in its log. No half: it knows of none. */
  readonly configuration: { readonly halves: readonly (readonly Weight[])[] };
  /** Of the entry that brought the configuration. */
  readonly configurationTerm?: number | undefined;
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
  configuration: object<Standing['configuration']>({ halves: list(list(weight, maxWeights), 2) }),
  configurationTerm: optional(whole(0)),
  promisedMs: number(0, maxPromisedMs),
});

export const pledge: Parse<Pledge> = object<Pledge>({ epoch: whole(0), standing });
