import { maxVoters } from './limits.ts';

/** Who asks for votes does so at least every so often. */
const candidateMs = 5_000;

/** Whom this member hears by itself: whoever leads hears everybody, and tells its followers; where nobody does, this counts. */
export class Hearing {
  /** Who has not said a word since it was asked: since when. */
  readonly #unanswered = new Map<string, number>();
  /** Who asks for votes, though there may be a leader that it does not hear: when it did last. */
  readonly #candidates = new Map<string, number>();
  /** Counts what has changed in that, but by the passing of time. */
  changes = 0;

  /** Whoever is there answers this, whatever the answer is. */
  noteQuestion(to: string, now: number): void {
    if (this.#unanswered.has(to)) return;
    this.#unanswered.set(to, now);
    this.changes++;
  }

  /** The last leader did not hear them: so that is over only when they say a word. */
  noteSilence(ids: readonly string[], now: number): void {
    const asking = this.candidates(now);
    for (const id of ids) if (!asking.includes(id)) this.#unanswered.set(id, -Infinity);
    if (ids.length > 0) this.changes++;
  }

  noteWord(from: string): void {
    if (this.#unanswered.delete(from)) this.changes++;
  }

  noteCandidate(from: string, now: number): void {
    if (!this.#candidates.delete(from)) this.changes++;
    this.#candidates.set(from, now);
    const [first] = this.#candidates.keys();
    if (this.#candidates.size > maxVoters && first !== undefined) this.#candidates.delete(first);
  }

  /** A leader was heard, who knows better, and asks no more. */
  settle(leader: string | null): void {
    if (this.#unanswered.size + this.#candidates.size === 0) return;
    this.changes++;
    this.#unanswered.clear();
    if (leader !== null) this.#candidates.delete(leader);
  }

  isSilent(id: string, now: number, patienceMs: number): boolean {
    return now - (this.#unanswered.get(id) ?? Infinity) >= patienceMs;
  }

  /** Those that asked for votes of late. */
  candidates(now: number): readonly string[] {
    for (const [id, askedAt] of this.#candidates) if (now - askedAt > candidateMs) this.#candidates.delete(id);
    return [...this.#candidates.keys()];
  }

  /** When the passing of time changes something next, at the earliest. */
  changesAt(now: number, patienceMs: number): number {
    let at = Infinity;
    for (const since of this.#unanswered.values()) if (now - since < patienceMs) at = Math.min(at, since + patienceMs);
    for (const askedAt of this.#candidates.values()) at = Math.min(at, askedAt + candidateMs);
    return at;
  }
}
