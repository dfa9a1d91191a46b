import type { WitnessLine } from '../discovery/discovery.ts';
import type { Links, LinksOptions } from '../links/links.ts';
import { SessionLinks } from '../links/session-links.ts';
import type { Transport } from '../transports/transport.ts';

/** How a member talks to the others of its room. */
export interface Talk {
  /** Best first: messages take the first that has a path to the member. */
  readonly transports: readonly Transport[];
  /** What keeps messages in order, once each, over all of them: a network that loads it late keeps it out of the first load. */
  readonly Links: new (options: LinksOptions) => Links;
  /** The way to the witness, where a view may name one. */
  readonly witness?: WitnessLine | undefined;
}

/** To talk over these transports, best first. */
export function talkOver(transports: readonly Transport[], witness?: WitnessLine): Talk {
  return { transports, Links: SessionLinks, witness };
}
