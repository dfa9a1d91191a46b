import { entryChars } from '../../../../src/core/quorum/entry.ts';
import type { Entry } from '../../../../src/core/quorum/entry.ts';
import { defaultLimits } from '../../../../src/core/quorum/limits.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { Ledger } from '../ledger.ts';
import { groupOf } from '../life.ts';
import type { QuorumLife } from '../life.ts';

/** A witness has no application: its log is short because of the snapshots that leaders give it (Q8). */
export class Witnesses implements Checker<QuorumLife> {
  readonly promise = 'Q8: the log of a witness is bounded, and its snapshots are the true state';
  readonly concern: Concern = { effects: ['persist', 'snapshot-wanted'] };
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  observe({ life, effects }: Step<QuorumLife>): void {
    if (groupOf(life.world).voters[life.seat.index]?.witness !== true) return;
    for (const effect of effects) {
      if (effect.type === 'snapshot-wanted') this.#broken(`${life.label} asks for a snapshot`);
      if (effect.type !== 'persist') continue;
      const { snapshot, log } = effect.state;
      if (snapshot !== null && snapshot.data !== this.#ledger.stateAt(life, snapshot.index, snapshot.data.length))
        this.#broken(`${life.label} keeps ${snapshot.data}, which is not the state at ${snapshot.index}`);
      if (log !== null) this.#bounds(life);
    }
  }

  /** Nothing follows on an entry of the leader's own term that is beyond the bound. */
  #bounds(life: QuorumLife): void {
    const { core } = life;
    const { maxWitnessChars = defaultLimits.maxWitnessChars } = groupOf(life.world).limits;
    let [chars, before]: [number, Entry | undefined] = [0, undefined];
    for (let index = core.firstIndex; index <= core.lastIndex; index++) {
      const entry = core.entry(index)!;
      const isOwn = entry.term === core.hardState.term && before?.term === entry.term;
      if (isOwn && chars >= maxWitnessChars) this.#broken(`${life.label} takes ${index}, beyond ${chars} characters`);
      chars += entryChars(entry);
      before = entry;
    }
  }

  #broken(message: string): never {
    throw new Violation(this.promise, message);
  }
}
