import { sortedIds } from './record.ts';

/** In groups of up to this many, everyone beats everyone. */
export const fullMeshMembers = 8;

/** Who hears whom, as the records say. */
export type Hears = (id: string) => readonly string[];

/**
 * Everyone that `start` is connected to by links that work both ways, itself included, and through whom: a spanning tree.
 * The nearest come first, then those of smaller ids, so everyone who sees the same links grows the same tree.
 */
function treeFrom(hears: Hears, start: string): ReadonlyMap<string, string> {
  const through = new Map([[start, start]]);
  for (const id of through.keys()) {
    for (const next of hears(id)) if (!through.has(next) && hears(next).includes(id)) through.set(next, id);
  }
  return through;
}

/** The group of `start`: everyone it is connected to, itself included; sorted. */
export function groupOf(hears: Hears, start: string): readonly string[] {
  return sortedIds(treeFrom(hears, start).keys());
}

/**
 * With whom `self` keeps a link inside its group. Small groups: everyone. Large ones: the `hubs` (the first in line, and
 * the leader) with everyone, and the links without which the group would fall apart: those of the tree that grows from
 * the first hub. Two bridges between halves are never given up together, as everyone keeps the same one.
 */
export function neighboursIn(
  hears: Hears,
  group: readonly string[],
  hubs: readonly string[],
  self: string,
): readonly string[] {
  if (group.length <= fullMeshMembers || hubs.includes(self)) return group;
  const neighbours = [...hubs];
  for (const [id, through] of treeFrom(hears, hubs[0] ?? self)) {
    if (id === self) neighbours.push(through);
    if (through === self) neighbours.push(id);
  }
  return neighbours;
}
