/** One end of a channel that all pages of an origin share under one name. */
export interface BroadcastPort {
  /**
   * To every other port of that name. Never throws; what is posted after `close` is lost. The message is the port's from
   * now on: it may be copied only later.
   */
  post(message: unknown): void;
  close(): void;
}

/**
 * Opens a port. `hear` is told what others post: a copy, that may be anything; `undefined` where it could not be copied.
 * Left out by those who only post.
 */
export type Broadcast = (name: string, hear?: (message: unknown) => void) => BroadcastPort;
