import type { Raft } from '../../../src/core/quorum/raft.ts';
import type { RoomRecord } from '../../../signaling-server/record.ts';

/** All that was ever committed: of epochs that go on from one another, it is one log. */
export class Ledger {
  /** By epoch; those that are the same log share one. By index, the term of what is there for good. */
  readonly #logs = new Map<number, Map<number, number>>();
  foundings = 0;
  continued = 0;

  founded({ epoch, founder, continues }: RoomRecord): void {
    this.foundings++;
    if (continues !== null) this.continued++;
    if (founder === null) return; // taken over as it is
    if (this.#logs.has(epoch)) throw new Error(`Q10: epoch ${epoch} was founded before`);
    this.#logs.set(epoch, (continues && this.#logs.get(continues.epoch)) ?? new Map<number, number>());
  }

  /** Q4: one entry at each index, for everybody. */
  committed(epoch: number, core: Raft, from: number, upTo: number): void {
    const log = this.#logs.get(epoch);
    if (log === undefined) throw new Error(`something is committed in epoch ${epoch}, which nobody founded`);
    for (let index = from; index <= upTo; index++) {
      const term = core.entry(index)?.term;
      if (term === undefined) continue; // compacted
      const known = log.get(index) ?? term;
      if (known !== term) throw new Error(`Q4 in epoch ${epoch}: ${index} was of term ${known}, and is of ${term}`);
      log.set(index, term);
    }
  }

  /** Whoever leads has everything. */
  leads(epoch: number, core: Raft): void {
    for (const [index, term] of this.#logs.get(epoch) ?? []) {
      const has = core.entry(index)?.term;
      if (has !== term && index >= core.firstIndex) {
        throw new Error(`Q4: ${core.id} leads in epoch ${epoch} without ${index} of term ${term}: it has ${has}`);
      }
    }
  }

  get size(): number {
    return Math.max(0, ...[...this.#logs.values()].map((log) => log.size));
  }
}
