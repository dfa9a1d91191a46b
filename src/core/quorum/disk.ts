import type { RaftEffect } from './events.ts';
import type { Log } from './log.ts';
import type { Message } from './messages.ts';
import { longestWriteMs, smoothed } from './pace.ts';
import type { HardState, Snapshot } from './state.ts';

/** A message that must not be said before that write is durable. */
interface Held {
  readonly after: number;
  readonly to: string;
  readonly message: Message;
}

/** More is waiting only if the disk has stopped; then the oldest are dropped, as a network might. */
const maxHeld = 4096;

/**
 * What is on its way to the disk, and what has to wait for it. All that others ever hear of this member is what it would
 * say again after a crash: a message that rests on a write leaves when that is durable. Only a leader's entries may
 * overtake its own write, for it counts itself among those who have them when that is done (Ongaro §10.2.1).
 */
export class Disk {
  #hardState: HardState;
  #snapshot: Snapshot | null;
  #isHardStateNew = false;
  #isSnapshotNew = false;
  #isTermNew = false;
  #number = 0;
  #durable = 0;
  /** The last writes that carried them. */
  #hardStateIn = 0;
  #logIn = 0;
  #snapshotIn = 0;
  /** The first write that carried this term. */
  #termIn = 0;
  /** Said in this step. */
  #onHardState: { readonly to: string; readonly message: Message }[] = [];
  #onLog: { readonly to: string; readonly message: Message }[] = [];
  #held: Held[] = [];
  /** The write that is timed at present, and since when. */
  #timed: { readonly number: number; readonly since: number } | null = null;
  #writeMs = 0;

  constructor(hardState: HardState, snapshot: Snapshot | null) {
    this.#hardState = hardState;
    this.#snapshot = snapshot;
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  set hardState(hardState: HardState) {
    if (hardState.term !== this.#hardState.term) this.#isTermNew = true;
    this.#hardState = hardState;
    this.#isHardStateNew = true;
  }

  get snapshot(): Snapshot | null {
    return this.#snapshot;
  }

  set snapshot(snapshot: Snapshot) {
    this.#snapshot = snapshot;
    this.#isSnapshotNew = true;
  }

  /** How long it takes, as of late, until what is written is durable, but for snapshots and what waits for one. */
  get writeMs(): number {
    return this.#writeMs;
  }

  /** Says it when term, vote and promise are durable as they are now. */
  sayOnHardState(to: string, message: Message): void {
    this.#onHardState.push({ to, message });
  }

  /** Says it when the log is durable as it is now. */
  sayOnLog(to: string, message: Message): void {
    this.#onLog.push({ to, message });
  }

  /** At the end of a step: one write of all that changed, and what may be said already. */
  flush(log: Log, effects: RaftEffect[], fast: number): void {
    if (this.#isHardStateNew || this.#isSnapshotNew || !log.isWritten) this.#write(log, effects, fast);
    if (this.#onHardState.length > 0) this.#onHardState = this.#release(this.#onHardState, this.#hardStateIn, effects);
    if (this.#onLog.length > 0) this.#onLog = this.#release(this.#onLog, this.#logIn, effects);
  }

  #write(log: Log, effects: RaftEffect[], fast: number): void {
    const number = ++this.#number;
    if (this.#isSnapshotNew) this.#snapshotIn = number;
    if (this.#snapshotIn <= this.#durable) this.#timed ??= { number, since: fast };
    if (this.#isHardStateNew) this.#hardStateIn = number;
    if (this.#isTermNew) this.#termIn = number;
    if (this.#isSnapshotNew || !log.isWritten) this.#logIn = number;
    const hardState = this.#isHardStateNew ? this.#hardState : null;
    const snapshot = this.#isSnapshotNew ? this.#snapshot : null;
    effects.push({ type: 'persist', number, state: { hardState, snapshot, log: log.takeUnwritten(number) } });
    this.#isHardStateNew = false;
    this.#isSnapshotNew = false;
    this.#isTermNew = false;
  }

  #release(said: readonly Omit<Held, 'after'>[], after: number, effects: RaftEffect[]): [] {
    for (const { to, message } of said) {
      if (after <= this.#durable) effects.push({ type: 'send', to, message });
      else this.#held.push({ after, to, message });
    }
    if (this.#held.length > maxHeld) this.#held.splice(0, this.#held.length - maxHeld);
    return [];
  }

  /** After a crash this member would know of this term. */
  get isTermDurable(): boolean {
    return !this.#isTermNew && this.#termIn <= this.#durable;
  }

  /** All that was written is durable. */
  get isSettled(): boolean {
    return this.#durable === this.#number;
  }

  /** Durable up to and with this write: what waited for it can be said. */
  persisted(number: number, fast: number): readonly Omit<Held, 'after'>[] {
    this.#durable = Math.max(this.#durable, Math.min(number, this.#number));
    if (this.#timed !== null && this.#durable >= this.#timed.number) {
      this.#writeMs = smoothed(this.#writeMs, Math.min(fast - this.#timed.since, longestWriteMs));
      this.#timed = null;
    }
    if (this.#held.length === 0) return [];
    const free = this.#held.filter(({ after }) => after <= this.#durable);
    if (free.length > 0) this.#held = this.#held.filter(({ after }) => after > this.#durable);
    return free;
  }
}
