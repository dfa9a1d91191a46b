import { quorumValue, votersOf } from '../../../../src/core/quorum/configuration.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import type { QuorumLife } from '../life.ts';

/** A clock of the bound's fast side runs through so much of a promise while one of its slow side runs through 1. */
const slowest = (1 - 0.01) / (1 + 0.01);

/**
 * Whenever a lease is extended, a quorum holds promises that outlast it whatever the clocks do from then on, within
 * their bound. With `Promises`, by which those are kept, nobody else can lead meanwhile. Runs after `Leaders`.
 */
export class Leases implements Checker<QuorumLife> {
  readonly promise = 'Q2: a lease ends before the promises of a quorum do';
  readonly concern: Concern = { heard: ['heartbeat-reply'], effects: ['leader'] };
  #leader!: QuorumLife;
  #world!: World<QuorumLife>;

  observe({ life, event, effects }: Step<QuorumLife>, world: World<QuorumLife>): void {
    if (!life.leads) return;
    const type = event.type === 'message' ? (event.message as { readonly type?: unknown } | null)?.type : undefined;
    if (type !== 'heartbeat-reply' && !effects.some((effect) => effect.type === 'leader')) return;
    this.#check(life, world);
  }

  #check(life: QuorumLife, world: World<QuorumLife>): void {
    this.#leader = life;
    this.#world = world;
    const { configuration } = life.core;
    const coveredMs = quorumValue(configuration, this.#coverMs);
    const { fast, slow } = life.peek();
    if (!life.core.isLeader({ slow, fast: fast + Math.max(0, coveredMs) })) return;
    const covers = votersOf(configuration).map(({ id }) => `${id} ${this.#coverMs(id)}`);
    throw new Violation(
      this.promise,
      `${life.label} would still lead in ${coveredMs.toFixed(3)} ms, when promises may be over: ${covers.join(', ')}`,
    );
  }

  /** For how long, on the leader's clock, that voter is sure to vote for nobody else. */
  readonly #coverMs = (id: string): number => {
    if (id === this.#leader.id) return Infinity;
    const life = this.#world.lifeOf(id);
    if (life === undefined) return -Infinity;
    // Who comes back rests for as long as it may have promised, from then on.
    if (life.state !== 'running') return slowest * (life.disk.hardState?.promisedMs ?? 0);
    const { to, until } = life.core.promise;
    if (to.leader !== this.#leader.id && to.leader !== '') return -Infinity;
    return slowest * (until - life.peek().slow);
  };
}
