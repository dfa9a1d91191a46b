import type { Leadership } from '../../../../src/core/leadership.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import type { QuorumLife } from '../life.ts';

const oneATerm = 'Q1: at most one leader per term';
const oneAtOnce = 'Q2: at most one isLeader at any instant of true time';
const reads = 'reads agree with events';

/**
 * Who leads, by term and by true time. Without an event a member can only stop leading; so whoever else might still lead
 * is asked when somebody is seen to lead, paused or not.
 */
export class Leaders implements Checker<QuorumLife> {
  readonly promise = oneAtOnce;
  readonly #byTerm = new Map<number, string>();
  /** Led when they were last asked. */
  readonly #leading = new Set<QuorumLife>();
  /** As they were last told, by index of the life. */
  readonly #told: (Leadership | null)[] = [];

  observe({ life, effects }: Step<QuorumLife>, world: World<QuorumLife>): void {
    let isTold = false;
    for (const effect of effects) {
      if (effect.type !== 'leader') continue;
      isTold = true;
      this.#tell(life, effect.leader);
    }
    life.leads = false;
    if (life.state === 'left') return void this.#leading.delete(life);
    const { role } = life.core;
    if (!isTold && role !== 'leader' && !this.#leading.has(life)) return;
    life.leads = life.isLeader();
    this.#compare(life, isTold);
    if (!life.leads) return void this.#leading.delete(life);
    this.#leading.add(life);
    if (this.#leading.size > 1) this.#others(life, world);
  }

  #tell(life: QuorumLife, leader: Leadership | null): void {
    const before = this.#told[life.index] ?? null;
    if (before?.id === leader?.id && before?.term === leader?.term)
      throw new Violation(reads, `${life.label} was told twice that ${JSON.stringify(leader)} leads`);
    this.#told[life.index] = leader;
    if (leader === null) return;
    const known = this.#byTerm.get(leader.term);
    if (known !== undefined && known !== leader.id)
      throw new Violation(oneATerm, `${known} and ${leader.id} lead in term ${leader.term}, says ${life.label}`);
    this.#byTerm.set(leader.term, leader.id);
  }

  #compare(life: QuorumLife, isTold: boolean): void {
    const told = this.#told[life.index] ?? null;
    const { leads } = life;
    if (leads && told?.id !== life.id)
      throw new Violation(reads, `${life.label} says that it leads, and was told of ${JSON.stringify(told)}`);
    if (isTold && told?.id === life.id && !leads)
      throw new Violation(reads, `${life.label} was told that it leads, and does not`);
    const read = life.core.leader();
    if (read?.id !== told?.id || read?.term !== told?.term)
      throw new Violation(reads, `${life.label} was told of ${JSON.stringify(told)} and reads ${JSON.stringify(read)}`);
  }

  #others(life: QuorumLife, world: World<QuorumLife>): void {
    for (const other of this.#leading) {
      if (other === life) continue;
      if (other.state === 'running' && other.isLeader())
        throw new Violation(oneAtOnce, `${other.label} and ${life.label} lead at ${world.nowMs.toFixed(3)} ms`);
      this.#leading.delete(other);
    }
  }
}
