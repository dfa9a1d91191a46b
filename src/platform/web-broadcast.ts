import type { Broadcast } from './broadcast.ts';
import type { Platform } from './platform.ts';

// What pages of one origin talk over, made of what the runtime has: here, so that only those who use it load it.

/** `undefined` where there is none. */
export function broadcastOf({ broadcast }: Pick<Platform, 'broadcast'>): Broadcast | undefined {
  return broadcast === globalThis.BroadcastChannel ? broadcast && webBroadcast : (broadcast as Broadcast | undefined);
}

/** The browser's own: BroadcastChannel. */
export const webBroadcast: Broadcast = (name, hear) => {
  const channel = new BroadcastChannel(name);
  let isClosed = false;
  if (hear) {
    const listen = ({ data }: MessageEvent<unknown>): void => {
      if (!isClosed) hear(data);
    };
    channel.addEventListener('message', listen);
    channel.addEventListener('messageerror', () => listen({ data: undefined } as MessageEvent));
  }
  return {
    post: (message) => {
      if (!isClosed) channel.postMessage(message);
    },
    close: () => {
      isClosed = true;
      channel.close();
    },
  };
};
