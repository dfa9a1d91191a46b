import type { Broadcast } from './broadcast.ts';
import type { Platform } from './platform.ts';

// What pages of one origin talk over, made of what the runtime has: here, so that only those who use it load it.

/** `undefined` where there is none. */
export function broadcastOf({ broadcast }: Pick<Platform, 'broadcast'>): Broadcast | undefined {
  return broadcast === globalThis.BroadcastChannel ? broadcast && webBroadcast : (broadcast as Broadcast | undefined);
}

/**
 * The browser's own: BroadcastChannel. What is posted goes out at the end of the job, or when the port is closed: that
 * wakes other processes, and whoever leads from now on begins its work before.
 */
export const webBroadcast: Broadcast = (name, hear) => {
  let channel: BroadcastChannel | undefined;
  let isClosed = false;
  const unposted: unknown[] = [];
  const open = (): BroadcastChannel => (channel ??= new BroadcastChannel(name));
  const flush = (): void => {
    for (const message of unposted.splice(0)) open().postMessage(message);
  };
  if (hear) {
    const listen = ({ data }: MessageEvent<unknown>): void => {
      if (!isClosed) hear(data);
    };
    open().addEventListener('message', listen);
    open().addEventListener('messageerror', () => listen({ data: undefined } as MessageEvent));
  }
  return {
    post: (message) => {
      if (!isClosed && unposted.push(message) === 1) queueMicrotask(flush);
    },
    close: () => {
      flush(); // a page that goes may have no other moment
      isClosed = true;
      channel?.close();
    },
  };
};
