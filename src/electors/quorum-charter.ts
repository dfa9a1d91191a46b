import type { Charter, QuorumCharter } from '../protocol/charter.ts';
import { defaultCharter } from '../protocol/default-charter.ts';
import type { PeerId } from '../protocol/ids.ts';

/** Of `QuorumOptions`, what all members of a room must agree on; with `voters`, those are all that counts. */
interface Agreed extends Partial<QuorumCharter> {
  readonly voters?: readonly PeerId[];
}

/** With the defaults of what was left out. */
export function filled(options: Agreed): QuorumCharter {
  return {
    witness: options.witness ?? defaultCharter.witness,
    maxVoters: options.maxVoters ?? defaultCharter.maxVoters,
    minLeaseMs: options.minLeaseMs ?? defaultCharter.minLeaseMs,
    maxLeaseMs: options.maxLeaseMs ?? defaultCharter.maxLeaseMs,
    charterMs: options.charterMs ?? defaultCharter.charterMs,
  };
}

/** What all members of the room must agree on, of options that were checked. */
export function charterOf(options: Agreed): Charter {
  return { elector: 'quorum', ...(!options.voters && { quorum: filled(options) }) };
}
