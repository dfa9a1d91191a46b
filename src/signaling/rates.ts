import { TokenBucket } from '../core/token-bucket.ts';
import type { Clock } from '../platform/platform.ts';
import type { Account, Charge } from './account.ts';

/** Below what the server allows, so that its clock may run a little differently. */
const share = 0.9;
/** So far ahead of the rates it may run at once, in milliseconds: what the server allows is 2 s. */
const burstMs = 1500;

/** What may still be sent over one connection: the server counts frames and bytes. */
export class Rates {
  readonly account: Readonly<Account>;
  readonly #clock: Clock;
  readonly #frames: TokenBucket;
  readonly #bytes: TokenBucket;

  /** Made as soon as the connection stands, and told of each charge: whatever comes late counts as if it had been now. */
  constructor(account: Readonly<Account>, clock: Clock) {
    const { messagesPerSecond, bytesPerSecond } = account.limits;
    this.account = account;
    this.#clock = clock;
    this.#frames = bucketOf(messagesPerSecond);
    this.#bytes = bucketOf(bytesPerSecond);
    this.charge(account.charged);
  }

  charge({ frames, bytes }: Charge): void {
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
    const nowMs = this.#clock.monotonicMs();
    const framesMs = this.#frames.readyAt(1 + sentIn(reserveMs, this.account.limits.messagesPerSecond));
    return Math.max(framesMs, this.#bytesAt(bytes, reserveMs)) - nowMs;
  }

  /** True if a frame may hold so many bytes and leave to others what the rates allow in `reserveMs`. */
  hasBytes(bytes: number, reserveMs: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    return this.#bytesAt(bytes, reserveMs) <= nowMs;
  }

  #bytesAt(bytes: number, reserveMs: number): number {
    return this.#bytes.readyAt(bytes + sentIn(reserveMs, this.account.limits.bytesPerSecond));
  }
}

/** What may be sent in that time, at a rate of the server's. */
function sentIn(ms: number, perSecond: number): number {
  return (share * perSecond * ms) / 1000;
}

/** For a rate of the server's. */
function bucketOf(perSecond: number): TokenBucket {
  return new TokenBucket(share * perSecond, sentIn(burstMs, perSecond));
}
