import { Violation } from '../checker.ts';
import type { Checker, Step } from '../checker.ts';
import type { Tenant } from '../tenant.ts';
import type { World } from '../world.ts';

export interface PaceLimits {
  /** Events that a member makes for itself, by its timers, in a second of its life. */
  readonly timersPerSecond: number;
  /** Messages that a member may send in a second, for each member there ever was. */
  readonly sendsPerSecond: number;
  /** And as many more for each message that reached it a second late or later: what was held up comes all at once. */
  readonly answersPerLate: number;
  /**
   * And as many more for whatever happens to it but what others say, for each seat there is. An allowance for what they
   * say would be one for answers to answers: however many there are, they would pay for themselves.
   */
  readonly sendsPerEvent: number;
}

interface Spent {
  untilMs: number;
  timers: number;
  sends: number;
  late: number;
  events: number;
  /** Of them. */
  messages: number;
}

const lateMs = 1_000;
/** To one member in one second: also all that waited for the end of the longest pause comes to less. */
const maxEvents = 200_000;

/** How many messages reached a member in this step so late or later. */
type CountLate<L extends Tenant> = (step: Step<L>, world: World<Tenant>, lateMs: number) => number;

/** No tight loops, no storms of messages, no endless or senseless waits. */
export class Pace<L extends Tenant = Tenant> implements Checker<L> {
  readonly promise = 'a member neither spins nor floods';
  readonly #limits: PaceLimits;
  readonly #countLate: CountLate<L>;
  /** By index of the life. */
  readonly #spent: Spent[] = [];

  /** `countLate`: where messages do not come as events of their own. */
  constructor(limits: PaceLimits, countLate: CountLate<L> = countLateEvents) {
    this.#limits = limits;
    this.#countLate = countLate;
  }

  observe(step: Step<L>, world: World<Tenant>): void {
    const { life, event } = step;
    const effects: readonly { readonly type: string }[] = step.effects;
    const spent = this.#second(life, world.nowMs);
    spent.events++;
    if (event.type === 'timer') spent.timers++;
    else if (event.type === 'heard' || event.type === 'message') spent.messages++;
    spent.late += this.#countLate(step, world, lateMs);
    for (let at = 0; at < effects.length; at++) {
      const effect = effects[at]!;
      if (effect.type === 'send') spent.sends++;
      else if (effect.type === 'timer') this.#checkTimer(life, (effect as unknown as { delayMs: number }).delayMs);
    }
    this.#checkEvents(life, spent);
    this.#checkSends(life, spent, world);
  }

  #checkTimer(life: Tenant, delayMs: number): void {
    if (!(delayMs >= 0 && delayMs < 2 ** 31))
      throw new Violation(this.promise, `${life.label} set a timer for ${delayMs} ms`);
  }

  #checkEvents(life: Tenant, { timers, events }: Spent): void {
    const maxTimers = this.#limits.timersPerSecond;
    if (timers > maxTimers)
      throw new Violation(this.promise, `${life.label} woke more than ${maxTimers} times in one second`);
    if (events > maxEvents)
      throw new Violation(this.promise, `more than ${maxEvents} things happened to ${life.label} in one second`);
  }

  #checkSends(life: Tenant, spent: Spent, world: World<Tenant>): void {
    const { sendsPerSecond, answersPerLate, sendsPerEvent } = this.#limits;
    if (spent.sends <= sendsPerSecond) return;
    const forEvents = sendsPerEvent * (spent.events - spent.messages) * world.seats.length;
    const maxSends = sendsPerSecond * world.lives.length + answersPerLate * spent.late + forEvents;
    if (spent.sends > maxSends)
      throw new Violation(this.promise, `${life.label} sent more than ${maxSends} messages in one second`);
  }

  #second(life: Tenant, nowMs: number): Spent {
    const spent = this.#spent[life.index];
    if (spent !== undefined && nowMs < spent.untilMs) return spent;
    return (this.#spent[life.index] = { untilMs: nowMs + 1_000, timers: 0, sends: 0, late: 0, events: 0, messages: 0 });
  }
}

function countLateEvents({ event }: Step<Tenant>, world: World<Tenant>, late: number): number {
  return event.type === 'message' && world.nowMs - event.sentMs >= late ? 1 : 0;
}
