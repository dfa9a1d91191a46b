import type { Standing } from '../quorum/state.ts';
import type { Group, Pledge } from './group.ts';

/** `nowMs` never goes back, and `wallMs` is that of whoever numbers the epochs. */
export interface Moment {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** What a member says of the core that it comes back with. */
export interface Claim {
  readonly epoch: number;
  /** It was out of contact for the length of its charter: somebody may have founded a later epoch meanwhile. */
  readonly lapsed: boolean;
}

export interface FoundingOptions {
  readonly hasWitness: boolean;
  readonly charterMs: number;
  /** Null: this room is not known of. */
  readonly past: Group | null;
  /** The last moment at which members that are unknown here can have been in contact. `-Infinity`: there are none. */
  readonly contactMs: number;
  /** For so long after that they may still act: their charter may be another one. Default `charterMs`. */
  readonly strangersMs?: number;
  /** Every epoch that is founded is above. */
  readonly highestEpoch: number;
  readonly freshId: () => string;
  /** The witness that runs here; its standing is null while it is not free. Null: none runs. */
  readonly witness: () => { readonly id: string; readonly epoch: number; readonly standing: Standing | null } | null;
  /** False while nothing can be made durable: then all stays as it is. */
  readonly canFound: () => boolean;
}

export type FoundingEvent =
  /** A member sits down, with the epoch whose core it runs, if any. */
  | { readonly type: 'seated'; readonly id: string; readonly claim?: Claim | undefined }
  /** Whoever sat under that id so far was another one: whatever it said counts for nothing. */
  | { readonly type: 'mistaken'; readonly id: string }
  /** Its connection was found closed. */
  | { readonly type: 'away'; readonly id: string }
  | { readonly type: 'goodbye'; readonly id: string; readonly pledge?: Pledge | undefined }
  | { readonly type: 'standing'; readonly id: string; readonly said: Pledge }
  | { readonly type: 'pledge'; readonly id: string; readonly said: Pledge }
  /** What was to be founded is durable. */
  | { readonly type: 'founded'; readonly epoch: number }
  /** Nothing of it was: it is decided anew. */
  | { readonly type: 'not-founded'; readonly epoch: number }
  | { readonly type: 'tick' };

export type FoundingEffect =
  | { readonly type: 'ask-pledge'; readonly to: readonly string[]; readonly epoch: number }
  /** To be made durable, and then answered by `founded`. The witness that runs is silent in its epoch from this moment on. */
  | { readonly type: 'found'; readonly group: Group }
  /** From now on this is the group. */
  | { readonly type: 'group'; readonly group: Group }
  /** Nobody of that epoch can come back: but for its number, all of it may be forgotten. */
  | { readonly type: 'closed'; readonly epoch: number }
  | {
      readonly type: 'refused';
      readonly id: string;
      readonly code: 'malformed' | 'not-asked';
      readonly message: string;
    };
