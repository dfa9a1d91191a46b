import type { Configuration } from '../../../../src/core/quorum/configuration.ts';
import { defaultLimits } from '../../../../src/core/quorum/limits.ts';
import { witnessMissingMs } from '../../../../src/core/quorum/pace.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { LifeEvent } from '../../tenant.ts';
import type { World } from '../../world.ts';
import { groupOf } from '../life.ts';
import type { QuorumLife } from '../life.ts';

interface Heard {
  readonly atMs: number;
  readonly leaseMs: number;
}

/**
 * A leader takes nobody out who answers it and has not said goodbye, whatever views say; and no witness loses its vote that
 * answers, however long leases are.
 */
export class Places implements Checker<QuorumLife> {
  readonly promise = 'D1: a view costs nobody its place';
  readonly concern: Concern = {
    events: ['departed', 'members'],
    heard: ['heartbeat-reply'],
    effects: ['configuration'],
  };
  /** As each member went by it last, and in which epoch; by index of the life. */
  readonly #before: { readonly epoch: number; readonly configuration: Configuration }[] = [];
  /** How each member was last answered by each other, about its own leadership. */
  readonly #heard = new Map<QuorumLife, Map<string, Heard>>();
  /** Whose goodbye each member has heard, and did not hear of since: who is back may have to join anew. */
  readonly #departed = new Map<QuorumLife, Set<string>>();

  observe({ life, event, effects }: Step<QuorumLife>, world: World<QuorumLife>): void {
    if (groupOf(world).room === undefined) return;
    if (event.type === 'message') this.#hear(life, event, world.nowMs);
    else if (event.type === 'departed') this.#departedBy(life).add(event.peer);
    else if (event.type === 'members') for (const id of event.peers) this.#departedBy(life).delete(id);
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
    const now = new Set(placesIn(life.core.configuration, world));
    const { missingMs = defaultLimits.missingMs } = groupOf(world).limits;
    for (const id of placesIn(before, world)) {
      const other = world.lifeOf(id);
      const { atMs, leaseMs } = this.#heard.get(life)?.get(id) ?? { atMs: -Infinity, leaseMs: 0 };
      const soonestMs = other?.isWitness === true ? witnessMissingMs(missingMs) : missingMs;
      // Heartbeats were as rare as the lease was then, and are as it is now.
      const patienceMs = Math.max(soonestMs, leaseMs, 2 * Math.min(leaseMs, life.core.leaseMs ?? 0));
      // Clocks may run a hundredth too fast.
      const isSilent = world.nowMs - atMs > 0.98 * patienceMs;
      if (now.has(id) || isSilent || other?.state !== 'running' || this.#departedBy(life).has(id)) continue;
      throw new Violation(
        this.promise,
        `${life.label} takes ${other.label} out, and heard it ${world.nowMs - atMs} ms ago`,
      );
    }
  }

  #departedBy(life: QuorumLife): Set<string> {
    const departed = this.#departed.get(life) ?? new Set<string>();
    this.#departed.set(life, departed);
    return departed;
  }

  #hear(life: QuorumLife, event: Extract<LifeEvent, { type: 'message' }>, nowMs: number): void {
    const { from, message } = event;
    if (event.isGarbage || (message as { readonly term?: unknown }).term !== life.core.leader()?.term) return;
    const heard = this.#heard.get(life) ?? new Map<string, Heard>();
    this.#heard.set(life, heard.set(from, { atMs: nowMs, leaseMs: life.core.leaseMs ?? 0 }));
  }
}

/** Votes, and learners but for witnesses: of a joint configuration, as it is going to be. */
function placesIn({ halves, learners }: Configuration, world: World<QuorumLife>): readonly string[] {
  const isWitness = (id: string): boolean => world.lifeOf(id)?.isWitness === true;
  return [...(halves.at(-1) ?? []).map(({ id }) => id), ...learners.filter((id) => !isWitness(id))];
}
