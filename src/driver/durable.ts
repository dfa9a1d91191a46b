import type { Entry } from '../core/quorum/entry.ts';
import type { RaftEvent } from '../core/quorum/events.ts';
import type { HardState, Snapshot, StateWrite, StoredState } from '../core/quorum/state.ts';
import type { Storage, StorageBatch, Stored } from '../platform/storage.ts';
import type { Json } from '../protocol/json.ts';
import type { Persistence } from './persisting-driver.ts';

/** How the quorum core's state lies in a storage. All of it is plain data, and so JSON. */

const record = 'hard-state';

/** What that core writes is kept there. `null`: nowhere, it is forgotten together with the member's id. */
export function persistenceIn(storage: Storage | null, failed: (error: unknown) => void): Persistence<RaftEvent> {
  return {
    write: (state) => storage?.write(batchOf(state as StateWrite)) ?? null,
    persisted: (upTo) => ({ type: 'persisted', upTo }),
    failed,
  };
}

/** `undefined`: this is the member's first life. */
export function storedState({ records, snapshot, firstIndex, entries }: Stored): StoredState | undefined {
  const hardState = records.get(record);
  if (hardState === undefined) return undefined;
  return {
    hardState: hardState as unknown as HardState,
    snapshot: (snapshot?.value ?? null) as Snapshot | null,
    log: { from: firstIndex, entries: entries as unknown as readonly Entry[] },
  };
}

function batchOf({ hardState, snapshot, log }: StateWrite): StorageBatch {
  // What a snapshot of the same write stands for is not written any more.
  const from = Math.max(log?.from ?? 1, (snapshot?.index ?? 0) + 1);
  return {
    ...(hardState && { records: { [record]: hardState as unknown as Json } }),
    ...(snapshot && {
      snapshot: { index: snapshot.index, value: snapshot as unknown as Json },
      compactTo: snapshot.index,
    }),
    ...(log && {
      truncateFrom: from,
      append: { firstIndex: from, entries: log.entries.slice(from - log.from) as unknown as readonly Json[] },
    }),
  };
}
