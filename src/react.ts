/**
 * `bellwether/react`: a cluster for as long as a component is there.
 *
 *     import { useCluster, useLeader, useMembers } from 'bellwether/react';
 *
 *     function Room({ room }: { room: string }) {
 *       const cluster = useCluster(() => createCluster({ room, network }), [room]);
 *       const leader = useLeader(cluster);
 *       return <p>{leader ? `${leader.info} leads` : 'nobody leads'}</p>;
 *     }
 */
import { platform } from '#platform';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Cluster, Leader, Member, Snapshot } from './cluster/cluster.ts';
import { assertFunction } from './cluster/values.ts';
import type { Undo } from './platform/platform.ts';
import type { PeerId } from './protocol/ids.ts';
import type { Json } from './protocol/json.ts';

const nothingToUndo: Undo = () => undefined;

/** A cluster, and what it was made for. */
interface Made {
  readonly cluster: Cluster;
  readonly deps: readonly unknown[];
}

/**
 * The cluster that `create` makes, or `null` on the server, in the first render, and in the one that changes `deps`: it is
 * made in an effect, when the component is there.
 *
 * Other `deps` (compared one by one, by `Object.is`) leave that cluster and make another. Unmounting leaves it one
 * macrotask later, so that a component which is mounted again at once, as by StrictMode, goes on with the same cluster.
 * What `create` throws goes to the nearest error boundary.
 *
 * @throws TypeError unless `create` is a function and `deps` an array.
 */
export function useCluster(create: () => Cluster, deps: readonly unknown[]): Cluster | null {
  assertFunction(create, 'useCluster: what makes the cluster');
  if (!Array.isArray(deps))
    throw new TypeError('useCluster: the dependencies must be an array, as for useEffect: [room]');
  const [shown, show] = useState<Made | null>(null);
  const kept = useRef<Made | null>(null);
  const stay = useRef(nothingToUndo);
  useEffect(() => {
    stay.current();
    if (kept.current === null || !sameDeps(kept.current.deps, deps)) {
      void kept.current?.cluster.leave();
      kept.current = { cluster: create(), deps };
    }
    show(kept.current);
    return () => {
      stay.current = platform.timers.after(0, () => {
        void kept.current?.cluster.leave();
        kept.current = null;
        show(null); // a component that is set aside, as by `Activity`, keeps its state
      });
    };
  }, deps);
  return shown !== null && sameDeps(shown.deps, deps) ? shown.cluster : null;
}

/** Who leads, or `null`. Renders again when that changes, and not otherwise. */
export function useLeader(cluster: Cluster | null): Leader | null {
  return useSelected(cluster, ({ leader }) => leader, null);
}

const nobody: ReadonlyMap<PeerId, Member> = new Map();

/** The members by id; empty without a cluster. Renders again when anything about them changes. */
export function useMembers(cluster: Cluster | null): ReadonlyMap<PeerId, Member> {
  return useSelected(cluster, ({ members }) => members, nobody);
}

/** What the leader last published, or `undefined`. Renders again when that changes. */
export function usePublished(cluster: Cluster | null): Json | undefined {
  return useSelected(cluster, ({ published }) => published, undefined);
}

/** A part of the snapshot that stays the same object until it changes; `without`, where there is no cluster. */
function useSelected<Part>(cluster: Cluster | null, select: (snapshot: Snapshot) => Part, without: Part): Part {
  const subscribe = useCallback((run: () => void) => cluster?.subscribe(run) ?? nothingToUndo, [cluster]);
  const read = (): Part => (cluster === null ? without : select(cluster.snapshot()));
  return useSyncExternalStore(subscribe, read, () => without);
}

function sameDeps(before: readonly unknown[], now: readonly unknown[]): boolean {
  return before.length === now.length && before.every((dep, at) => Object.is(dep, now[at]));
}
