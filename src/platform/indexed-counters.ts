import { countersStore, openCounters, type Opening } from './begin-origin.ts';
import { type Counters, mostAhead } from './counters.ts';
import type { Clock, Timers } from './platform.ts';

/** Who waits for a storage that does not answer waits no longer. */
const patienceMs = 1_000;

export interface IndexedCountersOptions {
  /** Reading it may throw: where storage is blocked. */
  readonly factory: () => IDBFactory | undefined;
  /** Opened already, or about to be. */
  readonly begun?: Opening | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** In IndexedDB, which survives the closing of all pages. Where that is refused, as in some private windows, see `Counters`. */
export function indexedCounters({ factory, begun, clock, timers }: IndexedCountersOptions): Counters {
  let opening = begun;

  return {
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
      const begin = (): Promise<number> =>
        (opening ??= openCounters(factory)).then((db) =>
          raised(db, name, Math.max(above, seconds), seconds + mostAhead),
        );
      // Closed by the browser, or for somebody who wants to change or delete it: then it is opened anew.
      const again = (problem: Error | null): Promise<number> => {
        opening = undefined;
        if (problem?.name !== 'InvalidStateError') throw problem;
        return begin();
      };
      begin().catch(again).then(answer, fail);
    },
    close() {
      // Each that is open stays so for as long as its page is there; what is being raised is raised to the end.
      opening?.then(
        (db) => db.close(),
        () => {},
      );
      opening = undefined;
    },
  };
}

/** In one transaction, which excludes all others. */
function raised(db: IDBDatabase, name: string, above: number, most: number): Promise<number> {
  return new Promise((resolve, reject) => {
    // A crash of the machine ends all pages as well: what the browser has is durable enough.
    const transaction = db.transaction(countersStore, 'readwrite', { durability: 'relaxed' });
    const counters = transaction.objectStore(countersStore);
    let value = 0;
    const request = counters.get(name);
    request.addEventListener('success', () => {
      const before: unknown = request.result;
      const isOurs = typeof before === 'number' && Number.isSafeInteger(before) && before <= most;
      value = Math.max(above, isOurs ? before : 0) + 1;
      counters.put(value, name);
      transaction.commit(); // at once, not when it shows that no more is asked of it
    });
    transaction.addEventListener('complete', () => resolve(value));
    transaction.addEventListener('abort', () => reject(transaction.error));
  });
}
