import { isPeerId } from '../protocol/ids.ts';

const key = 'bellwether-host';

/**
 * One name for all pages of one browser profile, kept in local storage. Where storage is refused (workers, private
 * windows, blocked cookies) every page stands for itself, under the name that `fresh` gives.
 */
export function storedHost(storage: () => Pick<Storage, 'getItem' | 'setItem'>, fresh: () => string): () => string {
  let host: string | undefined;
  return () => (host ??= read(storage, fresh));
}

function read(storage: () => Pick<Storage, 'getItem' | 'setItem'>, fresh: () => string): string {
  try {
    const stored = storage().getItem(key);
    if (isPeerId(stored)) return stored;
    storage().setItem(key, fresh());
  } catch {
    // Reading `localStorage` itself throws where it is refused.
  }
  return fresh();
}
