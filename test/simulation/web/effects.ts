import type { DiscoveryStatus, View, ViewChange } from '../../../src/discovery/discovery.ts';
import type { ElectionEvent } from '../../../src/electors/elector.ts';
import type { JournalEffect } from './journal.ts';

/** What is noted of a member beside what its election does. */
export type WebEffect =
  | JournalEffect
  /** It begins to be a member under that id. */
  | { readonly type: 'named'; readonly id: string }
  /** Its discovery shows it a view. */
  | { readonly type: 'view'; readonly view: View; readonly change: ViewChange }
  | { readonly type: 'status'; readonly status: DiscoveryStatus }
  /** Its election is told something. */
  | { readonly type: 'fed'; readonly event: ElectionEvent }
  | { readonly type: 'error'; readonly code: string; readonly message: string }
  /** Its application sends something, in the session with that member of that number, as the so-and-so-manieth. */
  | {
      readonly type: 'said';
      readonly by: string;
      readonly to: string;
      readonly session: number;
      readonly number: number;
    }
  /** And learns that it was refused. */
  | {
      readonly type: 'refused';
      readonly by: string;
      readonly to: string;
      readonly session: number;
      readonly number: number;
      readonly code: string;
    }
  /** And hears something. `by`: who said it, as it says itself. */
  | {
      readonly type: 'got';
      readonly to: string;
      readonly from: string;
      readonly by: string;
      readonly session: number;
      readonly number: number;
    };
