import type { Elector } from './elector.ts';
import { QuorumElection } from './quorum-election.ts';
import { charterOf } from './quorum-charter.ts';
import { checkQuorumOptions, type QuorumOptions } from './quorum-options.ts';

export type { QuorumOptions } from './quorum-options.ts';

/**
 * Elects so that at any instant there is at most one leader (Q2), each with a higher term than all before: by a lease
 * that a majority of those who vote grants. There is none for as long as no majority can talk.
 *
 * Members come and go: whoever is there gets a vote, and the signaling server has one too (`witness`), so that of two
 * members the one that stays leads on. All of a room must be given the same options.
 *
 * With `voters` those who vote are named, and stay. Members whose id outlives them need a network with a storage, such as
 * `nodes()`: they come back with what they promised. All others forget it together with their id.
 *
 * @throws TypeError or RangeError for wrong options, naming the option and what it may be.
 */
export function quorum(options: QuorumOptions = {}): Elector {
  checkQuorumOptions(options);
  const charter = charterOf(options);
  return { name: 'quorum', charter, start: (election) => new QuorumElection(charter, options, election) };
}
