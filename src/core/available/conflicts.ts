import type { Side } from './events.ts';
import { maxDisplaced, maxRemembered } from './limits.ts';
import { displacementMs, valueWaitMs } from './pace.ts';
import { leadershipKey } from './record.ts';
import type { Displacement, Edition, Leadership } from './record.ts';
import type { Register } from './register.ts';

interface Told {
  readonly displacement: Displacement;
  readonly until: number;
}

interface Waiting {
  readonly displacement: Displacement;
  readonly until: number;
}

export interface Conflict {
  readonly winner: Side;
  readonly loser: Side;
}

/**
 * Leaderships displaced when groups met. Each is told to the application once (A2), with both sides' values, and then
 * told on in this member's record, so that the news outlives the one who lost.
 */
export class Conflicts {
  readonly #remembered = new Set<string>();
  #told: Told[] = [];
  #waiting: Waiting[] = [];

  /** What this member's record tells on. */
  get told(): readonly Displacement[] {
    return this.#told.map((told) => told.displacement);
  }

  /** Values still missing. */
  get missing(): readonly Edition[] {
    return this.#waiting.flatMap(({ displacement }) => displacement.edition ?? []);
  }

  /** It happened before this member belonged to any group: it is none of its business. */
  ignore(displacement: Displacement): void {
    this.#remember(displacement.loser);
  }

  /** Learns of a displacement; it becomes an event once both values are known, or after a while. */
  learn(displacement: Displacement, now: number): void {
    if (!this.#remember(displacement.loser)) return;
    this.#waiting.push({ displacement, until: now + valueWaitMs });
    if (this.#waiting.length > maxDisplaced) this.#waiting.shift();
  }

  /** False if it was known. */
  #remember(loser: Leadership): boolean {
    const key = leadershipKey(loser);
    if (this.#remembered.has(key)) return false;
    this.#remembered.add(key);
    for (const oldest of this.#remembered) {
      if (this.#remembered.size <= maxRemembered) break;
      this.#remembered.delete(oldest);
    }
    return true;
  }

  /** The conflicts that can be told now. */
  drain(register: Register, now: number): readonly Conflict[] {
    this.#told = this.#told.filter((told) => told.until > now);
    const ready: Conflict[] = [];
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const entry of waiting) {
      const conflict = this.#resolve(entry, register, now);
      if (conflict === null) this.#waiting.push(entry);
      else ready.push(this.#tell(entry.displacement, conflict, now));
    }
    return ready;
  }

  #tell(displacement: Displacement, conflict: Conflict, now: number): Conflict {
    this.#told.push({ displacement, until: now + displacementMs });
    if (this.#told.length > maxDisplaced) this.#told.shift();
    return conflict;
  }

  #resolve({ displacement, until }: Waiting, register: Register, now: number): Conflict | null {
    const { winner, loser, edition } = displacement;
    const lost = edition === null ? { value: undefined } : register.find(edition);
    const won = register.underLeader(winner.id, Math.max(winner.term, loser.term + 1));
    if ((lost === null || won === undefined) && now < until) return null;
    return {
      winner: { ...winner, published: won?.value },
      loser: { ...loser, published: lost?.value },
    };
  }

  dueAt(): number {
    return Math.min(...this.#told.map((told) => told.until), ...this.#waiting.map((waiting) => waiting.until));
  }
}
