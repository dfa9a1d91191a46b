import { isQuorum } from '../../../../src/core/quorum/configuration.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import type { QuorumLife } from '../life.ts';

/** A leader keeps no older rounds in mind. */
const remembered = 64;

/** What one leader was asked, and what proves that it led since. */
interface Proof {
  /** The rounds of a later core begin anew. */
  readonly epoch: number;
  /** By who asked and the number of the question: when that was heard first. */
  readonly askedMs: Map<string, number>;
  /** By round: when it was sent. */
  readonly sentMs: Map<number, number>;
  /** By follower: when the latest round that it answered was sent. */
  readonly answeredMs: Map<string, number>;
}

interface Heard {
  readonly type?: unknown;
  readonly number: number;
  readonly round: number;
}

/** Without a lease, a leader answers no question about what is current before a quorum has confirmed that it leads. */
export class Proofs implements Checker<QuorumLife> {
  readonly promise = 'Q5: who answers a read can prove that it leads';
  readonly concern: Concern = {
    heard: ['read-index', 'heartbeat-reply'],
    said: ['heartbeat', 'read-index-reply'],
  };
  /** By index of the life. */
  readonly #proofs: Proof[] = [];

  observe({ life, event, effects }: Step<QuorumLife>, world: World<QuorumLife>): void {
    if (life.state !== 'running' || life.core.role !== 'leader') return;
    if (event.type === 'message') this.#hear(life, event.from, event.message as unknown as Heard, world.nowMs);
    for (const effect of effects) {
      if (effect.type !== 'send') continue;
      const { to, message } = effect;
      if (message.type === 'heartbeat') this.#sends(life, message.round, world.nowMs);
      else if (message.type === 'read-index-reply' && !life.leads) this.#check(life, `${message.number} ${to}`);
    }
  }

  #hear(life: QuorumLife, from: string, message: Heard, nowMs: number): void {
    if (message?.type === 'read-index') {
      const { askedMs } = this.#proofOf(life);
      const question = `${message.number} ${from}`;
      if (!askedMs.has(question)) askedMs.set(question, nowMs);
    } else if (message?.type === 'heartbeat-reply') {
      const { sentMs, answeredMs } = this.#proofOf(life);
      answeredMs.set(from, Math.max(answeredMs.get(from) ?? 0, sentMs.get(message.round) ?? 0));
    }
  }

  #sends(life: QuorumLife, round: number, nowMs: number): void {
    const { sentMs } = this.#proofOf(life);
    if (sentMs.has(round)) return;
    sentMs.set(round, nowMs);
    sentMs.delete(round - remembered);
  }

  #check(life: QuorumLife, question: string): void {
    const { askedMs, answeredMs } = this.#proofOf(life);
    const sinceMs = askedMs.get(question) ?? Infinity;
    if (!isQuorum(life.core.configuration, (id) => id === life.id || (answeredMs.get(id) ?? 0) >= sinceMs))
      throw new Violation(
        this.promise,
        `${life.label} answers question ${question} without a lease, nor a round since`,
      );
  }

  #proofOf(life: QuorumLife): Proof {
    const known = this.#proofs[life.index];
    if (known?.epoch === life.epoch) return known;
    return (this.#proofs[life.index] = {
      ...{ epoch: life.epoch, askedMs: new Map(), sentMs: new Map(), answeredMs: new Map() },
    });
  }
}
