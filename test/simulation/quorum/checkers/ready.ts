import type { Leadership } from '../../../../src/core/leadership.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { QuorumLife } from '../life.ts';

/**
 * A leader's work starts when it is told `ready`: in each leadership that it is told of, once, and as soon as all that
 * was committed before is known to be. A lease that lapsed and came back begins anew. Its followers are told so as well,
 * once. Runs after `Leaders`.
 */
export class Ready implements Checker<QuorumLife> {
  readonly promise = 'a leader is told that it is ready, once in each leadership';
  readonly concern: Concern = { effects: ['leader', 'ready', 'commit'] };
  /** Who leads, and was told `ready` since it was told so. */
  readonly #ready = new Set<QuorumLife>();

  observe({ life, effects }: Step<QuorumLife>): void {
    for (const effect of effects) {
      if (effect.type === 'leader') this.#ready.delete(life);
      else if (effect.type === 'ready') this.#tell(life, effect.leader);
    }
    const { core } = life;
    if (!life.leads || this.#ready.has(life)) return;
    const committed = core.entry(core.commitIndex)?.term;
    if (committed === core.leader()?.term)
      throw new Violation(this.promise, `${life.label} leads, has committed an entry of its own, and is not ready`);
  }

  #tell(life: QuorumLife, { id, term }: Leadership): void {
    const leader = life.core.leader();
    if (this.#ready.has(life) || leader?.id !== id || leader.term !== term)
      throw new Violation(
        this.promise,
        `${life.label} is told that ${id} is ready in ${term}: ${JSON.stringify(leader)}`,
      );
    this.#ready.add(life);
  }
}
