import { votersOf } from '../../../../src/core/quorum/configuration.ts';
import type { Configuration } from '../../../../src/core/quorum/configuration.ts';
import { defaultLimits } from '../../../../src/core/quorum/limits.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import { groupOf } from '../life.ts';
import type { QuorumLife } from '../life.ts';

/** A leader takes nobody out who answers it and has not said goodbye, whatever views say. */
export class Places implements Checker<QuorumLife> {
  readonly promise = 'D1: a view costs nobody its place';
  readonly concern: Concern = { heard: ['heartbeat-reply'], effects: ['configuration'] };
  /** As each member went by it last, and in which epoch; by index of the life. */
  readonly #before: { readonly epoch: number; readonly configuration: Configuration }[] = [];
  /** When each member was answered by each other. */
  readonly #heardMs = new Map<QuorumLife, Map<string, number>>();

  observe({ life, event, effects }: Step<QuorumLife>, world: World<QuorumLife>): void {
    if (groupOf(world).room === undefined) return;
    if (event.type === 'message') this.#hear(life, event.from, world.nowMs);
    for (const effect of effects) {
      if (effect.type !== 'configuration') continue;
      const before = this.#before[life.index];
      this.#before[life.index] = { epoch: life.epoch, configuration: effect.configuration };
      // A joint one may be another leader's doing, and whoever founds an epoch begins with nobody else.
      if (before?.epoch !== life.epoch || before.configuration.halves.length > 1) continue;
      if (life.core.role === 'leader') this.#check(life, before.configuration, world);
    }
  }

  #check(life: QuorumLife, before: Configuration, world: World<QuorumLife>): void {
    const now = new Set(membersOf(life.core.configuration));
    const { missingMs = defaultLimits.missingMs } = groupOf(world).limits;
    for (const id of membersOf(before)) {
      const other = world.lifeOf(id);
      const heardMs = this.#heardMs.get(life)?.get(id) ?? -Infinity;
      // Clocks may run a hundredth too fast.
      const isSilent = world.nowMs - heardMs > 0.98 * missingMs;
      if (now.has(id) || isSilent || other?.state !== 'running' || other.id !== id || other.isWitness) continue;
      throw new Violation(
        this.promise,
        `${life.label} takes ${other.label} out, and heard it ${world.nowMs - heardMs} ms ago`,
      );
    }
  }

  #hear(life: QuorumLife, from: string, nowMs: number): void {
    const heard = this.#heardMs.get(life) ?? new Map<string, number>();
    this.#heardMs.set(life, heard.set(from, nowMs));
  }
}

function membersOf(configuration: Configuration): readonly string[] {
  return [...votersOf(configuration).map(({ id }) => id), ...configuration.learners];
}
