import { defaultLimits } from '../../../../src/core/quorum/limits.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import { groupOf } from '../life.ts';
import type { QuorumLife } from '../life.ts';

/** A leader whose timer was late asks for a lease that outlasts it, the next time. */
export class Lateness implements Checker<QuorumLife> {
  readonly promise = 'Q6: a lease is longer where timers come late';
  readonly concern: Concern = { events: ['timer'], effects: ['timer'] };
  readonly #dueMs: number[] = [];

  observe({ life, event, effects }: Step<QuorumLife>, world: World<QuorumLife>): void {
    const lateMs = event.type === 'timer' ? world.nowMs - (this.#dueMs[life.index] ?? Infinity) : 0;
    if (event.type === 'timer') this.#dueMs[life.index] = Infinity;
    const { maxLeaseMs = defaultLimits.maxLeaseMs } = groupOf(world).limits;
    for (const effect of effects) {
      if (effect.type === 'timer') this.#dueMs[life.index] = world.nowMs + effect.delayMs;
      if (effect.type !== 'send' || effect.message.type !== 'heartbeat' || lateMs > 0.9 * maxLeaseMs) continue;
      if (effect.message.leaseMs < Math.min(maxLeaseMs, 2.9 * (lateMs * 0.98 - 1)))
        throw new Violation(
          this.promise,
          `${life.label} was ${lateMs} ms late, and asks for ${effect.message.leaseMs} ms`,
        );
    }
  }
}
