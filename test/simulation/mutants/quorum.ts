import type { Mutant } from './mutant.ts';
import { appends } from './quorum/appends.ts';
import { handover } from './quorum/handover.ts';
import { leases } from './quorum/leases.ts';
import { log } from './quorum/log.ts';
import { succession } from './quorum/succession.ts';
import { votes } from './quorum/votes.ts';

/** Bugs that Raft and leases are known for, and each rule of the design broken once. */
export const mutants: readonly Mutant[] = [...votes, ...leases, ...succession, ...handover, ...log, ...appends];
