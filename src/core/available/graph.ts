import { sortedIds } from './record.ts';

/** In groups of up to this many, everyone beats everyone. */
export const fullMeshMembers = 8;

/** Who hears whom, as the records say. */
export type Hears = (id: string) => readonly string[];

/** A link that works both ways: each says that it hears the other. */
export function linked(hears: Hears, a: string, b: string): boolean {
  return hears(a).includes(b) && hears(b).includes(a);
}

/** The group of `start`: everyone it is connected to by links that work both ways, itself included; sorted. */
export function groupOf(hears: Hears, start: string): readonly string[] {
  const found = new Set([start]);
  for (const id of found) {
    for (const next of hears(id)) {
      if (!found.has(next) && hears(next).includes(id)) found.add(next);
    }
  }
  return sortedIds(found);
}

/**
 * With whom `self` keeps a link inside its group. Small groups: everyone. Large ones: the `hubs` (the leader and the
 * first in line) with everyone, and the links without which the group would fall apart. Those are the edges of a minimum
 * spanning forest, hub links first, then in order of ids: everyone who sees the same links drops the same ones, so two
 * bridges between halves are never given up together.
 */
export function neighboursIn(
  hears: Hears,
  group: readonly string[],
  hubs: ReadonlySet<string>,
  self: string,
): ReadonlySet<string> {
  const others = group.filter((id) => id !== self);
  if (group.length <= fullMeshMembers || hubs.has(self)) return new Set(others);
  const neighbours = new Set(others.filter((id) => hubs.has(id)));
  for (const id of bridgesOf(hears, group, hubs, self)) neighbours.add(id);
  return neighbours;
}

/** Kruskal's algorithm over the links of the group; returns the other ends of the chosen edges at `self`. */
function bridgesOf(hears: Hears, group: readonly string[], hubs: ReadonlySet<string>, self: string): string[] {
  const parent = new Map(group.map((id) => [id, id]));
  const bridges: string[] = [];
  for (const [a, b] of [...edgesOf(hears, group, (id) => hubs.has(id)), ...edgesOf(hears, group)]) {
    const rootA = rootOf(parent, a);
    const rootB = rootOf(parent, b);
    if (rootA === rootB) continue;
    parent.set(rootB, rootA);
    if (a === self) bridges.push(b);
    if (b === self) bridges.push(a);
  }
  return bridges;
}

/** Edges with the smaller id first, in order; only those with an end for which `touches` holds. */
function edgesOf(hears: Hears, group: readonly string[], touches?: (id: string) => boolean): [string, string][] {
  const edges: [string, string][] = [];
  for (const a of group) {
    for (const b of hears(a)) {
      if (a >= b || !hears(b).includes(a)) continue;
      if (touches === undefined || touches(a) || touches(b)) edges.push([a, b]);
    }
  }
  return edges;
}

function rootOf(parent: Map<string, string>, id: string): string {
  let root = id;
  for (let next = parent.get(root); next !== undefined && next !== root; next = parent.get(root)) root = next;
  return root;
}
