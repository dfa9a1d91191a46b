import { sameConfiguration } from '../../../../src/core/quorum/configuration.ts';
import type { Configuration } from '../../../../src/core/quorum/configuration.ts';
import type { Entry } from '../../../../src/core/quorum/entry.ts';
import { termsPerEpoch } from '../../../../src/core/quorum/limits.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import { groupOf } from '../life.ts';
import type { QuorumLife } from '../life.ts';

const inForce = 'the configuration in force is the newest in the log';
const ownTerm = 'the configuration changes only when an entry of the leader’s own term is committed';
const leased = 'a leader keeps its lease through a change of the configuration';
const anchor = 'Q8: an anchor beside n voters weighs n - 1';

/** Which configuration is in force, and when another may follow. In rooms only: elsewhere none ever does. */
export class Configurations implements Checker<QuorumLife> {
  readonly promise = inForce;
  readonly concern: Concern = { effects: ['configuration', 'persist'] };

  observe({ life, effects }: Step<QuorumLife>, world: World<QuorumLife>): void {
    if (groupOf(world).room === undefined) return;
    for (const effect of effects) {
      if (effect.type === 'configuration') this.#weighs(life, effect.configuration);
      if (effect.type !== 'persist' || effect.state.log === null) continue;
      this.#isNewest(life);
      const { from, entries } = effect.state.log;
      if (life.core.role === 'leader') entries.forEach((entry, at) => this.#follows(life, entry, from + at));
    }
  }

  #weighs(life: QuorumLife, { halves }: Configuration): void {
    for (const half of halves) {
      const witness = half.find((voter) => voter.witness);
      if (witness !== undefined && witness.weight !== Math.max(1, half.length - 2))
        throw new Violation(anchor, `${life.label} goes by ${JSON.stringify(half)}`);
    }
  }

  #isNewest(life: QuorumLife): void {
    const { core } = life;
    let index = core.lastIndex;
    while (index >= core.firstIndex && core.entry(index)?.type !== 'configuration') index--;
    const entry = core.entry(index);
    if (entry === undefined || entry.term < life.epoch * termsPerEpoch) return; // those of earlier epochs count no more
    if (entry.type === 'configuration' && !sameConfiguration(entry.configuration, core.configuration))
      throw new Violation(inForce, `${life.label} goes by ${JSON.stringify(core.configuration)}, not ${index}`);
  }

  #follows(life: QuorumLife, entry: Entry, index: number): void {
    const { core } = life;
    const isFirst = index === 1 || (core.entry(index - 1)?.term ?? 0) < life.epoch * termsPerEpoch;
    if (entry.type !== 'configuration' || isFirst || entry.term !== core.hardState.term) return;
    const committed = core.entry(core.commitIndex)?.term ?? core.snapshot?.term ?? 0;
    if (committed < entry.term)
      throw new Violation(ownTerm, `${life.label} changes it at ${index}, and has committed up to term ${committed}`);
    if (!life.isLeader()) throw new Violation(leased, `${life.label} changes it at ${index}, and leads no more`);
  }
}
