import type { Session } from './state.ts';

type Live = { -readonly [Key in keyof Session]: Session[Key] };

/**
 * Who appends, and what of it took effect: the part of the replicated state that makes appends exactly once (Ongaro
 * §6.3). A copy of an entry that took effect, or one that overtook another, takes none.
 */
export class Sessions {
  readonly #sessions = new Map<number, Live>();
  readonly #max: number;

  constructor(sessions: readonly Session[], max: number) {
    for (const session of sessions) this.#sessions.set(session.id, { ...session });
    this.#max = max;
  }

  get(id: number): Session | undefined {
    return this.#sessions.get(id);
  }

  find(owner: string, nonce: number): Session | undefined {
    for (const session of this.#sessions.values()) {
      if (session.owner === owner && session.nonce === nonce) return session;
    }
    return undefined;
  }

  /** Opens a session named by the index of its entry; a repeated request opens none. */
  register(index: number, owner: string, nonce: number): void {
    if (this.find(owner, nonce) !== undefined) return;
    if (this.#sessions.size >= this.#max) this.#sessions.delete(this.#idlest());
    this.#sessions.set(index, { id: index, owner, nonce, last: 0, usedAt: index });
  }

  #idlest(): number {
    let idlest: Live | null = null;
    for (const session of this.#sessions.values()) {
      if (idlest === null || session.usedAt < idlest.usedAt) idlest = session;
    }
    return idlest?.id ?? 0;
  }

  expire(id: number): void {
    this.#sessions.delete(id);
  }

  /** True if the entry takes effect. */
  take(id: number, sequence: number, index: number): boolean {
    const session = this.#sessions.get(id);
    if (session === undefined || session.last + 1 !== sequence) return false;
    session.last = sequence;
    session.usedAt = index;
    return true;
  }

  /** As of this moment. */
  list(): readonly Session[] {
    return [...this.#sessions.values()].map((session) => ({ ...session }));
  }
}
