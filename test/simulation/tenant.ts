import type { Json } from '../../src/protocol/json.ts';
import { Violation } from './checker.ts';
import type { MachineClock } from './machine-clock.ts';
import { mix, unit } from './random.ts';
import type { World } from './world.ts';

/** What happens to a member. Each kind of member heeds those that mean something to it. */
export type LifeEvent =
  | { readonly type: 'start' }
  | { readonly type: 'timer'; run(): void }
  /** Something came in over a socket or a channel (`web`); `what`: in words, for the trace. */
  | { readonly type: 'heard'; readonly what: string; run(): void }
  /** Its application says something to all others, of about so many bytes (`web`). */
  | { readonly type: 'talk'; readonly bytes: number }
  | { readonly type: 'resumed'; readonly pausedMs: number }
  /** `sentMs`: in true time. */
  | {
      readonly type: 'message';
      readonly from: string;
      readonly sentMs: number;
      readonly message: Json;
      /** It makes no sense, and was made so. */
      readonly isGarbage?: true;
    }
  | { readonly type: 'members'; readonly peers: ReadonlySet<string> }
  | { readonly type: 'departed'; readonly peer: string }
  | { readonly type: 'hint'; readonly peer: string }
  | { readonly type: 'reset'; readonly peer: string }
  | { readonly type: 'visible'; readonly visible: boolean }
  | { readonly type: 'priority'; readonly priority: number }
  | { readonly type: 'publish'; readonly value: Json }
  | { readonly type: 'transfer'; readonly to: string | undefined }
  | { readonly type: 'leave' }
  /** Something that it wrote has become durable. */
  | { readonly type: 'durable'; run(): void }
  /** Its application appends so many values. */
  | { readonly type: 'append'; readonly count: number }
  | { readonly type: 'read' }
  | { readonly type: 'campaign' }
  /** Its application has written down its state, as it was asked to. */
  | { readonly type: 'snapshot'; readonly index: number; readonly data: string };

/** What a seat keeps over all lives of those who take it. */
export interface Seat<Occupant extends Tenant = Tenant> {
  readonly index: number;
  readonly clock: MachineClock;
  priority: number;
  visible: boolean;
  /** So many faults have others say that they would vote for it. */
  flatterers: number;
  /** How much longer its disk takes than usual. */
  diskLateMs: number;
  /** How much longer a word to the keeper of the locks takes than usual, and one from there. */
  toKeeperLateMs: number;
  fromKeeperLateMs: number;
  /** Timers run up to so much later than others'. */
  timersLateMs: number;
  /** Timers run at multiples of this only. 0: at any time. */
  timersEveryMs: number;
  /** When that is over: what waited for the next multiple then runs. */
  timersFreeAtMs: number;
  life: Occupant | null;
  lives: number;
}

const nothing: readonly never[] = [];

/** One life of one member, from when it takes its seat until it leaves or crashes, whatever it is that runs there. */
export abstract class Tenant<Effect extends { readonly type: string } = { readonly type: string }> {
  readonly world: World<Tenant>;
  readonly seat: Seat;
  /** The one it goes by at this moment (`web`: whoever has to join anew does so under another). */
  id: string;
  /** Its place among all lives of the run. */
  readonly index: number;
  /** How it is to be spoken of in a trace. */
  readonly label: string;
  /** `starting`: its discovery has not yet shown it a view. */
  state: 'starting' | 'running' | 'crashed' | 'left' = 'starting';
  #pausedSince: number | null = null;
  /** What came while it was paused or starting. */
  #held: LifeEvent[] = [];
  #isRunning = false;
  #effects: Effect[] | null = null;

  constructor(world: World<Tenant>, seat: Seat, index: number, id: string) {
    this.world = world;
    this.seat = seat;
    this.index = index;
    this.id = id;
    this.label = id.slice(id.indexOf('-') + 1);
  }

  /** Reads it now. */
  abstract isLeader(): boolean;

  protected abstract apply(event: LifeEvent): void;

  /** It ends without a word. */
  protected abstract close(): void;

  /** Its disk is gone, and its id with it. */
  forget(): void {}

  /** It is ready to lead next. */
  isHeir(): boolean {
    return false;
  }

  /** Somebody who is no member takes what it holds alone, and lets it go again. */
  rob(): void {}

  /** Somebody who is no member claims what only one can have. Returns how that ends. */
  meetStranger(): (() => void) | undefined {
    return undefined;
  }

  /** That one tells it what is not so. */
  deceive(_liar: Tenant): void {}

  /** Alive, and its event loop runs. */
  get responsive(): boolean {
    return this.state === 'running' && this.#pausedSince === null;
  }

  get paused(): boolean {
    return this.#pausedSince !== null;
  }

  start(peers: ReadonlySet<string>): void {
    if (this.state !== 'starting') return;
    this.state = 'running';
    this.#run({ type: 'start' });
    this.take({ type: 'members', peers });
    this.#releaseHeld();
  }

  /** Lets `event` happen to this member, now or once it can. */
  take(event: LifeEvent): void {
    if (this.state === 'crashed') return;
    if (this.state === 'starting' || this.#pausedSince !== null) this.#held.push(event);
    else this.#run(event);
  }

  crash(): void {
    this.state = 'crashed';
    this.close();
    this.#held = [];
  }

  pause(sleeps: boolean): void {
    this.#pausedSince ??= this.world.nowMs;
    if (sleeps) this.seat.clock.sleep();
  }

  resume(): void {
    if (this.#pausedSince === null) return;
    const pausedMs = this.world.nowMs - this.#pausedSince;
    this.#pausedSince = null;
    this.seat.clock.wake();
    if (this.state !== 'running') return;
    this.world.observe({ life: this, event: { type: 'resumed', pausedMs }, effects: nothing });
    this.#releaseHeld();
  }

  /** Notes what it does in answer to the event of the moment. */
  protected did(effect: Effect): void {
    if (!this.#isRunning)
      throw new Violation('effects come in answer to events', `${this.label} did "${effect.type}" out of the blue`);
    if (this.#effects === null) this.#effects = [effect];
    else this.#effects.push(effect);
  }

  /** The same of all that a core does in one step. */
  protected didAll(effects: readonly Effect[]): void {
    if (this.#isRunning && effects.length > 0) this.#effects = this.#effects?.concat(effects) ?? effects.slice();
    else for (const effect of effects) this.did(effect);
  }

  /** All that was held, timers first or messages first: browsers do either. */
  #releaseHeld(): void {
    const held = this.#held;
    this.#held = [];
    const timersFirst = unit(mix(this.world.draw(this.index, held.length), 11)) < 0.5;
    for (const wantTimers of [timersFirst, !timersFirst])
      for (const event of held) if ((event.type === 'timer') === wantTimers) this.take(event);
  }

  #run(event: LifeEvent): void {
    this.#isRunning = true;
    try {
      this.apply(event);
    } catch (error) {
      if (error instanceof Violation) throw error;
      throw new Violation('a member never throws', `${this.label} threw at "${event.type}": ${(error as Error).stack}`);
    } finally {
      this.#isRunning = false;
    }
    const effects = this.#effects ?? nothing;
    this.#effects = null;
    this.world.observe({ life: this, event, effects });
  }
}
