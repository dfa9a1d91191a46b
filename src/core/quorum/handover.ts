import type { Follower } from './follower.ts';
import type { Leading } from './leading.ts';
import type { Member } from './member.ts';
import { longestSteadyMs, patienceMs, steadyMs } from './pace.ts';
import { comesBefore } from './succession.ts';

/** A leader's way out: it waits until the heir has the whole log, and gives up its lease before it says "now". */
export class Handover {
  readonly #member: Member;
  #heir: { readonly id: string; readonly until: number } | null = null;
  /** Who of higher priority could lead, since when. */
  #better: { readonly id: string; readonly since: number } | null = null;
  /** Doubles while those who were given precedence do not take it. */
  #steadyMs: number = steadyMs;

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
    const { now, rttMs, promised, limits } = this.#member;
    const patience = patienceMs(rttMs, Math.max(limits.minLeaseMs, promised.lengthMs), 0, limits.maxLeaseMs);
    this.#heir = { id: heir.id, until: now.fast + patience };
    leading.isHandingOver = true;
  }

  /** The leadership ended. */
  end(): void {
    this.#heir = null;
    this.#better = null;
  }

  /** Somebody else leads: whoever is better had its chance. */
  forget(): void {
    this.#steadyMs = steadyMs;
  }

  dueAt(): number {
    if (this.#heir !== null) return this.#heir.until;
    return this.#better === null ? Infinity : this.#better.since + this.#steadyMs;
  }

  /** The heir, as soon as it has the whole log. */
  ready(leading: Leading): string | null {
    if (this.#heir === null) return null;
    const { id, until } = this.#heir;
    if (leading.isSettled && leading.followers.get(id)?.match === this.#member.log.lastIndex) return id;
    if (this.#member.now.fast >= until) {
      this.#heir = null;
      leading.isHandingOver = false;
    }
    return null;
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
    this.#better = { id: better.id, since };
    if (now.fast < since + this.#steadyMs) return;
    this.#better = null;
    this.#steadyMs = Math.min(longestSteadyMs, 2 * this.#steadyMs);
    this.begin(leading, better);
  }
}
