import type { Leadership } from '../leadership.ts';
import type { Side } from './events.ts';
import { maxDisplaced, maxRemembered } from './limits.ts';
import { displacementMs, valueWaitMs } from './pace.ts';
import { leadershipKey } from './record.ts';
import type { Displacement, Edition } from './record.ts';
import type { Register } from './register.ts';

/** A displacement that is on its way to the application, or was told to it of late and is told on. */
interface News {
  readonly displacement: Displacement;
  isTold: boolean;
  /** Until then it waits for values, or is told on. */
  until: number;
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
  #news: readonly News[] = [];

  /** What this member's record tells on. */
  get told(): readonly Displacement[] {
    return this.#news.filter((news) => news.isTold).map((news) => news.displacement);
  }

  /** Values still missing. */
  get missing(): readonly Edition[] {
    return this.#news.flatMap((news) => (news.isTold ? [] : (news.displacement.edition ?? [])));
  }

  /** It happened before this member belonged to any group: it is none of its business. */
  ignore(displacement: Displacement): void {
    this.#remember(displacement.loser);
  }

  /** Learns of a displacement; it becomes an event once both values are known, or after a while. */
  learn(displacement: Displacement, now: number): void {
    if (!this.#remember(displacement.loser)) return;
    const news = { displacement, isTold: false, until: now + valueWaitMs };
    this.#news = [...this.#news, news].slice(-maxDisplaced);
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
    this.#news = this.#news.filter((news) => !news.isTold || news.until > now);
    const ready: Conflict[] = [];
    for (const news of this.#news) {
      const conflict = news.isTold ? null : this.#resolve(news, register, now);
      if (conflict === null) continue;
      ready.push(conflict);
      news.isTold = true;
      news.until = now + displacementMs;
    }
    return ready;
  }

  #resolve({ displacement, until }: News, register: Register, now: number): Conflict | null {
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
    return Math.min(...this.#news.map((news) => news.until));
  }
}
