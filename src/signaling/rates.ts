import { TokenBucket } from '../core/token-bucket.ts';
import type { Clock } from '../platform/platform.ts';
import type { ClientLimits } from '../protocol/limits.ts';

/** Below what the server allows, so that its clock may run a little differently. */
const share = 0.9;
/** So far ahead of the rates it may run at once, in milliseconds: what the server allows is 2 s. */
const burstMs = 1500;

/** What may still be sent over one connection: the server counts frames and bytes. */
export class Rates {
  readonly limits: ClientLimits;
  readonly #clock: Clock;
  readonly #frames: TokenBucket;
  readonly #bytes: TokenBucket;

  constructor(limits: ClientLimits, clock: Clock) {
    this.limits = limits;
    this.#clock = clock;
    this.#frames = bucketOf(limits.messagesPerSecond);
    this.#bytes = bucketOf(limits.bytesPerSecond);
  }

  /** Counts what was sent, or will be charged for. */
  charge(frames: number, bytes: number): void {
    const nowMs = this.#clock.monotonicMs();
    this.#frames.charge(frames, nowMs);
    this.#bytes.charge(bytes, nowMs);
  }

  /** The server dropped something: it counts otherwise than we do. */
  slowDown(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const bucket of [this.#frames, this.#bytes]) bucket.charge(Math.max(0, bucket.level(nowMs)), nowMs);
  }

  /** Until a frame of so many bytes may be sent that leaves to others what the rates allow in `reserveMs`. */
  msUntilFree(bytes: number, reserveMs: number): number {
    const { messagesPerSecond, bytesPerSecond } = this.limits;
    const reserveS = (share * reserveMs) / 1000;
    const framesMs = this.#frames.readyAt(1 + messagesPerSecond * reserveS);
    return Math.max(framesMs, this.#bytes.readyAt(bytes + bytesPerSecond * reserveS)) - this.#clock.monotonicMs();
  }
}

/** For a rate of the server's. */
function bucketOf(perSecond: number): TokenBucket {
  return new TokenBucket(share * perSecond, (share * perSecond * burstMs) / 1000);
}
