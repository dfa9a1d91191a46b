import type { Configuration } from './configuration.ts';
import { quorumValue } from './configuration.ts';
import type { Follower, Reckoning } from './follower.ts';
import type { Member } from './member.ts';
import { unknownRttMs } from './pace.ts';

/** How far from each other the voters are, as far as a leader can tell from the round trips to itself. */
export class Distances {
  readonly #member: Member;
  readonly #followers: ReadonlyMap<string, Follower>;
  readonly #isHeard: (follower: Follower) => boolean;
  /** Those that have not answered yet are thought to be as far away as the farthest that have. */
  #unknownRttMs: number = unknownRttMs;

  constructor(member: Member, followers: ReadonlyMap<string, Follower>, isHeard: (follower: Follower) => boolean) {
    this.#member = member;
    this.#followers = followers;
    this.#isHeard = isHeard;
  }

  noteAnswer(rttMs: number): void {
    this.#unknownRttMs = Math.max(this.#unknownRttMs, rttMs);
  }

  /** To another one no less than either of them is from here. They may be near each other, and need not be. */
  #tripMs(id: string, center: string): number {
    return id === center ? 0 : Math.max(this.#fromHereMs(id), this.#fromHereMs(center));
  }

  /** Who is silent is as far away as can be. */
  #fromHereMs(id: string): number {
    if (id === this.#member.id) return 0;
    const follower = this.#followers.get(id);
    if (follower === undefined || !this.#isHeard(follower)) return this.#member.limits.maxLeaseMs;
    return follower.rttMs ?? this.#unknownRttMs;
  }

  /** To the slowest voter that a quorum needs, if `center` leads. */
  neededMs(center: string, configuration: Configuration = this.#member.configuration): number {
    const nearness = (id: string): number => -this.#tripMs(id, center);
    return Math.min(this.#member.limits.maxLeaseMs, -quorumValue(configuration, nearness));
  }

  /** The same without the leader's vote, where those who are heard can do without. */
  neededWithoutLeaderMs(center: string): number {
    const { configuration, limits, id: leader } = this.#member;
    const nearness = (id: string): number => (id === leader ? -Infinity : -this.#tripMs(id, center));
    const rttMs = -quorumValue(configuration, nearness);
    return rttMs < limits.maxLeaseMs ? rttMs : this.neededMs(center);
  }

  /**
   * What each follower has to reckon with. Those in line may weigh less than this leader: then they need voters that it does not
   * (Q9); and they wait for those before them. Returns what this leader has to.
   */
  reckon(order: readonly string[]): Reckoning {
    const rttMs = this.neededMs(this.#member.id);
    let successionRttMs = order.length === 0 ? rttMs : 0;
    for (const id of order) {
      successionRttMs = Math.max(successionRttMs, this.neededWithoutLeaderMs(id));
      const follower = this.#followers.get(id);
      if (follower !== undefined) follower.reckoning = { rttMs: Math.max(rttMs, this.neededMs(id)), successionRttMs };
    }
    for (const follower of this.#followers.values()) {
      if (order.includes(follower.id)) continue;
      follower.reckoning = { rttMs: Math.max(rttMs, follower.rttMs ?? 0), successionRttMs };
    }
    return { rttMs, successionRttMs };
  }
}
