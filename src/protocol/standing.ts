import type { Pledge } from '../core/founding/group.ts';
import { flag, list, number, object, peerId, whole, type Parse } from '../core/parsing.ts';
import type { Voter } from '../core/quorum/configuration.ts';
import type { Standing } from '../core/quorum/state.ts';

/** What members tell the server of their cores: by it, the server judges what may be founded. */
export type { Pledge, Standing };

/** `standing`: this member's core of that epoch knows no leader, and is bound to none. `pledge`: it is silent for good. */
export interface Stance extends Pledge {
  readonly type: 'standing' | 'pledge';
}

/** More than any room has: two halves, and a room that lets in as many as it likes. */
const maxVoters = 1024;
const maxWeight = 1024;
const maxPromisedMs = 2 ** 31 - 1;

const voter: Parse<Voter> = object<Voter>({ id: peerId, weight: whole(1, maxWeight), witness: flag });

export const standing: Parse<Standing> = object<Standing>({
  lastIndex: whole(0),
  lastTerm: whole(0),
  configuration: list(list(voter, maxVoters), 2),
  promisedMs: number(0, maxPromisedMs),
});

export const pledge: Parse<Pledge> = object<Pledge>({ epoch: whole(0), standing });
