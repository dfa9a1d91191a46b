import type { Follower } from './follower.ts';
import type { Leading } from './leading.ts';
import type { Member } from './member.ts';
import type { TimeoutNow } from './messages.ts';
import { patienceMs, repeatMs, steadyForMs, yieldMs } from './pace.ts';
import { comesBefore } from './succession.ts';

/** A leadership that was given up: the heir is told so again, in case that it was not heard. */
interface Released {
  readonly to: string;
  readonly message: TimeoutNow;
  readonly everyMs: number;
  readonly until: number;
  sayAt: number;
}

/**
 * A leader's way out: it waits until the heir has the whole log, and gives up its lease before it says "now". It says so
 * again until it hears that the heir campaigns, and leaves the field to it for so long.
 */
export class Handover {
  readonly #member: Member;
  #heir: { readonly id: string; readonly until: number } | null = null;
  /** Who of higher priority could lead, since when, and from when on it is to. */
  #better: { readonly id: string; readonly since: number; readonly leadsAt: number } | null = null;
  #released: Released | null = null;
  /** How often in a row each was handed the lead, by whomever, and did not lead. */
  readonly #declined = new Map<string, number>();

  constructor(member: Member) {
    this.#member = member;
  }

  /** Who would take over: `to`, or the first in line. */
  heirOf(leading: Leading, to: string | undefined): Follower | undefined {
    const candidates = leading.candidates();
    candidates.sort(comesBefore);
    return to === undefined ? candidates[0] : candidates.find(({ id }) => id === to);
  }

  begin(leading: Leading, heir: Follower): void {
    const { now, limits } = this.#member;
    const patience = patienceMs(heir.reckoning.rttMs, leading.leaseMs, 0, limits.maxLeaseMs);
    this.#heir = { id: heir.id, until: now.fast + patience };
    leading.isHandingOver = true;
  }

  /** A leadership began, or ended. */
  end(): void {
    this.#heir = null;
    this.#better = null;
    this.#released = null;
  }

  /** Whoever was handed the lead takes it. */
  noteLeader(id: string): void {
    this.#declined.delete(id);
  }

  /** It was handed the lead: until it is heard to lead, it has not taken it. */
  noteHeir(heir: string): void {
    this.#declined.set(heir, (this.#declined.get(heir) ?? 0) + 1);
    for (const id of this.#declined.keys()) if (this.#member.roleOf(id) === undefined) this.#declined.delete(id);
  }

  dueAt(): number {
    if (this.#released !== null) return this.#released.sayAt;
    if (this.#heir !== null) return this.#heir.until;
    return this.#better?.leadsAt ?? Infinity;
  }

  /** The heir, as soon as it has the whole log. */
  ready(leading: Leading): Follower | null {
    if (this.#heir === null) return null;
    const { id, until } = this.#heir;
    const heir = leading.followers.get(id);
    if (leading.isSettled && heir?.match === this.#member.log.lastIndex) return heir;
    if (this.#member.now.fast >= until) {
      this.#heir = null;
      leading.isHandingOver = false;
    }
    return null;
  }

  /** Says "now", if nobody has entered another term meanwhile. Returns for how long the field is the heir's. */
  release({ term, rounds }: Leading, heir: Follower): number {
    const { now, limits } = this.#member;
    const { rttMs } = heir.reckoning;
    const forMs = Math.max(limits.minLeaseMs, yieldMs(rttMs, 0)); // nothing is known of its disk
    const message = { type: 'timeout-now', term, round: rounds.last } as const;
    this.#released = { to: heir.id, message, everyMs: repeatMs(rttMs), sayAt: now.fast, until: now.fast + forMs };
    this.sayAgain();
    return forMs;
  }

  /** Until the heir is heard to campaign: that is in a later term. */
  sayAgain(): void {
    const released = this.#released;
    if (released === null) return;
    const { to, message, everyMs, until } = released;
    const { now, term } = this.#member;
    if (term !== message.term || now.fast >= until) {
      this.#released = null;
    } else if (now.fast >= released.sayAt) {
      this.#member.send(to, message);
      released.sayAt = Math.min(now.fast + everyMs, until);
    }
  }

  /** Priority binds an incumbent: after a steady while it hands over to whoever has more. */
  yieldToPriority(leading: Leading): void {
    if (this.#heir !== null) return;
    const { now, priority, commit } = this.#member;
    const betters = leading.candidates().filter((one) => one.priority > priority && one.match >= commit);
    betters.sort((a, b) => b.priority - a.priority || comesBefore(a, b));
    const [better] = betters;
    if (better === undefined) {
      this.#better = null;
      return;
    }
    const since = this.#better?.id === better.id ? this.#better.since : now.fast;
    const leadsAt = since + steadyForMs(this.#declined.get(better.id) ?? 0, leading.leaseMs);
    this.#better = { id: better.id, since, leadsAt };
    if (now.fast < leadsAt) return;
    this.#better = null;
    this.noteHeir(better.id);
    this.begin(leading, better);
  }
}
