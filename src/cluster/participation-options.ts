import type { DiscoveredMember, WitnessLine } from '../discovery/discovery.ts';
import type { Clocks } from '../driver/clocks.ts';
import type { Links, LinksOptions } from '../links/links.ts';
import type { Platform } from '../platform/platform.ts';
import type { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Stance } from '../protocol/standing.ts';
import type { Transport } from '../transports/transport.ts';
import type { BadMessages } from './bad-messages.ts';
import type { ClusterEvents, Member } from './cluster.ts';

/** By what a member hears and is heard. */
export interface Voice {
  /** Best first: messages take the first that has a path to the member. */
  readonly transports: readonly Transport[];
  /** What keeps messages in order, once each, over all of them. */
  readonly Links: new (options: LinksOptions) => Links;
  /** The way to the witness, where a view may name one. */
  readonly witness?: WitnessLine | undefined;
}

/** What is around a member, and whom it tells of what. */
export interface Surroundings {
  readonly platform: Platform;
  readonly bad: BadMessages;
  readonly emit: <Name extends keyof ClusterEvents>(name: Name, event: ClusterEvents[Name]) => void;
  /** The first view of the room is there. */
  onFound(): void;
  onLeader(): void;
  /** That member is to lead instead of this one. */
  onOutranked(by: PeerId): void;
  /** The room went on without this membership, which is over; as a new one this member can come in again. */
  onSuperseded(error: ClusterError): void;
  /** This membership cannot begin, or go on. */
  onFailure(error: ClusterError): void;
  onChannel(topic: string, value: Json | Uint8Array, from: PeerId): void;
}

/** What a member takes part with. */
export interface ParticipationOptions extends Surroundings {
  readonly room: string;
  readonly talk: Voice;
  readonly self: DiscoveredMember;
  readonly isVisible: boolean;
  /** This one alone, as the application knows it. */
  readonly members: ReadonlyMap<PeerId, Member>;
  /** By which the discovery tells of contact. Default: fresh ones. */
  readonly clocks: Clocks | undefined;
  /** Only some of the members vote. */
  readonly isQuorum: boolean;
  /** Whether the discovery tells who comes and goes. */
  isOnline(): boolean;
  /** The discovery is to know of it. */
  stand(stance: Stance): void;
}
