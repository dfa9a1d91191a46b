import { maxVoters } from './limits.ts';

/** Who asks for votes does so at least every so often. */
const candidateMs = 5_000;

/** Whom this member hears by itself: whoever leads hears everybody, and tells its followers; where nobody does, this counts. */
export class Hearing {
  /** Who has not said a word since it was asked: since when. */
  readonly #unanswered = new Map<string, number>();
  /** Who asks for votes, though there may be a leader that it does not hear: when it did last. */
  readonly #candidates = new Map<string, number>();

  /** Whoever is there answers this, whatever the answer is. */
  noteQuestion(to: string, now: number): void {
    if (!this.#unanswered.has(to)) this.#unanswered.set(to, now);
  }

  noteWord(from: string): void {
    this.#unanswered.delete(from);
  }

  noteCandidate(from: string, now: number): void {
    this.#candidates.delete(from);
    this.#candidates.set(from, now);
    const [first] = this.#candidates.keys();
    if (this.#candidates.size > maxVoters && first !== undefined) this.#candidates.delete(first);
  }

  /** A leader was heard, who knows better, and asks no more. */
  settle(leader: string | null): void {
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

  get hasCandidates(): boolean {
    return this.#candidates.size > 0;
  }
}
