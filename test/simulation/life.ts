import type { Election, ElectionEvents, Elector, Leadership } from '../../src/electors/elector.ts';
import type { Platform, Undo } from '../../src/platform/platform.ts';
import type { Json } from '../../src/protocol/json.ts';
import { Violation } from './checker.ts';
import type { MachineClock } from './machine-clock.ts';
import type { Happening } from './queue.ts';
import { mix, unit } from './random.ts';
import type { World } from './world.ts';

/** What happens to a member. */
export type LifeEvent =
  | { readonly type: 'start' }
  | { readonly type: 'timer'; run(): void }
  | { readonly type: 'resumed'; readonly pausedMs: number }
  /** `sentMs`: in true time. */
  | { readonly type: 'message'; readonly from: string; readonly sentMs: number; readonly message: Json }
  | { readonly type: 'members'; readonly peers: ReadonlySet<string> }
  | { readonly type: 'departed'; readonly peer: string }
  | { readonly type: 'hint'; readonly peer: string }
  | { readonly type: 'reset'; readonly peer: string }
  | { readonly type: 'visible'; readonly visible: boolean }
  | { readonly type: 'priority'; readonly priority: number }
  | { readonly type: 'publish'; readonly value: Json }
  | { readonly type: 'transfer'; readonly to: string | undefined }
  | { readonly type: 'leave' };

type Arguments<Name extends keyof ElectionEvents> = Parameters<ElectionEvents[Name]>;

/** What a member does: the calls of `ElectionEvents`, and the timers that it sets. */
export type Effect =
  | { readonly type: 'send'; readonly to: string; readonly message: Json }
  | { readonly type: 'leader'; readonly leader: Leadership | null }
  | { readonly type: 'reachable'; readonly peers: ReadonlySet<string> }
  | { readonly type: 'paths'; readonly peers: ReadonlySet<string> }
  | { readonly type: 'published'; readonly value: Json | undefined }
  | {
      readonly type: 'conflict';
      readonly winner: Arguments<'onConflict'>[0];
      readonly loser: Arguments<'onConflict'>[1];
    }
  | { readonly type: 'bad-message'; readonly from: string; readonly reason: string }
  | { readonly type: 'timer'; readonly delayMs: number };

/** What a seat keeps over all lives of those who take it. */
export interface Seat {
  readonly index: number;
  readonly clock: MachineClock;
  priority: number;
  visible: boolean;
  /** Timers run at multiples of this only. 0: at any time. */
  timersEveryMs: number;
  /** When that is over: what waited for the next multiple then runs. */
  timersFreeAtMs: number;
  life: Life | null;
  lives: number;
}

const nothing: readonly Effect[] = [];

/** One life of one member: the real elector, core and driver, on this seat's clocks. */
export class Life {
  readonly world: World;
  readonly seat: Seat;
  readonly id: string;
  /** Its place among all lives of the run. */
  readonly index: number;
  /** `starting`: its discovery has not yet shown it a view. */
  state: 'starting' | 'running' | 'crashed' | 'left' = 'starting';
  election: Election | null = null;
  /** As it last said. */
  reachable: ReadonlySet<string> = new Set();
  readonly #elector: Elector;
  #pausedSince: number | null = null;
  /** What came while it was paused or starting. */
  #held: LifeEvent[] = [];
  #effects: Effect[] | null = null;
  #timers = 0;

  constructor(world: World, seat: Seat, index: number, elector: Elector) {
    this.world = world;
    this.seat = seat;
    this.index = index;
    this.#elector = elector;
    const tag = mix(world.draw(seat.index, seat.lives), 7).toString(36);
    this.id = `${tag}-s${seat.index}.${seat.lives}`;
  }

  /** Alive, and its event loop runs. */
  get responsive(): boolean {
    return this.state === 'running' && this.#pausedSince === null;
  }

  get paused(): boolean {
    return this.#pausedSince !== null;
  }

  /** How the others are to be spoken of in a trace. */
  get label(): string {
    return this.id.slice(this.id.indexOf('-') + 1);
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
    this.election?.close();
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

  /** All that was held, timers first or messages first: browsers do either. */
  #releaseHeld(): void {
    const held = this.#held;
    this.#held = [];
    const timersFirst = unit(mix(this.world.draw(this.index, held.length), 11)) < 0.5;
    for (const wantTimers of [timersFirst, !timersFirst])
      for (const event of held) if ((event.type === 'timer') === wantTimers) this.take(event);
  }

  #run(event: LifeEvent): void {
    const effects: Effect[] = [];
    this.#effects = effects;
    try {
      this.#apply(event);
    } catch (error) {
      if (error instanceof Violation) throw error;
      throw new Violation('a member never throws', `${this.label} threw at "${event.type}": ${(error as Error).stack}`);
    } finally {
      this.#effects = null;
    }
    this.world.observe({ life: this, event, effects });
  }

  #apply(event: LifeEvent): void {
    if (event.type === 'start') {
      this.election = this.#begin();
      return;
    }
    if (event.type === 'timer') return event.run();
    const election = this.election;
    if (election === null || this.state === 'left') return;
    switch (event.type) {
      case 'message':
        return election.message(event.from, event.message);
      case 'members':
        return election.setMembers(event.peers);
      case 'departed':
        return election.departed(event.peer);
      case 'hint':
        return election.hint(event.peer);
      case 'reset':
        return election.sessionReset(event.peer);
      case 'visible':
        return election.setVisible(event.visible);
      case 'priority':
        return election.setPriority(event.priority);
      case 'publish':
        return election.publish(event.value);
      case 'transfer':
        return void election.transfer(event.to);
      case 'leave':
        election.leave();
        this.state = 'left';
    }
  }

  #begin(): Election {
    const { seat, world } = this;
    return this.#elector.start({
      self: this.id,
      platform: this.#platform(),
      priority: seat.priority,
      minMembers: world.schedule.minMembers,
      events: {
        send: (to, message) => {
          this.#did({ type: 'send', to, message });
          world.network.send(this, to, message);
        },
        wantPaths: (peers) => this.#did({ type: 'paths', peers }),
        onLeader: (leader) => this.#did({ type: 'leader', leader }),
        onReachable: (peers) => {
          this.reachable = peers;
          this.#did({ type: 'reachable', peers });
        },
        onPublished: (value) => this.#did({ type: 'published', value }),
        onConflict: (winner, loser) => this.#did({ type: 'conflict', winner, loser }),
        onBadMessage: (from, reason) => this.#did({ type: 'bad-message', from, reason }),
      },
    });
  }

  #did(effect: Effect): void {
    if (this.#effects === null)
      throw new Violation('effects come in answer to events', `${this.label} did "${effect.type}" out of the blue`);
    this.#effects.push(effect);
  }

  #platform(): Platform {
    const never: Undo = () => {};
    let drawn = 0;
    return {
      name: 'simulation',
      clock: this.seat.clock,
      timers: { after: (delayMs, run) => this.#setTimer(delayMs, run) },
      lifecycle: {
        visible: () => this.seat.visible,
        onVisibility: () => never,
        onHide: () => never,
        onShow: () => never,
      },
      hasWebRtc: false,
      randomBytes: (length) => Uint8Array.from({ length }, () => mix(this.world.draw(this.index, 3), ++drawn) & 255),
      host: () => `host-${this.seat.index}`,
      onExitSignal: () => never,
    };
  }

  #setTimer(delayMs: number, run: () => void): Undo {
    this.#effects?.push({ type: 'timer', delayMs });
    const timer = new Timer(this, delayMs, run, ++this.#timers);
    return () => {
      timer.cancelled = true;
    };
  }
}

/** Timers are later by this, so that rounding never makes one early. */
const roundingMs = 1e-6;

/** A timer of a member: never early by the member's own clock, and late as its runtime is. */
class Timer implements Happening {
  readonly type = 'timer';
  cancelled = false;
  order = 0;
  atMs = 0;
  readonly #life: Life;
  readonly #dueMs: number;
  readonly #number: number;
  readonly #run: () => void;

  constructor(life: Life, delayMs: number, run: () => void, number: number) {
    this.#life = life;
    this.#number = number;
    this.#dueMs = life.seat.clock.monotonicMs() + Math.max(delayMs, 0);
    this.#run = run;
    this.#queue();
  }

  happen(): void {
    if (!this.cancelled) this.#life.take(this);
  }

  /** As an event of its member. */
  run(): void {
    if (this.cancelled) return;
    // Its clock stopped in sleep: it is not due yet.
    if (this.#life.seat.clock.monotonicMs() < this.#dueMs) this.#queue();
    else this.#run();
  }

  #queue(): void {
    const { world, seat } = this.#life;
    const leftMs = seat.clock.trueDurationMs(this.#dueMs - seat.clock.monotonicMs());
    const lateMs = world.lateness(this.#life.index, this.#number);
    const atMs = world.nowMs + Math.max(leftMs, 0) + lateMs + roundingMs;
    this.atMs = Math.max(atMs, Math.min(throttledMs(atMs, seat), seat.timersFreeAtMs));
    world.queue.push(this);
  }
}

/** The first instant from `atMs` on at which timers of that seat run. */
function throttledMs(atMs: number, { timersEveryMs }: Seat): number {
  return timersEveryMs === 0 ? atMs : Math.ceil(atMs / timersEveryMs) * timersEveryMs;
}
