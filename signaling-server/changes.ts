import type { PeerId } from '../src/protocol/ids.ts';
import type { LeaveReason } from '../src/protocol/messages.ts';

/** One committed change of a view: it led from view `n - 1` to view `n`. */
export type Change =
  | { readonly n: number; readonly type: 'joined' | 'updated'; readonly id: PeerId }
  | { readonly n: number; readonly type: 'left'; readonly id: PeerId; readonly reason: LeaveReason };

/** What several changes come to. Apply `left`, then `joined`, then `updated`: who left and came back is in the first two. */
export interface NetChange {
  readonly joined: readonly PeerId[];
  readonly updated: readonly PeerId[];
  readonly left: readonly { readonly id: PeerId; readonly reason: LeaveReason }[];
}

/** Sums up the changes after view `from` for somebody who holds that view. */
export function netChange(changes: readonly Change[], from: number): NetChange {
  const byId = new Map<PeerId, Change[]>();
  for (const change of changes) {
    if (change.n <= from) continue;
    const story = byId.get(change.id);
    if (story) story.push(change);
    else byId.set(change.id, [change]);
  }
  const joined: PeerId[] = [];
  const updated: PeerId[] = [];
  const left: { id: PeerId; reason: LeaveReason }[] = [];
  for (const [id, story] of byId) {
    const wasThere = story[0]?.type !== 'joined';
    const isThere = story.at(-1)?.type !== 'left';
    const departure = story.find((change) => change.type === 'left');
    if (wasThere && departure) left.push({ id, reason: departure.reason });
    if (isThere && (!wasThere || departure)) joined.push(id);
    else if (isThere) updated.push(id);
  }
  return { joined, updated, left };
}
