import { Random } from '../../../src/core/random.ts';
import type { RaftLimits } from '../../../src/core/quorum/limits.ts';
import { Promises } from './promises.ts';
import { Stage, configurationOf } from './stage.ts';
import type { Actor } from './stage.ts';

/** So that snapshots, removals and flow control happen within seconds. */
const tightLimits: Partial<RaftLimits> = {
  ...{ maxLeaseMs: 1000, missingMs: 1500 },
  ...{ maxBatchEntries: 4, maxInFlightEntries: 12, snapshotEntries: 15, keptEntries: 2, chunkChars: 40 },
};

/** The random life of a group whose members come and go, from a seed, with all promises checked. */
export class Life {
  readonly stage: Stage;
  readonly promises: Promises;
  readonly #random: Random;
  readonly #lossRate: number;
  readonly #delayMs: number;
  /** Who is there, as discovery knows. */
  readonly #present = new Set<string>();
  readonly #hosts: number;
  #born = 0;
  #values = 0;
  #tickets = 0;
  /** Different configurations that were committed somewhere. */
  readonly configurations = new Set<string>();
  readonly #later: (() => void)[] = [];

  constructor(seed: number) {
    const random = new Random(seed);
    this.#random = random;
    this.#lossRate = this.#chance(0.5) ? 0 : random.between(0, 0.2);
    this.#delayMs = random.between(0.1, 20);
    this.#hosts = Math.floor(random.between(1, 6));
    this.promises = new Promises(() => this.stage);
    this.stage = new Stage({
      limits: tightLimits,
      delayMs: () => (this.#chance(this.#lossRate) ? null : this.#delayMs * (1 + random.next())),
      onEffect: (actor, effect) => {
        this.promises.onEffect(actor, effect);
        if (effect.type === 'snapshot-wanted') this.#snapshot(actor, effect.index);
        if (effect.type === 'configuration') this.configurations.add(JSON.stringify(effect.configuration));
      },
      onStep: (actor) => this.promises.check(actor),
    });
    const count = this.#pick([1, 2, 3, 3]);
    const ids = Array.from({ length: count }, () => `m${++this.#born}`);
    const isAnchored = this.#chance(0.5);
    const weights: Record<string, number> = Object.fromEntries(ids.map((id) => [id, 1]));
    if (isAnchored) weights['w'] = Math.max(1, count - 1);
    this.stage.found(configurationOf(weights));
    for (const actor of this.stage.actors.values()) this.#settle(actor);
  }

  #settle(actor: Actor): void {
    this.#present.add(actor.id);
    actor.rates = { fast: this.#random.between(0.99, 1.01), slow: this.#random.between(0.99, 1.01) };
    actor.writeMs = this.#chance(0.7) ? 0 : this.#random.between(0.1, 20);
  }

  #chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random.next() * list.length)] as T;
  }

  #snapshot(actor: Actor, index: number): void {
    const data = this.promises.snapshotOf(actor);
    this.#later.push(() => this.stage.feed(actor.id, { type: 'snapshot', index, data }));
  }

  run(forMs: number): void {
    const untilMs = this.stage.nowMs + forMs;
    while (this.stage.nowMs < untilMs) {
      this.stage.run(this.#random.between(0, 150));
      for (const act of this.#later.splice(0)) act();
      this.#use();
      if (this.#chance(0.3)) this.#fault();
    }
  }

  get #up(): readonly Actor[] {
    return [...this.stage.actors.values()].filter(({ state }) => state === 'up');
  }

  #use(): void {
    const actor = this.#pick(this.#up);
    if (actor === undefined) return;
    if (this.#chance(0.3)) this.#tell(actor.id);
    if (this.#chance(0.5)) {
      const value = `v${++this.#values}`;
      this.promises.noteAppend(actor, actor.nextTicket, value);
      this.stage.append(actor.id, value);
    }
    if (this.#chance(0.3)) {
      this.promises.noteRead(actor, ++this.#tickets);
      this.stage.feed(actor.id, { type: 'read', ticket: this.#tickets });
    }
  }

  #tell(id: string): void {
    const peers = [...this.#present].map((one) => {
      const host = `h${one.length === 1 ? one : Number(one.slice(1)) % this.#hosts}`;
      return { id: one, host, witness: one.startsWith('w') };
    });
    this.stage.feed(id, { type: 'members', peers });
  }

  #fault(): void {
    const actors = [...this.stage.actors.values()].filter(({ id }) => !this.#gone.has(id));
    const actor = this.#pick(actors);
    const leading = this.stage.leading()[0] ?? actor.id;
    const isWitness = actor.id.startsWith('w');
    this.#pick<() => void>([
      () => this.#join(),
      () => this.#join(),
      () => !isWitness && this.#leave(actor),
      () => (actor.state === 'down' ? this.stage.restart(actor.id) : this.stage.crash(actor.id)),
      () => actor.state === 'down' && this.stage.restart(actor.id),
      () => this.stage.pause(actor.id),
      () => this.stage.resume(actor.id),
      () => this.stage.resume(actor.id),
      () => this.stage.isolate(actor.id),
      () => this.stage.isolate(leading),
      () => this.stage.cut(actor.id, this.#pick(actors).id),
      () => this.stage.healAll(),
      () => this.stage.healAll(),
      () => this.stage.feed(leading, { type: 'transfer' }),
      () => this.#present.delete(actor.id), // discovery loses sight of it
      () => this.#present.add(actor.id),
    ])();
  }

  readonly #gone = new Set<string>();

  #join(): void {
    if (this.stage.actors.size - this.#gone.size >= 9) return;
    const id = `m${++this.#born}`;
    this.stage.join(id);
    this.#settle(this.stage.actor(id));
  }

  /** For good, and only where the others can do without it: liveness is promised to nobody else. */
  #leave({ id, core, state }: Actor): void {
    const { configuration } = core;
    const half = configuration.halves[0] ?? [];
    const leader = this.stage.leading()[0];
    if (state !== 'up' || leader === undefined || configuration.halves.length !== 1 || half.length < 3) return;
    const leading = this.stage.actor(leader).core;
    if (leading.commitIndex < leading.lastIndex || core.lastIndex < leading.lastIndex) return;
    if (half.some((voter) => this.#gone.has(voter.id))) return;
    this.#gone.add(id);
    this.#present.delete(id);
    this.stage.feed(id, { type: 'leave' });
    this.stage.crash(id);
    for (const { id: other } of this.#up) this.stage.feed(other, { type: 'departed', peer: id });
  }

  /** Faults stop. True if a leader is there, known to all who are there, all of whom are in its configuration. */
  recover(withinMs: number): boolean {
    this.stage.healAll();
    for (const { id, state } of this.stage.actors.values()) {
      if (this.#gone.has(id)) continue;
      this.#present.add(id);
      if (state === 'down') this.stage.restart(id);
      if (state === 'paused') this.stage.resume(id);
    }
    for (const { id } of this.#up) {
      this.#tell(id);
      for (const peer of this.#gone) this.stage.feed(id, { type: 'departed', peer });
    }
    const ids = this.#up.map(({ id }) => id);
    return this.stage.runUntil(() => this.#isWhole(ids), withinMs);
  }

  #isWhole(ids: readonly string[]): boolean {
    const leader = this.stage.agreed(ids);
    if (leader === null) return false;
    const { halves, learners } = this.stage.actor(leader).core.configuration;
    const members = new Set([...halves.flat().map(({ id }) => id), ...learners]);
    return halves.length === 1 && members.size === ids.length && ids.every((id) => members.has(id));
  }
}
