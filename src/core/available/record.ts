import type { Leadership } from '../leadership.ts';

/** Names one edition of the published value: the leadership that published it, and the how-manieth it was. */
export interface Edition {
  readonly by: Leadership;
  readonly version: number;
}

/** Carried by a member that leads. */
export interface Claim {
  readonly term: number;
  /** The term in which it was last the only claim of its group: names the leadership while it competes with others. */
  readonly settled: number;
  /** How many members followed it then. */
  readonly following: number;
  /** The claims beside it that it prevails over, by their settled terms: those yield to it, and nobody else. */
  readonly over: readonly Leadership[];
  /** The leadership that this one continues: its published value is taken over. */
  readonly origin: Leadership | null;
}

/** Carried by a member that handed its leadership on, until somebody leads in that term or a later one. */
export interface Appointment {
  readonly to: string;
  readonly term: number;
  readonly following: number;
}

/** A leadership that ended because groups met, and another was chosen (A2). */
export interface Displacement {
  readonly loser: Leadership;
  readonly winner: Leadership;
  /** What the loser had published. */
  readonly edition: Edition | null;
}

/**
 * What one member says of itself: flooded to all, the higher `seq` replaces the lower. Everything that members must
 * agree on (group, leader, succession) is derived from these records alone, so equal records mean agreement.
 */
export interface MemberRecord {
  readonly id: string;
  readonly seq: number;
  /** Order of joining; `null` until the member has looked around. */
  readonly rank: number | null;
  readonly priority: number;
  readonly visible: boolean;
  /** True once the member has followed or led: its group no longer waits for `minMembers`. */
  readonly founded: boolean;
  /** The neighbours it hears, sorted. */
  readonly hears: readonly string[];
  readonly claim: Claim | null;
  /** The last leadership it accepted; it accepts none of a lower term (terms never go down). */
  readonly follows: Leadership | null;
  readonly appoints: Appointment | null;
  readonly displaced: readonly Displacement[];
  /** True in the last record of a member that said goodbye. */
  readonly left: boolean;
}

export function sameLeadership(a: Leadership | null, b: Leadership | null): boolean {
  return a === b || (a !== null && b !== null && a.id === b.id && a.term === b.term);
}

/** Compares what changes of a claim while its term stands. */
export function sameClaim(a: Claim, b: Claim): boolean {
  const isSame = a.following === b.following && a.settled === b.settled && a.over.length === b.over.length;
  return isSame && a.over.every((rival, at) => sameLeadership(rival, b.over[at] ?? null));
}

export function leadershipKey(leadership: Leadership): string {
  return `${leadership.id} ${leadership.term}`;
}

/** The highest term that this record speaks of; 0 if none. */
export function highestTerm(record: MemberRecord): number {
  return Math.max(record.claim?.term ?? 0, record.follows?.term ?? 0, record.appoints?.term ?? 0);
}

/** Ids are compared by code unit, alike on every runtime. */
export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function sortedIds(ids: Iterable<string>): readonly string[] {
  const sorted = [...ids];
  sorted.sort(compareIds);
  return sorted;
}

/** Of two sorted lists. */
export function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, at) => id === b[at]);
}
