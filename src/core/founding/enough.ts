import { foundedBy, type Voter } from '../quorum/configuration.ts';
import type { Standing } from '../quorum/state.ts';
import { compareLogs, type Group, type LogEnd } from './group.ts';

/** A core that is silent in its epoch for good, or would be. */
export interface Pledger {
  readonly id: string;
  readonly standing: Standing;
  /** Whether its log can found the next epoch: those of members that left cannot. */
  readonly isThere: boolean;
}

/**
 * Where the log ends that holds everything that was or will be committed in the epoch of `group`, if those who have not
 * pledged cannot be a quorum of it any more; else null.
 *
 * The configuration is the newest one in the most up-to-date log that pledged: whatever followed on it would need a voter
 * of that quorum. Where a witness runs, the configuration in its own log must agree, so that no member's word alone is
 * enough; and where it knows none yet, none is. A log that ends before the one that the epoch began with is never enough:
 * what was committed before may be missing, until the founder has brought it to others.
 */
export function endIfEnough(group: Group, pledgers: readonly Pledger[], witness: Standing | null): LogEnd | null {
  const all = witness && group.witness !== null ? [...pledgers, witnessOf(group.witness, witness)] : pledgers;
  const [first] = all;
  if (first === undefined) return null;
  const newest = all.reduce((best, one) => (compareLogs(one.standing, best) > 0 ? one.standing : best), first.standing);
  const begunWith = group.continues ?? group.begunWith;
  if (begunWith && compareLogs(newest, begunWith) < 0) return null;
  const atTheEnd = all.filter(({ standing }) => compareLogs(standing, newest) === 0);
  const silent = new Set(all.map(({ id }) => id));
  const judges = [...atTheEnd.map(({ standing }) => standing), ...(witness ? [witness] : [])];
  const isEnough =
    atTheEnd.some(({ isThere }) => isThere) &&
    judges.every((standing) => isHalfSilent(halvesOf(standing, group), silent));
  return isEnough ? { lastIndex: newest.lastIndex, lastTerm: newest.lastTerm } : null;
}

function witnessOf(id: string, standing: Standing): Pledger {
  return { id, standing, isThere: true };
}

/** What founded the epoch counts until an entry of it says otherwise. */
function halvesOf({ configuration }: Standing, { founder, witness }: Group): Standing['configuration'] {
  if (configuration.length > 0 || founder === null) return configuration;
  return foundedBy([founder], witness).halves;
}

/** At least half of the weight: then the others are no quorum in any half. */
function isHalfSilent(halves: Standing['configuration'], silent: ReadonlySet<string>): boolean {
  return halves.length > 0 && halves.every((half) => 2 * weightOf(half, silent) >= weightOf(half) && half.length > 0);
}

function weightOf(half: readonly Voter[], among?: ReadonlySet<string>): number {
  let sum = 0;
  for (const { id, weight } of half) if (!among || among.has(id)) sum += weight;
  return sum;
}
