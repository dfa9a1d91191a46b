import type { Platform } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { Throttle } from './throttle.ts';

/** A stranger who sends nonsense as fast as the network allows must not flood the listeners of `error` as well. */
const reportEveryMs = 1_000;

/** Counts what was dropped, and tells of it now and then. */
export class BadMessages {
  readonly #throttle: Throttle;
  #count = 0;
  #last = '';

  constructor(platform: Platform, report: (error: ClusterError) => void) {
    this.#throttle = new Throttle(platform, reportEveryMs, () => {
      report(new ClusterError('bad-message', `${this.#last}; it was dropped, ${this.#count} in all so far`));
    });
  }

  get count(): number {
    return this.#count;
  }

  add(from: PeerId | null, reason: string): void {
    this.#count++;
    this.#last = `${from === null ? 'somebody' : `member ${from}`} sent a bad message: ${reason}`;
    this.#throttle.ask();
  }

  close(): void {
    this.#throttle.cancel();
  }
}
