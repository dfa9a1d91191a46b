import type { WitnessLine } from '../discovery/discovery.ts';
import { SessionLinks } from '../links/session-links.ts';
import type { Transport } from '../transports/transport.ts';
import { FoundedParticipation } from './founded-participation.ts';
import type { ParticipationOptions, Voice } from './participation-options.ts';
import type { Participation } from './participation.ts';

/** How a member talks to the others of its room: a network that loads it late keeps all of it out of the first load. */
export interface Talk extends Voice {
  /** What it does there, once it can. */
  readonly Participation: new (options: ParticipationOptions) => Participation;
}

/** To talk over these transports, best first. */
export function talkOver(transports: readonly Transport[], witness?: WitnessLine): Talk {
  return { transports, Links: SessionLinks, Participation: FoundedParticipation, witness };
}
