import type { Snapshot } from 'bellwether';
import { flockOf } from './flock.ts';
import { nameOf } from './names.ts';
import type { HeardReport } from './reports.ts';
import type { PathKind, RingLink, RingMember } from './ring.ts';

export interface SceneFacts {
  readonly snapshot: Snapshot;
  readonly reports: ReadonlyMap<string, HeardReport>;
  /** Members that answered before, and do not now. */
  readonly apart: ReadonlySet<string>;
  readonly frozen: ReadonlySet<string>;
  /** Who takes itself for the host, by the naive way; empty where that is not drawn. */
  readonly naiveHosts: ReadonlySet<string>;
}

export function ringMembers(facts: SceneFacts): RingMember[] {
  return flockOf(facts.snapshot).map((member) => {
    const report = facts.reports.get(member.id);
    return {
      id: member.id,
      role: member.role === 'learner' ? 'learner' : 'voter',
      name: nameOf(member.info, member.id),
      isSelf: member.isSelf,
      // Across a cut, the bell of the other side is known by hearsay.
      isLeader: member.isLeader || (facts.apart.has(member.id) && report?.leader === member.id),
      path: member.path,
      rttMs: member.rttMs,
      apart: facts.apart.has(member.id),
      visible: member.visible,
      frozen: facts.frozen.has(member.id),
      naiveHost: facts.naiveHosts.has(member.id),
    };
  });
}

/** This member's own links as it knows them, and those between others as they report them. */
export function ringLinks(facts: SceneFacts): RingLink[] {
  const { id: self } = facts.snapshot;
  const flock = flockOf(facts.snapshot);
  const links: RingLink[] = [];
  for (const member of flock) {
    if (member.isSelf || member.path === 'self') continue;
    const path = facts.apart.has(member.id) ? null : member.path;
    links.push({ from: self, to: member.id, path, rttMs: member.rttMs, own: true });
  }
  const others = flock.flatMap(({ id }) => (id === self ? [] : [id])).toSorted();
  for (const [index, from] of others.entries()) {
    for (const to of others.slice(index + 1)) {
      const path = hearsay(facts.reports.get(from), facts.reports.get(to));
      if (path) links.push({ from, to, path, rttMs: null, own: false });
    }
  }
  return links;
}

/** What two others say of the link between them. It takes both ends: one of them may not know yet that it is cut. */
function hearsay(one: HeardReport | undefined, other: HeardReport | undefined): PathKind | null {
  if (!one || !other || one.frozen || other.frozen) return null;
  const [there, back] = [one.paths[other.id], other.paths[one.id]];
  return there && back ? there : null;
}
