import type { SocketConstructor } from '../../../src/platform/platform.ts';
import { now } from './diary.ts';

export interface WatchedSockets {
  readonly WebSocket: SocketConstructor;
  /** When each of them opened. */
  readonly openedAt: readonly number[];
  /** Closes the newest. */
  drop(): void;
}

/** Real sockets, of which is known when they opened. */
export function watchSockets(Base: SocketConstructor, { hintless }: { hintless: boolean }): WatchedSockets {
  const openedAt: number[] = [];
  const sockets: { close(): void }[] = [];
  class WatchedSocket extends Base {
    constructor(url: string) {
      super(url);
      sockets.push(this);
      const events = this as unknown as EventTarget;
      events.addEventListener('open', () => openedAt.push(now()));
      if (hintless) events.addEventListener('message', withholdHint);
    }
  }
  return { WebSocket: WatchedSocket, openedAt, drop: () => sockets.at(-1)?.close() };
}

/** Listeners are called in the order in which they were added, and this one comes first. */
function withholdHint(event: Event): void {
  const { data } = event as MessageEvent<unknown>;
  if (typeof data === 'string' && data.includes('"type":"hint"')) event.stopImmediatePropagation();
}
