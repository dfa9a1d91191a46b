import type { Claim } from '../../../../src/core/founding/events.ts';
import type { Group, Pledge } from '../../../../src/core/founding/group.ts';

/** What a member says to the server. `join` comes first on each line. */
export type Up =
  | { readonly type: 'join'; readonly claim: Claim | undefined }
  | { readonly type: 'ping'; readonly number: number }
  | { readonly type: 'standing' | 'pledge'; readonly said: Pledge }
  | { readonly type: 'goodbye'; readonly pledge: Pledge | undefined };

/** What the server says to a member. */
export type Down =
  /** Answers `join`. */
  | { readonly type: 'welcome' }
  | { readonly type: 'pong'; readonly number: number }
  | { readonly type: 'refused' }
  | {
      readonly type: 'view';
      readonly group: Group;
      readonly members: readonly string[];
      readonly bye: readonly string[];
    }
  | { readonly type: 'ask-pledge'; readonly epoch: number };
