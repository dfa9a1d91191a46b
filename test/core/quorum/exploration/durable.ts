import type { Entry } from '../../../../src/core/quorum/entry.ts';
import type { HardState, Snapshot, StateWrite, StoredState } from '../../../../src/core/quorum/state.ts';

/** What a disk holds, never changed in place: many states of the exploration share it. */
export interface Durable {
  readonly hardState: HardState | null;
  readonly snapshot: Snapshot | null;
  readonly from: number;
  readonly entries: readonly Entry[];
}

export const blank: Durable = { hardState: null, snapshot: null, from: 1, entries: [] };

/** A write under way. */
export interface Write {
  readonly number: number;
  readonly state: StateWrite;
}

export function written(durable: Durable, { hardState, snapshot, log }: StateWrite): Durable {
  const { from, entries } = durable;
  const kept = log === null ? entries : [...entries.slice(0, Math.max(0, log.from - from)), ...log.entries];
  return {
    hardState: hardState ?? durable.hardState,
    snapshot: snapshot ?? durable.snapshot,
    from: log === null ? from : Math.min(from, log.from),
    entries: kept,
  };
}

/** `undefined`: nothing was ever written. */
export function loaded({ hardState, snapshot, from, entries }: Durable): StoredState | undefined {
  return hardState === null ? undefined : { hardState, snapshot, log: { from, entries } };
}

export function durableEntry({ from, entries }: Durable, index: number): Entry | undefined {
  return entries[index - from];
}
