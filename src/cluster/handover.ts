import type { Election } from '../electors/elector.ts';
import type { Timers } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { notLeader } from './failures.ts';
import type { LeaderWork } from './leader-work.ts';
import type { MemberTable } from './member-table.ts';

/** How often a leader that is to hand over looks whether anyone has come into line. */
const lookEveryMs = 10;

export interface Handover {
  readonly election: Election;
  readonly table: MemberTable;
  readonly work: LeaderWork;
  readonly timers: Timers;
  readonly handoverMs: number;
}

/**
 * Hands leadership over to `to`, or to the first in line: the work has its time to flush while this member still leads.
 * Resolves when it leads no more, by whatever cause. Throws `no-successor`.
 */
export async function handOver({ election, table, work, timers, handoverMs }: Handover, to?: PeerId): Promise<void> {
  const candidates = table.others.filter((peer) => to === undefined || peer === to);
  const isInLine = (): boolean => election.canTransfer(to);
  // A follower knows its leader some trips before it is in line to follow it: the work goes on meanwhile.
  for (let waitedMs = 0; election.isLeader() && !isInLine(); waitedMs += lookEveryMs) {
    if (waitedMs >= handoverMs || !candidates.some((peer) => table.hasPath(peer))) throw noSuccessor(to);
    await new Promise<void>((resolve) => timers.after(lookEveryMs, resolve));
  }
  if (!election.isLeader()) return;
  work.stop(() => notLeader('leadership is being handed over'));
  await work.settled(handoverMs);
  if (!election.isLeader()) return;
  if (!isInLine()) throw noSuccessor(to);
  election.feed({ type: 'transfer', ...(to !== undefined && { to }) });
}

function noSuccessor(to: PeerId | undefined): ClusterError {
  const why = to === undefined ? 'no other member is in line' : `${to} is this member, or is not in line`;
  return new ClusterError('no-successor', `leadership stays here: ${why}`);
}
