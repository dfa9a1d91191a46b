import { Random } from '../../../src/core/random.ts';
import type { RaftLimits } from '../../../src/core/quorum/limits.ts';
import { Promises } from './promises.ts';
import { Stage, configurationOf } from './stage.ts';
import type { Actor } from './stage.ts';

/** So that snapshots, batches and flow control happen within seconds. */
const tightLimits: Partial<RaftLimits> = {
  maxLeaseMs: 2000,
  ...{ maxBatchEntries: 4, maxBatchChars: 64, maxInFlightEntries: 12, maxProposedEntries: 16 },
  ...{ snapshotEntries: 30, keptEntries: 5, chunkChars: 40, chunksInFlight: 2, maxSessions: 5 },
};

/** A random life of a group, from a seed: every fault there is, drawn anew for each seed, and all promises checked. */
export class Schedule {
  readonly stage: Stage;
  readonly promises: Promises;
  readonly #random: Random;
  readonly #lossRate: number;
  readonly #delayMs: number;
  readonly #spreadMs: number;
  readonly #faultEveryMs: number;
  #values = 0;
  #tickets = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
    const random = this.#random;
    this.#lossRate = this.#chance(0.5) ? 0 : random.between(0, 0.3);
    this.#delayMs = random.between(0.1, this.#chance(0.2) ? 150 : 20);
    this.#spreadMs = this.#chance(0.3) ? random.between(0, 400) : random.between(0, 10);
    this.#faultEveryMs = random.between(50, 1500);
    this.promises = new Promises(() => this.stage);
    this.stage = new Stage({
      limits: tightLimits,
      delayMs: () => this.#delay(),
      onEffect: (actor, effect) => {
        this.promises.onEffect(actor, effect);
        if (effect.type === 'snapshot-wanted') this.#snapshot(actor, effect.index);
      },
      onStep: (actor) => this.promises.check(actor),
    });
    this.#found();
  }

  #chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random.next() * list.length)] as T;
  }

  #found(): void {
    const weights: Record<string, number> = {};
    const count = this.#pick([1, 2, 3, 3, 3, 4, 5, 5]);
    for (const id of ['a', 'b', 'c', 'd', 'e'].slice(0, count)) weights[id] = this.#chance(0.2) ? 2 : 1;
    if (this.#chance(0.25)) weights['w'] = Math.max(1, count - 1);
    const half = configurationOf(weights).halves[0] ?? [];
    const isJoint = this.#chance(0.15);
    const halves = isJoint ? [half, half.map((voter) => ({ ...voter, weight: 1 }))] : [half];
    this.stage.found({ halves, learners: this.#chance(0.2) ? ['l'] : [] });
    for (const actor of this.stage.actors.values()) this.#setUp(actor);
  }

  /** Clocks within the bound: `fast` is never too slow, `slow` never too fast. */
  #setUp(actor: Actor): void {
    const random = this.#random;
    actor.rates = { fast: random.between(0.99, this.#chance(0.2) ? 1.5 : 1.01), slow: random.between(0.9, 1.01) };
    actor.writeMs = this.#chance(0.6) ? 0 : random.between(0.1, this.#chance(0.2) ? 300 : 20);
  }

  #delay(): number | null {
    if (this.#chance(this.#lossRate)) return null;
    return this.#delayMs + this.#random.next() * this.#spreadMs;
  }

  /** Now, or later, when more has been applied. */
  #snapshot(actor: Actor, index: number): void {
    const data = this.promises.snapshotOf(actor);
    if (this.#chance(0.2)) return; // the application takes its time, for ever
    this.#later.push(() => this.stage.feed(actor.id, { type: 'snapshot', index, data }));
  }

  readonly #later: (() => void)[] = [];

  get #actors(): readonly Actor[] {
    return [...this.stage.actors.values()];
  }

  run(forMs: number): void {
    const untilMs = this.stage.nowMs + forMs;
    while (this.stage.nowMs < untilMs) {
      this.stage.run(this.#random.between(0, this.#faultEveryMs / 4));
      for (const act of this.#later.splice(0)) act();
      this.#use();
      if (this.#chance(0.25)) this.#fault();
    }
  }

  #use(): void {
    const actor = this.#pick(this.#actors);
    if (actor.state !== 'up') return;
    if (this.#chance(0.5)) {
      const values = Array.from({ length: this.#pick([1, 1, 2, 10]) }, () => `v${++this.#values}`);
      for (const [at, value] of values.entries()) this.promises.noteAppend(actor, actor.nextTicket + at, value);
      this.stage.append(actor.id, ...values);
    }
    if (this.#chance(0.3)) {
      const ticket = ++this.#tickets;
      this.promises.noteRead(actor, ticket);
      this.stage.feed(actor.id, { type: 'read', ticket });
    }
  }

  #fault(): void {
    const actor = this.#pick(this.#actors);
    const other = this.#pick(this.#actors);
    const leading = this.stage.leading()[0] ?? actor.id;
    this.#pick<() => void>([
      () => (actor.state === 'down' ? this.stage.restart(actor.id) : this.stage.crash(actor.id)),
      () => actor.state === 'down' && this.stage.restart(actor.id),
      () => this.stage.pause(actor.id),
      () => this.stage.resume(actor.id),
      () => this.stage.pause(leading),
      () => this.stage.isolate(actor.id),
      () => this.stage.isolate(leading),
      () => this.stage.cut(actor.id, other.id),
      () => this.stage.healAll(),
      () => this.stage.healAll(),
      () => this.stage.feed(leading, { type: 'transfer' }),
      () => this.stage.feed(leading, { type: 'transfer', to: other.id }),
      () => this.stage.feed(actor.id, { type: 'campaign' }),
      () => this.stage.feed(actor.id, { type: 'priority', priority: this.#pick([0, 0, 1, 2]) }),
      () => this.stage.feed(actor.id, { type: 'visible', visible: this.#chance(0.5) }),
      () => this.stage.feed(actor.id, { type: 'reset', peer: other.id }),
      () => this.#replay(),
    ])();
  }

  /** Late, twice, and in any order. */
  #replay(): void {
    for (let times = 0; times < 5; times++) {
      const letter = this.#pick(this.stage.letters);
      if (letter === undefined) return;
      const atMs = this.stage.nowMs + this.#random.between(0, 3000);
      this.stage.letters.push({ ...letter, atMs });
    }
    this.stage.letters.sort((a, b) => a.atMs - b.atMs);
  }

  /** Faults stop. True if a leader is there, known to all, and everything that was appended is answered. */
  recover(withinMs: number): boolean {
    this.stage.healAll();
    for (const { id, state } of this.#actors) {
      if (state === 'down') this.stage.restart(id);
      if (state === 'paused') this.stage.resume(id);
    }
    const ids = this.#actors.map(({ id }) => id);
    return this.stage.runUntil(() => this.stage.agreed(ids) !== null, withinMs);
  }
}
