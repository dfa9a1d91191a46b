import type { Proposal } from './entry.ts';
import type { Follower } from './follower.ts';
import type { Member } from './member.ts';
import type { Sessions } from './sessions.ts';

/** What it knows of the leadership that it is part of. */
export interface Office {
  readonly term: number;
  /** On the fast clock. */
  readonly electedAt: number;
  readonly isSettled: boolean;
  readonly isHandingOver: boolean;
  readonly followers: ReadonlyMap<string, Follower>;
  append(proposal: Proposal): number;
}

/** What a leader takes into its log of what members append: as much as there is room for, each value once and in order. */
export class Accepting {
  readonly #member: Member;
  readonly #leading: Office;
  readonly #sessions: Sessions;
  /** Of each session, the last sequence number in the log. */
  readonly #appended = new Map<number, number>();
  readonly #registering = new Map<string, { readonly nonce: number; readonly index: number }>();

  constructor(member: Member, leading: Office, sessions: Sessions) {
    this.#member = member;
    this.#leading = leading;
    this.#sessions = sessions;
    this.#noteAppended();
  }

  #noteAppended(): void {
    const { log, commit } = this.#member;
    for (let index = commit + 1; index <= log.lastIndex; index++) {
      const entry = log.entry(index);
      if (entry?.type !== 'value') continue;
      this.#appended.set(entry.session, Math.max(entry.sequence, this.#appended.get(entry.session) ?? 0));
    }
  }

  #hasRoom(chars: number): boolean {
    const { log, commit, limits } = this.#member;
    if (!this.#leading.isSettled || this.#leading.isHandingOver) return false;
    if (log.lastIndex === commit) return true;
    if (log.lastIndex - commit >= limits.maxUncommittedEntries) return false;
    return log.charsUpTo(log.lastIndex) - log.charsUpTo(commit) + chars <= limits.maxUncommittedChars;
  }

  /** True if it need not be asked again. */
  register(owner: string, nonce: number): boolean {
    if (this.#sessions.find(owner, nonce) !== undefined || this.#isRegistering(owner, nonce)) return true;
    if (!this.#hasRoom(0)) return false;
    this.#registering.set(owner, { nonce, index: this.#leading.append({ type: 'register', owner, nonce }) });
    return true;
  }

  /** A session that has ended before its owner saw it begin is opened anew. */
  #isRegistering(owner: string, nonce: number): boolean {
    const last = this.#registering.get(owner);
    return last?.nonce === nonce && last.index > this.#member.commit;
  }

  /**
   * Appends what follows on what the log has of that session, as far as there is room. Returns how many of the values
   * are in the log. What leaves a gap is not taken: what is missing has to come first.
   */
  accept(session: number, first: number, values: readonly string[]): number {
    const known = this.#appended.get(session) ?? this.#sessions.get(session)?.last;
    if (known === undefined || first > known + 1) return 0;
    const { term } = this.#leading;
    let sequence = known + 1;
    for (let at = sequence - first; at < values.length; at++, sequence++) {
      const value = values[at] as string;
      if (!this.#hasRoom(value.length)) break;
      this.#member.log.append({ type: 'value', session, sequence, value, term });
    }
    this.#appended.set(session, sequence - 1);
    return Math.min(values.length, sequence - first);
  }

  /** Ends sessions whose owner was not heard of for so long. */
  expireSessions(): void {
    const { now, limits, id } = this.#member;
    const { followers, electedAt } = this.#leading;
    for (const session of this.#sessions.list()) {
      if (session.owner === id || !this.#hasRoom(0)) continue;
      const heardAt = Math.max(electedAt, followers.get(session.owner)?.heardAt ?? -Infinity);
      if (now.fast - heardAt >= limits.sessionMs) this.#leading.append({ type: 'expire', session: session.id });
    }
  }
}
