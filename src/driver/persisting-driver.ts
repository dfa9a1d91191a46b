import type { PersistEffect } from '../core/step.ts';
import { Driver, type DriverOptions, type ToldEffect } from './driver.ts';

/** What a core that keeps state tells those above. */
export type ToldBesideState<Effect> = Exclude<ToldEffect<Effect>, { readonly type: 'persist' }>;

/** Where a core's state is kept. */
export interface Persistence<Event> {
  /**
   * Makes the state durable, after those of all earlier calls. `null`: there is nothing to wait for. For a member whose
   * id ends with it that is the truth: nobody will ever ask what it had promised.
   */
  write(state: unknown): PromiseLike<void> | null;
  /** The core's own event for "all that you asked for up to this number is durable". */
  persisted(upTo: number): Event;
  /** A write failed, and the driver has stopped: whoever cannot keep its word may not go on giving it. */
  failed(error: unknown): void;
}

export interface PersistingDriverOptions<Event, Effect> extends Omit<DriverOptions<Event, Effect>, 'apply'> {
  readonly apply: (effect: ToldBesideState<Effect>) => void;
  readonly persistence: Persistence<Event>;
}

/** The loop for cores whose state outlives them. */
export class PersistingDriver<
  Event extends { readonly type: string },
  Effect extends { readonly type: string },
> extends Driver<Event, Effect> {
  readonly #persistence: Persistence<Event>;

  constructor(options: PersistingDriverOptions<Event, Effect>) {
    super(options as unknown as DriverOptions<Event, Effect>); // nothing that is to be durable gets as far as `apply`
    this.#persistence = options.persistence;
  }

  /**
   * What is to be durable is on its way to the disk before those above are told anything: others wait for it, whatever is
   * done about the news here.
   */
  protected override carryOutAll(effects: readonly Effect[]): void {
    for (const effect of effects) if (isPersist(effect)) this.#persist(effect);
    super.carryOutAll(effects.filter((effect) => !isPersist(effect)));
  }

  /** The core goes on meanwhile: it keeps back by itself what must not be said yet. */
  #persist({ number, state }: PersistEffect<unknown>): void {
    const written = this.#persistence.write(state);
    if (written === null) return this.#feedPersisted(number);
    written.then(
      () => this.#feedPersisted(number),
      (error: unknown) => this.#fail(error),
    );
  }

  #feedPersisted(upTo: number): void {
    this.feed(this.#persistence.persisted(upTo));
  }

  /** Told once, and not at all after the driver was closed. */
  #fail(error: unknown): void {
    if (this.isClosed) return;
    this.close();
    this.#persistence.failed(error);
  }
}

function isPersist<Effect extends { readonly type: string }>(
  effect: Effect,
): effect is Effect & PersistEffect<unknown> {
  return effect.type === 'persist';
}
