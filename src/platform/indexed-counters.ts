import type { Counters } from './counters.ts';
import type { Clock, Timers } from './platform.ts';

const database = 'bellwether';
const store = 'counters';
/** Who waits for a storage that does not answer waits no longer. */
const patienceMs = 1_000;

export interface IndexedCountersOptions {
  /** Reading it may throw: where storage is blocked. */
  readonly factory: () => IDBFactory | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** In IndexedDB, which survives the closing of all pages. Where that is refused, as in some private windows, see `Counters`. */
export function indexedCounters({ factory, clock, timers }: IndexedCountersOptions): Counters {
  let opening: Promise<IDBDatabase> | undefined;

  /** Opened once, and again after it was closed by the browser or refused. */
  const open = (): Promise<IDBDatabase> => {
    opening ??= opened(factory).then((db) => {
      db.addEventListener('close', () => (opening = undefined));
      db.addEventListener('versionchange', () => (db.close(), (opening = undefined)));
      return db;
    });
    opening.catch(() => (opening = undefined));
    return opening;
  };

  return {
    prepare: () => void open().catch(() => {}),
    raise(name, above, tell) {
      let isTold = false;
      const answer = (value: number, problem?: unknown): void => {
        if (isTold) return;
        isTold = true;
        undo();
        tell(value, problem);
      };
      const seconds = Math.floor(clock.wallMs() / 1_000);
      const fail = (problem: unknown): void => answer(Math.max(above + 1, seconds), problem);
      const undo = timers.after(patienceMs, () => fail(new Error(`IndexedDB did not answer within ${patienceMs} ms`)));
      open()
        .then((db) => raised(db, name, Math.max(above, seconds)))
        .then(answer, fail);
    },
  };
}

function opened(factory: () => IDBFactory | undefined): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const indexedDb = factory();
    if (!indexedDb) throw new Error('there is no IndexedDB');
    const request = indexedDb.open(database, 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(store));
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });
}

/** In one transaction, which excludes all others. */
function raised(db: IDBDatabase, name: string, above: number): Promise<number> {
  return new Promise((resolve, reject) => {
    // A crash of the machine ends all pages as well: what the browser has is durable enough.
    const transaction = db.transaction(store, 'readwrite', { durability: 'relaxed' });
    const counters = transaction.objectStore(store);
    let value = 0;
    const request = counters.get(name);
    request.addEventListener('success', () => {
      const before: unknown = request.result;
      value = Math.max(above, typeof before === 'number' && Number.isSafeInteger(before) ? before : 0) + 1;
      counters.put(value, name);
      transaction.commit(); // at once, not when it shows that no more is asked of it
    });
    transaction.addEventListener('complete', () => resolve(value));
    transaction.addEventListener('abort', () => reject(transaction.error));
  });
}
