import type { BrowserDatabase, BrowserDatabases, Platform } from './platform.ts';

/** The database of counters, while it is opened. */
export type Opening = Promise<BrowserDatabase>;

const database = 'bellwether';
export const countersStore = 'counters';

/**
 * Has the browser begin with what takes it longest before the pages of an origin can share locks and counters: the code
 * that uses these is loaded meanwhile.
 */
export function beginOrigin({ locks, counters }: Platform): Opening | undefined {
  if (typeof counters !== 'function') return undefined;
  const opening = openCounters(counters);
  opening.catch(() => {}); // told when a counter is raised
  // The first word to the keeper waits until it has found all that belongs to this origin.
  if (locks && 'query' in locks) locks.query().catch(() => {});
  return opening;
}

/** `factory`: reading it may throw, where storage is blocked. */
export function openCounters(factory: () => BrowserDatabases | undefined): Opening {
  return new Promise((resolve, reject) => {
    const databases = factory();
    if (!databases) throw new Error('there is no IndexedDB');
    const request = databases.open(database, 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(countersStore));
    request.addEventListener('success', () => {
      const { result } = request;
      result.addEventListener('versionchange', () => result.close()); // somebody wants to change or delete it
      resolve(result);
    });
    request.addEventListener('error', () => reject(request.error));
  });
}
