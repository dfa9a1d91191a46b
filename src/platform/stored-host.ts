import { isPeerId } from '../protocol/ids.ts';

const key = 'bellwether-host';

/**
 * One name for all pages of one browser profile, kept in local storage, and so in the same partition as their
 * BroadcastChannels: a private window, and a frame within the pages of another site, have names of their own. Where storage
 * is refused (workers, sandboxed frames, blocked cookies) every page stands for itself, under the name that `fresh` gives.
 * Copies of one profile have one name: they seem to share a fate, and their messages stay on the relay.
 *
 * Pages that come at one moment may each find none, and store one: whichever stays is the name of all that ask again.
 */
export function storedHost(storage: () => Pick<Storage, 'getItem' | 'setItem'>, fresh: () => string): () => string {
  let host: string | undefined;
  return () => {
    host ??= fresh();
    try {
      const stored = storage().getItem(key);
      if (isPeerId(stored)) host = stored;
      else storage().setItem(key, host);
    } catch {
      // Reading `localStorage` itself throws where it is refused.
    }
    return host;
  };
}
