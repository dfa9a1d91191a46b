import { Violation } from '../checker.ts';
import type { Checker, Step } from '../checker.ts';
import type { Life } from '../life.ts';
import type { World } from '../world.ts';

export interface PaceLimits {
  /** Events that a member makes for itself, by its timers, in a second of its life. */
  readonly timersPerSecond: number;
  /** Messages that a member may send in a second, for each member there ever was. */
  readonly sendsPerSecond: number;
  /** And as many more for each message that reached it a second late or later: what was held up comes all at once. */
  readonly answersPerLate: number;
}

interface Spent {
  untilMs: number;
  timers: number;
  sends: number;
  late: number;
}

const lateMs = 1_000;

/** No tight loops, no storms of messages, no endless or senseless waits. */
export class Pace implements Checker {
  readonly promise = 'a member neither spins nor floods';
  readonly #limits: PaceLimits;
  readonly #spent = new Map<Life, Spent>();

  constructor(limits: PaceLimits) {
    this.#limits = limits;
  }

  observe({ life, event, effects }: Step, world: World): void {
    const spent = this.#second(life, world.nowMs);
    if (event.type === 'timer') spent.timers++;
    else if (event.type === 'message' && world.nowMs - event.sentMs >= lateMs) spent.late++;
    for (const effect of effects) {
      if (effect.type === 'send') spent.sends++;
      else if (effect.type === 'timer' && !(effect.delayMs >= 0 && effect.delayMs < 2 ** 31))
        throw new Violation(this.promise, `${life.label} set a timer for ${effect.delayMs} ms`);
    }
    this.#check(life, spent, world);
  }

  #check(life: Life, spent: Spent, world: World): void {
    const maxTimers = this.#limits.timersPerSecond;
    if (spent.timers > maxTimers)
      throw new Violation(this.promise, `${life.label} woke more than ${maxTimers} times in one second`);
    const { sendsPerSecond, answersPerLate } = this.#limits;
    const maxSends = sendsPerSecond * world.lives.length + answersPerLate * spent.late;
    if (spent.sends > maxSends)
      throw new Violation(this.promise, `${life.label} sent more than ${maxSends} messages in one second`);
  }

  #second(life: Life, nowMs: number): Spent {
    let spent = this.#spent.get(life);
    if (spent === undefined) this.#spent.set(life, (spent = { untilMs: 0, timers: 0, sends: 0, late: 0 }));
    if (nowMs >= spent.untilMs) Object.assign(spent, { untilMs: nowMs + 1_000, timers: 0, sends: 0, late: 0 });
    return spent;
  }
}
