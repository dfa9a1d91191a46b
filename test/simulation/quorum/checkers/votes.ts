import type { Leadership } from '../../../../src/core/leadership.ts';
import { isQuorum, votersOf } from '../../../../src/core/quorum/configuration.ts';
import type { Vote } from '../../../../src/core/quorum/messages.ts';
import type { HardState } from '../../../../src/core/quorum/state.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { LifeEvent } from '../../tenant.ts';
import type { World } from '../../world.ts';
import type { QuorumLife } from '../life.ts';
import { lastTermOf } from '../truth.ts';

/** One vote per term and id, durable before it is given, and not by who leads; and nobody leads without a quorum of them. */
export class Votes implements Checker<QuorumLife> {
  readonly promise = 'Q3: one vote per term and id, durable';
  readonly concern: Concern = {
    heard: ['heartbeat'],
    effects: ['leader', 'persist'],
    said: ['pre-vote', 'vote', 'vote-reply', 'heartbeat-reply'],
  };
  /** By voter, then by term: for whom. */
  readonly #given = new Map<string, Map<number, string>>();
  /** The lease that the last heartbeat asked each member to promise, by index of the life. */
  readonly #asked: { readonly term: number; readonly round: number; readonly leaseMs: number }[] = [];
  readonly #terms = new Set<number>();
  /** What each member last wrote, by index of the life. */
  readonly #written: HardState[] = [];

  observe({ life, event, effects }: Step<QuorumLife>, world: World<QuorumLife>): void {
    if (event.type === 'message') this.#note(life, event.message);
    for (const effect of effects) {
      if (effect.type === 'leader') {
        if (effect.leader !== null) this.#isKnownForGood(life, effect.leader, world);
        if (effect.leader?.id === life.id) this.#leads(life, effect.leader.term);
        continue;
      }
      if (effect.type === 'persist' && effect.state.hardState !== null)
        this.#writes(life, effect.state.hardState, event);
      if (effect.type !== 'send') continue;
      const { message, to } = effect;
      if (message.type === 'pre-vote') this.#campaigns(life);
      else if (message.type === 'vote') this.#asks(life, message.term, world);
      else if (message.type === 'vote-reply' && message.granted) {
        this.#leadsNot(life, to);
        this.#gives(life, message.term, to, world);
      } else if (message.type === 'heartbeat-reply') this.#promises(life, message, world);
    }
  }

  /** Or it might be told of an earlier one after a crash. */
  #isKnownForGood(life: QuorumLife, { id, term }: Leadership, world: World<QuorumLife>): void {
    life.disk.settle(world.nowMs);
    if ((life.disk.hardState?.term ?? 0) < term)
      throw new Violation(
        'Q10: who leads is told when the term is durable',
        `${life.label} is told of ${id} in term ${term} while ${JSON.stringify(life.disk.hardState)} is durable`,
      );
  }

  #leadsNot(life: QuorumLife, to: string): void {
    if (life.leads)
      throw new Violation('Q2: who leads votes for nobody else', `${life.label} leads, and votes for ${to}`);
  }

  #campaigns(life: QuorumLife): void {
    const self = votersOf(life.core.configuration).find(({ id }) => id === life.id);
    if (self === undefined || self.witness)
      throw new Violation('Q8: only voters that are no witness campaign', `${life.label} asks for votes`);
  }

  /** Whoever asks for votes has voted for itself, as is durable by then. */
  #asks(life: QuorumLife, term: number, world: World<QuorumLife>): void {
    life.disk.settle(world.nowMs);
    const durable = life.disk.hardState;
    if (durable === null || durable.term < term || (durable.term === term && durable.vote !== life.id))
      throw new Violation(
        this.promise,
        `${life.label} asks for votes of term ${term} while ${JSON.stringify(durable)} is durable`,
      );
  }

  /** A vote is decided when it is written: log and configuration are then what they were when it was asked for. */
  #writes(life: QuorumLife, hardState: HardState, event: LifeEvent): void {
    const before = this.#written[life.index];
    this.#written[life.index] = hardState;
    const { term, vote } = hardState;
    if (vote === null || (before?.term === term && before.vote === vote)) return;
    if (vote === life.id) return life.core.role === 'follower' ? undefined : this.#campaigns(life); // or had it from before
    const { lastTerm, lastIndex } = (event as { readonly message?: unknown }).message as Vote;
    const ownTerm = lastTermOf(life);
    if (lastTerm < ownTerm || (lastTerm === ownTerm && lastIndex < life.core.lastIndex))
      throw new Violation(
        'Q4: votes go to logs that are not behind',
        `${life.label} (${life.core.lastIndex} of term ${ownTerm}) votes for ${vote} (${lastIndex} of term ${lastTerm})`,
      );
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
    const asked = this.#asked[life.index];
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
    if (beat?.type === 'heartbeat') this.#asked[life.index] = beat;
  }
}
