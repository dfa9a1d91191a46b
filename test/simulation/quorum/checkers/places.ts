import type { Configuration } from '../../../../src/core/quorum/configuration.ts';
import { defaultLimits } from '../../../../src/core/quorum/limits.ts';
import type { AppendReply, HeartbeatReply } from '../../../../src/core/quorum/messages.ts';
import { witnessMissingMs } from '../../../../src/core/quorum/pace.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { LifeEvent } from '../../tenant.ts';
import type { World } from '../../world.ts';
import { groupOf } from '../life.ts';
import type { QuorumLife } from '../life.ts';

const told = 'Q8: who votes is told when the change that made it so is done';

interface Heard {
  readonly atMs: number;
  readonly leaseMs: number;
}

/**
 * A leader takes nobody out who answers it and has not said goodbye, whatever views say; and no witness loses its vote that
 * answers, however long leases are. Nor does it end the change that gives one a vote before that one has answered that it
 * knows, unless it is silent.
 */
export class Places implements Checker<QuorumLife> {
  readonly promise = 'D1: a view costs nobody its place';
  readonly concern: Concern = {
    events: ['departed', 'members'],
    heard: ['heartbeat-reply', 'append-reply'],
    effects: ['configuration'],
  };
  /** As each member went by it last, and in which epoch; by index of the life. */
  readonly #before: { readonly epoch: number; readonly configuration: Configuration }[] = [];
  /** Of each leader, after the last step that was looked at: a change may end, and the lease change, in one. */
  readonly #leaseMs = new Map<QuorumLife, number>();
  /** How each member was last answered by each other, about its own leadership. */
  readonly #heard = new Map<QuorumLife, Map<string, Heard>>();
  /** What each leader was told last by each other, of the logs that are alike. */
  readonly #matched = new Map<QuorumLife, Map<string, AppendReply>>();
  /** Whose goodbye each member has heard, and did not hear of since: who is back may have to join anew. */
  readonly #departed = new Map<QuorumLife, Set<string>>();

  observe(step: Step<QuorumLife>, world: World<QuorumLife>): void {
    if (groupOf(world).room === undefined) return;
    this.#look(step, world);
    this.#leaseMs.set(step.life, step.life.core.leaseMs ?? 0);
  }

  #look({ life, event, effects }: Step<QuorumLife>, world: World<QuorumLife>): void {
    if (event.type === 'message') this.#hear(life, event, world.nowMs);
    else if (event.type === 'departed') this.#departedBy(life).add(event.peer);
    else if (event.type === 'members') for (const id of event.peers) this.#departedBy(life).delete(id);
    for (const effect of effects) {
      if (effect.type !== 'configuration') continue;
      const before = this.#before[life.index];
      this.#before[life.index] = { epoch: life.epoch, configuration: effect.configuration };
      // Whoever founds an epoch begins with nobody else.
      if (before?.epoch !== life.epoch || life.core.role !== 'leader') continue;
      // A joint one may be another leader's doing: nobody can say who took out whom.
      if (before.configuration.halves.length > 1) this.#checkTold(life, before.configuration, world);
      else this.#check(life, before.configuration, world);
    }
  }

  #checkTold(life: QuorumLife, { halves: [before = []] }: Configuration, world: World<QuorumLife>): void {
    const { core } = life;
    let index = core.lastIndex;
    const isJoint = (entry = core.entry(index)): boolean =>
      entry?.type === 'configuration' && entry.configuration.halves.length > 1;
    while (index >= core.firstIndex && !isJoint()) index--;
    for (const { id, witness } of core.configuration.halves.flat()) {
      if (witness || id === life.id || before.some((voter) => voter.id === id)) continue;
      const { term, match } = this.#matched.get(life)?.get(id) ?? { term: 0, match: 0 };
      const knows = term === core.hardState.term && match >= index;
      if (!knows && !this.#isGone(life, id, world))
        throw new Violation(told, `${life.label} ends the change of ${index}, and ${id} has answered up to ${match}`);
    }
  }

  /** Silent for long, or it said so. */
  #isGone(life: QuorumLife, id: string, world: World<QuorumLife>): boolean {
    const other = world.lifeOf(id);
    const { missingMs = defaultLimits.missingMs } = groupOf(world).limits;
    const { atMs, leaseMs } = this.#heard.get(life)?.get(id) ?? { atMs: -Infinity, leaseMs: 0 };
    const soonestMs = other?.isWitness === true ? witnessMissingMs(missingMs) : missingMs;
    // Heartbeats were as rare as the lease was then, and are as it is now.
    const leaseNowMs = Math.min(this.#leaseMs.get(life) ?? 0, life.core.leaseMs ?? 0);
    const patienceMs = Math.max(soonestMs, leaseMs, 2 * Math.min(leaseMs, leaseNowMs));
    // Clocks may run a hundredth too fast.
    if (world.nowMs - atMs > 0.98 * patienceMs) return true;
    return other?.state !== 'running' || this.#departedBy(life).has(id);
  }

  #check(life: QuorumLife, before: Configuration, world: World<QuorumLife>): void {
    const now = new Set(placesIn(life.core.configuration, world));
    for (const id of placesIn(before, world)) {
      if (now.has(id) || this.#isGone(life, id, world)) continue;
      const heardMs = world.nowMs - (this.#heard.get(life)?.get(id)?.atMs ?? 0);
      throw new Violation(this.promise, `${life.label} takes ${id} out, and heard it ${heardMs} ms ago`);
    }
  }

  #departedBy(life: QuorumLife): Set<string> {
    const departed = this.#departed.get(life) ?? new Set<string>();
    this.#departed.set(life, departed);
    return departed;
  }

  #hear(life: QuorumLife, event: Extract<LifeEvent, { type: 'message' }>, nowMs: number): void {
    const { from } = event;
    if (event.isGarbage) return;
    const message = event.message as unknown as HeartbeatReply | AppendReply;
    if (message.type === 'append-reply') return this.#noteMatch(life, from, message);
    if (message.term !== life.core.leader()?.term) return;
    const heard = this.#heard.get(life) ?? new Map<string, Heard>();
    this.#heard.set(life, heard.set(from, { atMs: nowMs, leaseMs: life.core.leaseMs ?? 0 }));
  }

  #noteMatch(life: QuorumLife, from: string, said: AppendReply): void {
    const matched = this.#matched.get(life) ?? new Map<string, AppendReply>();
    this.#matched.set(life, matched);
    const before = matched.get(from);
    const isOld = before?.term === said.term ? before.match > said.match : (before?.term ?? 0) > said.term;
    if (!isOld) matched.set(from, said);
  }
}

/** Votes, and learners but for witnesses: of a joint configuration, as it is going to be. */
function placesIn({ halves, learners }: Configuration, world: World<QuorumLife>): readonly string[] {
  const isWitness = (id: string): boolean => world.lifeOf(id)?.isWitness === true;
  return [...(halves.at(-1) ?? []).map(({ id }) => id), ...learners.filter((id) => !isWitness(id))];
}
