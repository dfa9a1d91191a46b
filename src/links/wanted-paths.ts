import type { Timers, Undo } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Neighbour, Role } from '../protocol/members.ts';

/**
 * Opening a direct path keeps a page busy for tens of milliseconds. What has to be said first, such as who leads, goes
 * over the relay meanwhile.
 */
const settleMs = 100;
/** For so long at least after its last message, a conversation still counts as one. */
const talkingMs = 60_000;

export interface WantedPathsOptions {
  readonly self: PeerId;
  readonly timers: Timers;
  /** Whether pages of one host reach each other without. */
  readonly hasNear: boolean;
  want(peers: ReadonlySet<PeerId>): void;
}

/** Direct paths are worth it to those that the election names, and to those that the application talks to. */
export class WantedPaths {
  readonly #options: WantedPathsOptions;
  /** With whom there was a conversation lately: true if since the last look. */
  readonly #talking = new Map<PeerId, boolean>();
  #election: readonly PeerId[] = [];
  #members: readonly Neighbour[] = [];
  /** `null`: everyone votes. */
  #roles: ReadonlyMap<PeerId, Role> | null = null;
  #soon: Undo | null = null;
  #later: Undo | null = null;

  constructor(options: WantedPathsOptions) {
    this.#options = options;
  }

  forElection(peers: readonly PeerId[]): void {
    this.#election = peers;
    this.#changed();
  }

  setMembers(members: readonly Neighbour[]): void {
    this.#members = members;
    this.#judgeAnew();
  }

  /** Who votes, and so may lead. Not told: everyone does. */
  setRoles(roles: ReadonlyMap<PeerId, Role>): void {
    this.#roles = roles;
    this.#judgeAnew();
  }

  talked(peer: PeerId): void {
    if (!this.#talking.has(peer)) this.#changed();
    this.#talking.set(peer, true);
    this.#later ??= this.#options.timers.after(talkingMs, () => this.#look());
  }

  close(): void {
    this.#soon?.();
    this.#later?.();
  }

  /** Who stands for whose host may have changed. */
  #judgeAnew(): void {
    if (this.#election.length + this.#talking.size > 0) this.#changed();
  }

  #changed(): void {
    const { timers, want } = this.#options;
    this.#soon ??= timers.after(settleMs, () => {
      this.#soon = null;
      want(new Set([...this.#election, ...this.#talking.keys()].filter((peer) => this.#isWorthIt(peer))));
    });
  }

  /**
   * This member and that one each vote, or have their host for themselves. Others leave the direct paths to other hosts to
   * those of their own: such paths grow with the browsers, and not with their tabs.
   */
  #isWorthIt(peer: PeerId): boolean {
    const { self, hasNear } = this.#options;
    return (
      !hasNear ||
      [self, peer].every((id) => this.#roles === null || this.#roles.get(id) === 'voter' || this.#isAlone(id))
    );
  }

  #isAlone(id: PeerId): boolean {
    const host = this.#members.find((one) => one.id === id)?.host;
    return this.#members.every((one) => one.id === id || one.host !== host);
  }

  /** Forgets those whom nobody has talked to since the last look. */
  #look(): void {
    this.#later = null;
    for (const [peer, lately] of this.#talking) {
      if (lately) this.#talking.set(peer, false);
      else this.#talking.delete(peer);
    }
    this.#changed();
    if (this.#talking.size > 0) this.#later = this.#options.timers.after(talkingMs, () => this.#look());
  }
}
