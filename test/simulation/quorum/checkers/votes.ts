import { isQuorum, votersOf } from '../../../../src/core/quorum/configuration.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import type { QuorumLife } from '../life.ts';

/** One vote per term and id, durable before it is given; and nobody leads without a quorum of them. */
export class Votes implements Checker<QuorumLife> {
  readonly promise = 'Q3: one vote per term and id, durable';
  /** By voter, then by term: for whom. */
  readonly #given = new Map<string, Map<number, string>>();
  /** The lease that the last heartbeat asked each member to promise. */
  readonly #asked = new Map<QuorumLife, { readonly term: number; readonly round: number; readonly leaseMs: number }>();
  readonly #terms = new Set<number>();

  observe({ life, event, effects }: Step<QuorumLife>, world: World<QuorumLife>): void {
    if (event.type === 'message') this.#note(life, event.message);
    for (const effect of effects) {
      if (effect.type === 'leader') {
        if (effect.leader?.id === life.id) this.#leads(life, effect.leader.term);
        continue;
      }
      if (effect.type !== 'send') continue;
      const { message, to } = effect;
      if (message.type === 'vote-reply' && message.granted) this.#gives(life, message.term, to, world);
      else if (message.type === 'heartbeat-reply') this.#promises(life, message, world);
    }
  }

  #gives(life: QuorumLife, term: number, to: string, world: World<QuorumLife>): void {
    this.#once(life.id, term, to);
    life.disk.settle(world.nowMs);
    const durable = life.disk.hardState;
    if (durable === null || durable.term < term || (durable.term === term && durable.vote !== to))
      throw new Violation(
        this.promise,
        `${life.label} gives ${to} its vote of term ${term} while ${JSON.stringify(durable)} is durable`,
      );
  }

  #promises(
    life: QuorumLife,
    { term, round }: { readonly term: number; readonly round: number },
    world: World<QuorumLife>,
  ): void {
    const asked = this.#asked.get(life);
    life.disk.settle(world.nowMs);
    const durable = life.disk.hardState;
    const leaseMs = asked?.term === term && asked.round === round ? asked.leaseMs : 0;
    // In a later term that promise is over, or was released: nobody counts on it.
    if (durable === null || durable.term < term || (durable.term === term && durable.promisedMs < leaseMs))
      throw new Violation(
        'Q3: promises are durable',
        `${life.label} promises round ${round} of term ${term}, ${leaseMs} ms, while ${JSON.stringify(durable)} is durable`,
      );
  }

  #leads(life: QuorumLife, term: number): void {
    if (this.#terms.has(term)) return;
    this.#terms.add(term);
    const own = life.disk.hardState;
    if (own?.term === term && own.vote === life.id) this.#once(life.id, term, life.id);
    const { configuration } = life.core;
    const self = votersOf(configuration).find(({ id }) => id === life.id);
    if (self === undefined || self.witness)
      throw new Violation('only voters that are no witness lead', `${life.label} leads in term ${term}`);
    if (!isQuorum(configuration, (id) => this.#given.get(id)?.get(term) === life.id))
      throw new Violation('Q1: a leader has the votes of a quorum', `${life.label} leads in term ${term} without`);
  }

  #once(voter: string, term: number, candidate: string): void {
    let terms = this.#given.get(voter);
    if (terms === undefined) this.#given.set(voter, (terms = new Map()));
    const before = terms.get(term);
    if (before !== undefined && before !== candidate)
      throw new Violation(this.promise, `${voter} votes for ${before} and ${candidate} in term ${term}`);
    terms.set(term, candidate);
  }

  #note(life: QuorumLife, message: unknown): void {
    const beat = message as { readonly type?: unknown; readonly term: number; readonly round: number; leaseMs: number };
    if (beat?.type === 'heartbeat') this.#asked.set(life, beat);
  }
}
