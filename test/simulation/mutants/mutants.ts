import { mutants as ofAvailable } from './available.ts';
import { mutants as ofLock } from './lock.ts';
import type { Mutant } from './mutant.ts';
import { mutants as ofQuorum } from './quorum.ts';
import { mutants as ofRooms } from './rooms.ts';
import { mutants as ofWeb } from './web.ts';

/** By the elector in whose simulation they are looked for. */
export const mutantsOf: Readonly<Record<string, readonly Mutant[]>> = {
  available: ofAvailable,
  lock: ofLock,
  quorum: ofQuorum,
  rooms: ofRooms,
  web: ofWeb,
};
