import type { Clock } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';

/** A stranger who sends nonsense as fast as the network allows must not flood the listeners of `error` as well. */
const quietMs = 1_000;

/** Counts what was dropped, and tells of it now and then. */
export class BadMessages {
  readonly #clock: Clock;
  readonly #report: (error: ClusterError) => void;
  /** Of the right form, but of an epoch that this member is not in: no error, while a room goes on from one to the next. */
  otherEpoch = 0;
  #count = 0;
  #toldMs = -Infinity;

  constructor(clock: Clock, report: (error: ClusterError) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  get count(): number {
    return this.#count;
  }

  /** What went wrong: something bad is counted, words of another version too, and all else told. */
  report(from: PeerId | null, error: ClusterError): void {
    if (error.code === 'bad-message') return this.add(from, error.message);
    if (error.code === 'protocol') this.#count++;
    this.#report(error);
  }

  add(from: PeerId | null, reason: string, code = 'malformed'): void {
    this.#count++;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#toldMs < quietMs) return;
    this.#toldMs = nowMs;
    const who = from === null ? 'somebody' : `member ${from}`;
    const message = `${who} sent a bad message (${code}): ${reason}; it was dropped, ${this.#count} in all so far`;
    this.#report(new ClusterError('bad-message', message));
  }
}
