import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { Life } from '../../life.ts';
import type { World } from '../../world.ts';

/** What takes no longer is on its way as ever. */
const lateFromMs = 1_000;

/**
 * Nobody leads before `minMembers` have met: a member that has known no leader yet leads only if so many lives were in
 * touch of late, in both directions, directly or over others.
 */
export class MinMembers implements Checker {
  readonly promise = 'minMembers holds the first election back';
  readonly #touchMs: number;
  /** Members that have known a leader, or that have led. */
  readonly #founded = new Set<Life>();
  /** By who heard, then by the id of whom: when that was. */
  readonly #heardMs = new Map<Life, Map<string, number>>();
  readonly #delays: { readonly endedMs: number; readonly lateMs: number }[] = [];

  /** `touchMs`: how old news of a member may be for it to count as met. */
  constructor(touchMs: number) {
    this.#touchMs = touchMs;
  }

  observe({ life, event, effects }: Step, world: World): void {
    if (world.schedule.minMembers === 1) return;
    const { nowMs } = world;
    if (event.type === 'resumed') this.#delays.push({ endedMs: nowMs, lateMs: event.pausedMs });
    if (event.type === 'message') {
      this.#heardBy(life).set(event.from, nowMs);
      const lateMs = nowMs - event.sentMs;
      if (lateMs > lateFromMs) this.#delays.push({ endedMs: nowMs, lateMs });
    }
    if (this.#founded.has(life)) return;
    for (const effect of effects) {
      if (effect.type !== 'leader' || effect.leader === null) continue;
      this.#founded.add(life);
      if (effect.leader.id === life.id) this.#check(life, world);
    }
  }

  #check(life: Life, world: World): void {
    const met = this.#met(life, world);
    if ([...met].some((other) => other !== life && this.#founded.has(other))) return;
    if (met.size < world.schedule.minMembers)
      throw new Violation(this.promise, `${life.label} leads and has met ${met.size - 1} others`);
  }

  #met(life: Life, world: World): Set<Life> {
    const met = new Set([life]);
    for (const one of met) for (const other of world.lives) if (this.#inTouch(one, other, world)) met.add(other);
    return met;
  }

  #inTouch(one: Life, other: Life, world: World): boolean {
    const since = world.nowMs - this.#touchMs - this.#latestMs(world.nowMs);
    const heard = (by: Life, whom: Life): boolean => (this.#heardBy(by).get(whom.id) ?? -Infinity) >= since;
    return heard(one, other) && heard(other, one);
  }

  /** What waited for the end of a pause, or of a clog, is older by so much, and is acted on all the same. */
  #latestMs(nowMs: number): number {
    const late = this.#delays.filter(({ endedMs }) => nowMs - endedMs <= this.#touchMs);
    return Math.max(0, ...late.map(({ lateMs }) => lateMs));
  }

  #heardBy(life: Life): Map<string, number> {
    let heard = this.#heardMs.get(life);
    if (heard === undefined) this.#heardMs.set(life, (heard = new Map()));
    return heard;
  }
}
