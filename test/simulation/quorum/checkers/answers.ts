import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import type { Asked, Ledger } from '../ledger.ts';
import type { QuorumLife } from '../life.ts';

const answered = 'Q5: each append is answered once, and truly';
const linearizable = 'appends and reads are linearizable';

/**
 * What applications are told of their appends and reads. The log is a total order, so a history is linearizable if
 * nothing that was called after another had returned comes before it: no search is needed (cf. Wing and Gong, "Testing
 * and Verifying Concurrent Objects"). Runs after `Committed`.
 */
export class Answers implements Checker<QuorumLife> {
  readonly promise = answered;
  readonly concern: Concern = { effects: ['appended', 'append-failed', 'read'] };
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  observe({ life, effects }: Step<QuorumLife>, world: World<QuorumLife>): void {
    for (const effect of effects) {
      if (effect.type === 'appended') this.#appended(life, effect.ticket, effect.index, world.nowMs);
      else if (effect.type === 'append-failed') this.#failed(life, effect.ticket, effect.reason, world.nowMs);
      else if (effect.type === 'read') this.#read(life, effect.ticket, world.nowMs);
    }
  }

  #appended(life: QuorumLife, ticket: number, index: number | null, nowMs: number): void {
    const asked = this.#answer(life, ticket, { index }, nowMs);
    const at = this.#ledger.indexOf(asked, life);
    if (at === null)
      throw new Violation(
        answered,
        `${life.label} was told that ${asked.input} is appended, and nobody has applied it`,
      );
    if (index !== null && index !== at)
      throw new Violation(answered, `${asked.input} took effect at ${at}, and ${life.label} was told ${index}`);
    if (at > this.#ledger.appliedBy(life))
      throw new Violation(answered, `${life.label} was told that ${asked.input} is appended before it was told of it`);
    this.#ledger.returned(life, at);
  }

  #failed(life: QuorumLife, ticket: number, reason: 'not-committed' | 'unknown', nowMs: number): void {
    const asked = this.#answer(life, ticket, reason, nowMs);
    const at = this.#ledger.indexOf(asked, life);
    if (reason === 'not-committed' && at !== null)
      throw new Violation(answered, `${asked.input} took effect at ${at}, and ${life.label} was told it did not`);
  }

  #read(life: QuorumLife, ticket: number, nowMs: number): void {
    const contents = this.#ledger.contentsOf(life);
    const { index } = contents;
    const asked = this.#answer(life, ticket, contents, nowMs);
    if (asked.op !== 'read') throw new Violation(answered, `${life.label}: append ${ticket} was answered as a read`);
    // Stronger than what clients can notice: whatever was committed counts, returned or not.
    const floor = asked.log === life.log ? Math.max(asked.floor, asked.committed) : 0;
    if (index < floor)
      throw new Violation(linearizable, `${life.label} read as of ${index}, and ${floor} was there before it asked`);
    this.#ledger.returned(life, index);
  }

  #answer(life: QuorumLife, ticket: number, output: Asked['output'], nowMs: number): Asked {
    const asked = this.#ledger.answers(life, ticket, output, nowMs);
    if (asked === undefined)
      throw new Violation(answered, `${life.label}: ticket ${ticket} was answered twice, or never asked for`);
    return asked;
  }
}
