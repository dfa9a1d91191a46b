import type { Standing } from '../quorum/state.ts';
import type { Claim } from './events.ts';

/** One who may have a core in the present epoch. */
export interface Known {
  isSeated: boolean;
  /** When it was last in contact, if it is not seated. */
  contactMs: number;
  /** What it came back with. */
  claim: Claim | null;
  /** Its core knows no leader, and was bound to none at that moment. */
  free: { readonly standing: Standing; readonly atMs: number } | null;
  /** The one that it was asked for its pledge upon. */
  askedFor: Known['free'];
  wasAsked: boolean;
  /** Counts from that moment on. */
  pledge: { readonly standing: Standing; readonly countsMs: number } | null;
}

/** More than this many that are gone are not told apart. */
const maxGone = 1024;
/** A standing that is older says nothing any more. */
const freshMs = 10_000;

/** All that may have a core in one epoch, and those of whom nothing is known but when they were last in contact. */
export class Crowd {
  readonly #charterMs: number;
  readonly #known = new Map<string, Known>();
  /** Nobody has, or had, a core of this epoch who is not known, or was. */
  isWhole = false;
  /** Until when strangers may hold on to what they were. */
  strangersUntilMs: number;

  constructor(charterMs: number, strangersUntilMs: number) {
    this.#charterMs = charterMs;
    this.strangersUntilMs = strangersUntilMs;
  }

  get all(): ReadonlyMap<string, Known> {
    return this.#known;
  }

  seated(id: string, claim: Claim | null): void {
    const known = this.#known.get(id) ?? fresh();
    this.#known.set(id, Object.assign(known, { isSeated: true, claim }));
  }

  get(id: string): Known | undefined {
    return this.#known.get(id);
  }

  away(id: string, nowMs: number): void {
    const known = this.#known.get(id);
    if (!known) return;
    Object.assign(known, { isSeated: false, contactMs: nowMs, free: null });
    this.#known.delete(id);
    this.#known.set(id, known); // those that have been gone longest come first
    this.#bound();
  }

  drop(id: string): void {
    this.#known.delete(id);
  }

  /** Of a later epoch only those who sit here can know. */
  begin(): void {
    for (const [id, { isSeated }] of this.#known) {
      if (isSeated) this.#known.set(id, fresh());
      else this.#known.delete(id);
    }
    this.strangersUntilMs = Number.NEGATIVE_INFINITY;
    this.isWhole = true;
  }

  /** Those who may still vote or lead. Whoever was out of contact for the length of the charter does not. */
  active(nowMs: number): readonly Known[] {
    return [...this.#known.values()].filter(
      (known) => !hasPledged(known, nowMs) && (known.isSeated || nowMs < known.contactMs + this.#charterMs),
    );
  }

  hasStrangers(nowMs: number): boolean {
    return nowMs < this.strangersUntilMs;
  }

  /**
   * The highest epoch that those who sit here speak of. What lapsed may be over, and be led on from elsewhere: it counts
   * when nobody unknown can lead any more.
   */
  claimed(nowMs: number): number {
    let highest = 0;
    for (const { isSeated, claim } of this.#known.values()) {
      if (isSeated && claim !== null && !(claim.lapsed && this.hasStrangers(nowMs))) {
        highest = Math.max(highest, claim.epoch);
      }
    }
    return highest;
  }

  /** When less will stand in the way than now. */
  nextMs(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    const times = [...this.#known.values()].flatMap(({ isSeated, contactMs, pledge }) => [
      ...(isSeated ? [] : [contactMs + this.#charterMs]),
      ...(pledge ? [pledge.countsMs] : []),
    ]);
    for (const atMs of [this.strangersUntilMs, ...times]) if (atMs > nowMs) nextMs = Math.min(nextMs, atMs);
    return nextMs;
  }

  #bound(): void {
    const gone = [...this.#known].filter(([, { isSeated }]) => !isSeated);
    for (const [id, { contactMs }] of gone.slice(0, Math.max(0, gone.length - maxGone))) {
      this.strangersUntilMs = Math.max(this.strangersUntilMs, contactMs + this.#charterMs);
      this.#known.delete(id);
      this.isWhole = false;
    }
  }
}

export function hasPledged({ pledge }: Known, nowMs: number): boolean {
  return pledge !== null && nowMs >= pledge.countsMs;
}

export function isFree({ free }: Known, nowMs: number): boolean {
  return free !== null && nowMs - free.atMs <= freshMs;
}

function fresh(): Known {
  return {
    ...{ isSeated: true, contactMs: 0, claim: null, free: null },
    ...{ askedFor: null, wasAsked: false, pledge: null },
  };
}
