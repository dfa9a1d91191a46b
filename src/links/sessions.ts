import type { Clock } from '../platform/platform.ts';
import { ClusterError, type ClusterErrorCode } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Neighbour } from '../protocol/members.ts';
import { Pairing } from './pairing.ts';
import { Strangers } from './strangers.ts';

/** What links of every kind ask of their sessions. */
export interface OneSession {
  readonly pairing: Pairing;
  /** What waits is refused with that. */
  close(code: ClusterErrorCode, reason: string): void;
}

export interface SessionsOptions<S> {
  readonly self: PeerId;
  readonly clock: Clock;
  /** `pairing` is that of the last session with the same member, if there was one. */
  open(peer: PeerId, pairing: Pairing): S;
  /** Something was dropped. */
  bad(peer: PeerId, reason: string): void;
}

/** Of so many that are no members is remembered which sessions are over. */
const maxFormer = 1024;

/** A session with each member, and what is to be known of those who are none yet, or none any more. */
export class Sessions<S extends OneSession> {
  readonly #options: SessionsOptions<S>;
  readonly #sessions = new Map<PeerId, S>();
  readonly #strangers = new Strangers<(session: S) => void>();
  /** Of members that left, and of strangers of whom something was dropped: they may come. */
  readonly #former = new Map<PeerId, Pairing>();
  #isClosed = false;

  constructor(options: SessionsOptions<S>) {
    this.#options = options;
  }

  get all(): ReadonlyMap<PeerId, S> {
    return this.#sessions;
  }

  /** Throws `left` and `unknown-peer`. */
  with(peer: PeerId): S {
    if (this.#isClosed) throw new ClusterError('left', 'the cluster has been left');
    const session = this.#sessions.get(peer);
    if (session) return session;
    throw new ClusterError('unknown-peer', `no member has the id ${peer} (any more)`);
  }

  /** Those with all others end. */
  setMembers(members: readonly Neighbour[]): void {
    if (this.#isClosed) return;
    const peers = new Set(members.map(({ id }) => id));
    for (const [peer, session] of this.#sessions) {
      if (peers.has(peer)) continue;
      this.#sessions.delete(peer);
      session.close('unknown-peer', 'it is a member no more');
      this.#remember(peer, session.pairing);
    }
    for (const peer of peers) if (peer !== this.#options.self && !this.#sessions.has(peer)) this.#open(peer);
  }

  /**
   * The session hears so many bytes: at once, or, as soon as it is there, at the end of that turn. `from`: the session of
   * the other side that is over if they are dropped; 0: none is.
   */
  hear(peer: PeerId, bytes: number, words: (session: S) => void, from = 0): void {
    const session = this.#sessions.get(peer);
    if (session) return words(session);
    const atMs = this.#options.clock.monotonicMs();
    for (const dropped of this.#strangers.hold({ peer, words, bytes, from, atMs })) {
      this.#options.bad(dropped.peer, 'a frame from somebody who is not a member');
      if (dropped.from === 0) continue;
      const pairing = this.#former.get(dropped.peer) ?? new Pairing();
      pairing.dismiss(dropped.from);
      this.#remember(dropped.peer, pairing);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const session of this.#sessions.values()) session.close('left', 'the cluster has been left');
    this.#sessions.clear();
  }

  #remember(peer: PeerId, pairing: Pairing): void {
    this.#former.set(peer, pairing);
    const [oldest] = this.#former.keys();
    if (this.#former.size > maxFormer && oldest !== undefined) this.#former.delete(oldest);
  }

  #open(peer: PeerId): void {
    this.#sessions.set(peer, this.#options.open(peer, this.#former.get(peer) ?? new Pairing()));
    this.#former.delete(peer);
    // It may be gone again by then.
    for (const { bytes, words, from } of this.#strangers.release(peer))
      queueMicrotask(() => this.hear(peer, bytes, words, from));
  }
}
