import type { Socket } from './platform.ts';

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

export interface Listening {
  /** Where it listens: the port that the system chose, if none was asked for. */
  readonly address: SocketAddress;
  /** Takes no more sockets, and resolves when those that there were are closed: at once, or within two seconds. */
  close(): Promise<void>;
}

/** Sockets between processes: only some runtimes can be called. */
export interface Sockets {
  /** Opens a socket. May throw on a malformed URL. */
  dial(url: string): Socket;
  /** Rejects where nobody can listen. `onSocket` gets each socket that was opened from outside. */
  listen(at: SocketAddress, onSocket: (socket: Socket) => void): Promise<Listening>;
}

/** What a socket of either kind takes in one frame, in bytes. */
export const maxSocketFrameBytes: number = 64 * 1024;
