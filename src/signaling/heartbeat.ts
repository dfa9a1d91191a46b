import type { Platform, Undo } from '../platform/platform.ts';

export interface HeartbeatOptions {
  readonly platform: Pick<Platform, 'clock' | 'timers'>;
  readonly heartbeatMs: number;
  readonly ping: () => void;
  /** Nothing was heard for 1.5 times `heartbeatMs`, not even the answer to a ping. */
  readonly onSilent: () => void;
}

/**
 * Keeps one socket alive and notices its death. Pings when nothing was sent, or nothing was heard, for `heartbeatMs`.
 * Only an unanswered ping counts as silence, so a late timer means no more than that this member was asleep.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #sentMs: number;
  #heardMs: number;
  #pingedMs: number | null = null;
  #cancel: Undo = () => undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#sentMs = this.#nowMs();
    this.#heardMs = this.#nowMs();
    this.#arm();
  }

  sent(): void {
    this.#sentMs = this.#nowMs();
  }

  heard(): void {
    this.#heardMs = this.#nowMs();
    this.#pingedMs = null;
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): void {
    const { heartbeatMs, platform } = this.#options;
    const dueMs =
      this.#pingedMs === null ? Math.min(this.#sentMs, this.#heardMs) + heartbeatMs : this.#pingedMs + heartbeatMs / 2;
    this.#cancel = platform.timers.after(Math.max(dueMs - this.#nowMs(), 1), () => this.#tick());
  }

  #tick(): void {
    const { heartbeatMs, ping, onSilent } = this.#options;
    const nowMs = this.#nowMs();
    if (this.#pingedMs !== null && nowMs - this.#pingedMs >= heartbeatMs / 2) return onSilent();
    if (this.#pingedMs === null && Math.min(this.#sentMs, this.#heardMs) + heartbeatMs <= nowMs) {
      this.#pingedMs = nowMs;
      ping();
    }
    this.#arm();
  }

  #nowMs(): number {
    return this.#options.platform.clock.monotonicMs();
  }
}
