import type { Core, DriverEffect, Instant, Timed } from '../core/step.ts';
import type { Timers, Undo } from '../platform/platform.ts';
import type { Clocks } from './clocks.ts';

/** The effects that the driver sees to itself. */
type OwnEffect = DriverEffect<unknown>;

/** What a core tells those above. */
export type ToldEffect<Effect> = Exclude<Effect, { readonly type: OwnEffect['type'] }>;

export interface DriverOptions<Event, Effect> {
  readonly core: Core<Event, Effect>;
  /** The core's own event for "look at the clock". */
  readonly tick: Event;
  readonly clocks: Pick<Clocks, 'now'>;
  readonly timers: Timers;
  readonly send: (to: string, message: unknown) => void;
  readonly apply: (effect: ToldEffect<Effect>) => void;
}

/**
 * The only loop: one event in, then all its effects out, in order, then the next event. One timer is armed, for the moment
 * that the core asks for. An event that is fed while effects are carried out waits until they are all out.
 */
export class Driver<Event extends { readonly type: string }, Effect extends { readonly type: string }> {
  readonly #options: DriverOptions<Event, Effect>;
  readonly #queue: Event[] = [];
  #isRunning = false;
  #isClosed = false;
  #wakeAt = Infinity;
  #armedFor = Infinity;
  #disarm: Undo | null = null;

  constructor(options: DriverOptions<Event, Effect>) {
    this.#options = options;
  }

  /** The two clocks at this moment. */
  now(): Instant {
    return this.#options.clocks.now();
  }

  /** The event is the driver's from now on: it writes onto it at what time it was stepped. */
  feed(event: Event): void {
    if (this.#isClosed) return;
    if (this.#isRunning) this.#queue.push(event);
    else this.#run(event);
  }

  /**
   * Stops at once: what is queued or under way is dropped. Of a `last` event only the sends are carried out, before
   * this returns, also when it is called from within an effect. All its effects are returned, for the last words in them.
   */
  close(last?: Event): readonly Effect[] {
    if (this.#isClosed) return [];
    this.#isClosed = true;
    this.#queue.length = 0;
    this.#disarm?.();
    this.#disarm = null;
    if (last === undefined) return [];
    const effects = this.#options.core.step(this.#timed(last));
    for (const effect of effects) if (effect.type === 'send') this.#carryOut(effect);
    return effects;
  }

  protected get isClosed(): boolean {
    return this.#isClosed;
  }

  #run(first: Event): void {
    this.#isRunning = true;
    try {
      this.#step(first);
      while (this.#queue.length > 0) this.#step(this.#queue.shift() as Event);
    } finally {
      this.#isRunning = false;
    }
    this.#arm();
  }

  /** Each event gets the time at which it is stepped, not the one at which it was queued. */
  #step(event: Event): void {
    this.carryOutAll(this.#options.core.step(this.#timed(event)));
  }

  protected carryOutAll(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (this.#isClosed) return;
      this.#carryOut(effect);
    }
  }

  /** Not a copy: there are millions of events, of many shapes. */
  #timed(event: Event): Timed<Event> {
    const timed = event as Event & { at: Instant };
    timed.at = this.now();
    return timed;
  }

  #carryOut(effect: Effect): void {
    const own = effect as unknown as OwnEffect;
    switch (own.type) {
      case 'send':
        return this.#options.send(own.to, own.message);
      case 'wake':
        this.#wakeAt = own.at;
        return;
      default:
        this.#options.apply(effect as ToldEffect<Effect>);
    }
  }

  /** A timer that is armed for the right moment already is left alone. */
  #arm(): void {
    if (this.#disarm !== null && this.#armedFor === this.#wakeAt) return;
    this.#disarm?.();
    this.#disarm = null;
    if (this.#isClosed || this.#wakeAt === Infinity) return;
    this.#armedFor = this.#wakeAt;
    // Up to a whole microsecond: a remainder of rounding would be too short for any clock to pass it.
    const delayMs = Math.ceil(Math.max(0, this.#wakeAt - this.now().fast) * 1000) / 1000;
    this.#disarm = this.#options.timers.after(delayMs, this.#wake);
  }

  readonly #wake = (): void => {
    this.#disarm = null;
    // What was asked for has been: a core that asks for nothing more is not woken again.
    if (this.#wakeAt <= this.now().fast) this.#wakeAt = Infinity;
    this.feed(this.#options.tick);
  };
}
