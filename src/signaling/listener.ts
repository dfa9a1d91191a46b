import type { ClusterError } from '../protocol/errors.ts';
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts';
import type { Charge } from './account.ts';

export type ConnectionStatus = 'connecting' | 'online' | 'offline';

/** The epoch whose core this member runs, and whether it was out of contact for the length of its charter since. */
export type Claim = Pick<Extract<ClientMessage, { readonly type: 'join' }>, 'epoch' | 'lapsed'>;

/** What the server says about the room, once it has been entered. */
export type RoomMessage = Extract<ServerMessage, { readonly type: 'view' | 'hint' | 'ask-pledge' }>;

export interface ConnectionListener {
  onStatus?(status: ConnectionStatus): void;
  onMessage?(message: RoomMessage): void;
  /** Of what is relayed. The first who listens hears what came before as well. */
  onFrame?(frame: Uint8Array): void;
  /** The server counts something, from now on. */
  onCharge?(charge: Charge): void;
  /** Last words may be sent now. */
  onGoodbye?(): void;
  /**
   * The connection goes on trying, unless the code is `rejected`, `options-differ` or `superseded`; or `too-large` while it
   * is not online.
   */
  onError?(error: ClusterError): void;
  /** The server is being asked something, in this moment. */
  onAsked?(): void;
  /** It has answered what it was asked last. */
  onAnswered?(): void;
}
