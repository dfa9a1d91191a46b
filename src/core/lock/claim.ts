/**
 * What a member that has the lock writes where all can read it, and where it vanishes when the member dies: beside the
 * lock, a claim. Only its own member replaces it.
 */
export interface Claim {
  readonly id: string;
  /** Of claims that stand at the same time the one with the higher ticket prevails. */
  readonly ticket: number;
  /** Counts how often it was renewed: one that is not renewed any more is the claim of somebody who hangs. */
  readonly beat: number;
  /**
   * From the moment on at which it was renewed, its member may lead for so long, and then does not without renewing it.
   * 0: its member has the lock, and gives way to its heir.
   */
  readonly freshMs: number;
  /** In which its member leads; 0: it does not, not yet or not any more. */
  readonly term: number;
  /**
   * Of the first in line, which has no lock yet: the term after which it is to lead. Nobody else leads in between, as all
   * others wait for this claim as well. 0: its member has the lock.
   */
  readonly after: number;
}

/** That of an heir, over that of nobody who has the lock. */
export function prevails(one: Claim, over: Claim): boolean {
  if (one.after > 0 !== over.after > 0) return over.after > 0;
  return one.ticket === over.ticket ? one.id > over.id : one.ticket > over.ticket;
}

/** It keeps the member of the other one from leading: an heir begins while the one before it leads. */
export function hinders(one: Claim, other: Claim): boolean {
  return other.after === 0 || one.term !== other.after;
}

/** Its member has renewed it since. */
export function isRenewed(now: Claim, before: Claim): boolean {
  return now.ticket !== before.ticket || now.beat !== before.beat;
}
