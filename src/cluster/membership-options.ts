import type { Platform } from '../platform/platform.ts';
import type { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { BadMessages } from './bad-messages.ts';
import type { ClusterEvents } from './cluster.ts';
import type { PreparedOptions } from './prepared.ts';

/** What a life in the room is made with, and whom it tells. */
export interface MembershipOptions {
  readonly cluster: PreparedOptions;
  readonly platform: Platform;
  readonly info: Json;
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
