import { foundedBy } from '../../../src/core/quorum/configuration.ts';
import type { RaftEffect, RaftEvent } from '../../../src/core/quorum/events.ts';
import { Raft } from '../../../src/core/quorum/raft.ts';
import type { Timed } from '../../../src/core/step.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

type OnAppended = (effect: Extract<RaftEffect, { readonly type: 'appended' }>) => void;

interface Mail {
  readonly to: Seat;
  readonly event: RaftEvent;
}

/** One core of the group, and what stands around it. */
interface Seat {
  readonly id: string;
  readonly core: Raft;
  wakeAt: number;
}

/**
 * Cores that talk to each other in one process and nothing else: messages arrive in order and at once, writes are durable
 * at once, and what the application keeps is a word.
 */
export class Group {
  /** So many events were stepped. */
  steps = 0;
  readonly seats: readonly Seat[];
  readonly #nowMs: () => number;
  readonly #onAppended: OnAppended;
  readonly #mail: Mail[] = [];
  #read = 0;

  constructor(size: number, nowMs: () => number, onAppended: OnAppended = () => {}) {
    const ids = Array.from({ length: size }, (_, at) => `member-${at}`);
    const founding = foundedBy(ids);
    this.seats = ids.map((id, at) => ({ id, core: new Raft({ id, seed: at, founding }), wakeAt: 0 }));
    this.#nowMs = nowMs;
    this.#onAppended = onAppended;
  }

  get leader(): Seat | undefined {
    const ms = this.#nowMs();
    return this.seats.find(({ core }) => core.isLeader({ fast: ms, slow: ms }));
  }

  /** The moment for which the next timer is armed. */
  get wakesAt(): number {
    return Math.min(...this.seats.map(({ wakeAt }) => wakeAt));
  }

  post(to: Seat, event: RaftEvent): void {
    this.#mail.push({ to, event });
  }

  /** Until there is nothing more to be said, or `isEnough`. */
  settle(isEnough: () => boolean = () => false): void {
    while (this.#read < this.#mail.length && !isEnough()) {
      const { to, event } = this.#mail[this.#read++] as Mail;
      this.#step(to, event);
      if (this.#read < 1024) continue;
      this.#mail.splice(0, this.#read);
      this.#read = 0;
    }
  }

  /** Wakes those whose time has come. */
  tick(): void {
    const ms = this.#nowMs();
    for (const seat of this.seats) {
      if (seat.wakeAt > ms) continue;
      seat.wakeAt = Infinity;
      this.post(seat, { type: 'tick' });
    }
  }

  #step(seat: Seat, event: RaftEvent): void {
    this.steps++;
    const ms = this.#nowMs();
    const timed = event as Mutable<Timed<RaftEvent>>; // made for this step, as the driver's events are
    timed.at = { fast: ms, slow: ms };
    for (const effect of seat.core.step(timed)) this.#carryOut(seat, effect);
  }

  #carryOut(seat: Seat, effect: RaftEffect): void {
    switch (effect.type) {
      case 'send': {
        const to = this.seats.find(({ id }) => id === effect.to) as Seat;
        return this.post(to, { type: 'message', from: seat.id, message: effect.message });
      }
      case 'persist':
        return this.post(seat, { type: 'persisted', upTo: effect.number });
      case 'wake':
        seat.wakeAt = effect.at;
        return;
      case 'appended':
        return this.#onAppended(effect);
      case 'snapshot-wanted':
        return this.post(seat, { type: 'snapshot', index: effect.index, data: 'state' });
      case 'append-failed':
      case 'bad-message':
        throw new Error(`${seat.id}: ${JSON.stringify(effect)}`);
      default:
    }
  }
}

/** A group that has elected, on a clock that jumps from one timer to the next until it has. */
export function electedGroup(size: number, clock: { nowMs: number }, onAppended?: OnAppended): Group {
  const group = new Group(size, () => clock.nowMs, onAppended);
  while (group.leader === undefined) {
    clock.nowMs = Math.max(clock.nowMs, group.wakesAt);
    group.tick();
    group.settle();
  }
  return group;
}
