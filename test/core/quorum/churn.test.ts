// Groups in use while things go wrong, as other libraries try theirs: MIT 6.5840 3C, and the fuzzy tests of hashicorp/raft.
import { expect, test } from 'vitest';
import { Random } from '../../../src/core/random.ts';
import { Promises } from './promises.ts';
import { Stage, configurationOf } from './stage.ts';
import { five } from './witnessed.ts';

const ids = Object.keys(five);

/** Five members that append all the time, watched for every promise; the trouble is the scenario's. */
class Churn {
  readonly random: Random;
  readonly stage: Stage;
  readonly promises: Promises;
  /** Who has sent as the leader of each term. */
  readonly #speakers = new Map<number, string>();
  #values = 0;

  constructor(seed: number, delayMs: (random: Random, type: string) => number | null) {
    this.random = new Random(seed);
    this.promises = new Promises(() => this.stage);
    let type = '';
    this.stage = new Stage({
      delayMs: () => delayMs(this.random, type),
      onEffect: (actor, effect) => {
        this.promises.onEffect(actor, effect);
        if (effect.type !== 'send') return;
        const message = effect.message as { type: string; term?: number };
        type = message.type;
        if (type === 'append' || type === 'heartbeat') this.#noteLeader(actor.id, message.term ?? -1);
      },
      onStep: (actor) => this.promises.check(actor),
    });
    this.stage.found(configurationOf(five));
  }

  #noteLeader(id: string, term: number): void {
    const before = this.#speakers.get(term) ?? id;
    if (before !== id) throw new Error(`Q1: ${before} and ${id} sent entries in ${term}`);
    this.#speakers.set(term, id);
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random.next() * list.length)] as T;
  }

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  get up(): readonly string[] {
    return ids.filter((id) => this.stage.actor(id).state === 'up');
  }

  get leader(): string | undefined {
    return this.stage.leading()[0];
  }

  append(id: string, count = 1): void {
    const actor = this.stage.actor(id);
    if (actor.state !== 'up') return;
    const values = Array.from({ length: count }, () => `${++this.#values}`);
    for (const [at, value] of values.entries()) this.promises.noteAppend(actor, actor.nextTicket + at, value);
    this.stage.append(id, ...values);
  }

  /** Trouble ends: all agree, and have the same log. */
  settle(): void {
    this.stage.healAll();
    for (const id of ids) {
      if (this.stage.actor(id).state === 'down') this.stage.restart(id);
      this.stage.resume(id);
    }
    if (!this.stage.runUntil(() => this.stage.agreed(ids) !== null, 30_000)) throw new Error('Q6: no leader');
    this.append(this.leader ?? 'a');
    this.stage.run(10_000);
    // Where messages get lost all the time, the word that the last entry is committed comes a heartbeat later to some.
    this.stage.runUntil(() => this.#different() === undefined, 5_000);
    const other = this.#different();
    if (other !== undefined) throw new Error(`Q4: ${other} has another log than ${ids[0]}`);
    this.promises.checkEnd();
  }

  #different(): string | undefined {
    const [first, ...others] = ids.map((id) => this.stage.actor(id).core);
    const at = others.findIndex(
      (core) => core.commitIndex !== first?.commitIndex || core.lastIndex !== first.lastIndex,
    );
    return ids[at + 1 || ids.length];
  }
}

const near = (random: Random): number => random.between(1, 8);
/** A tenth is lost, some comes late, in another order. */
const unreliable = (random: Random): number | null =>
  random.next() < 0.1 ? null : random.next() < 0.3 ? random.between(1, 150) : random.between(1, 20);
/** Two thirds take their time, so that most overtake each other. */
const reordering = (random: Random): number | null =>
  random.next() < 0.1 ? null : random.next() < 0.6 ? random.between(50, 300) : random.between(1, 20);

interface Scenario {
  readonly delayMs: (random: Random, type: string) => number | null;
  readonly rounds: number;
  readonly round: (churn: Churn, at: number) => void;
}

const scenarios: Readonly<Record<string, Scenario>> = {
  'nothing happens': {
    delayMs: near,
    rounds: 60,
    round: (churn) => {
      churn.append(churn.pick(ids), 3);
      churn.stage.run(20);
    },
  },
  'leaders crash within moments of what they append, and too few are left (figure 8)': {
    delayMs: near,
    rounds: 120,
    round: (churn) => {
      for (const id of churn.up) if (churn.chance(0.3)) churn.append(id);
      churn.stage.run(churn.chance(0.1) ? churn.random.between(0, 500) : churn.random.between(0, 13));
      const { leader } = churn;
      if (leader !== undefined) churn.stage.crash(leader);
      if (churn.up.length < 3) churn.stage.restart(churn.pick(ids.filter((id) => !churn.up.includes(id))));
      churn.stage.run(churn.chance(0.5) ? 400 : 20);
    },
  },
  'a tenth of all messages is lost and others come late': {
    delayMs: unreliable,
    rounds: 80,
    round: (churn) => {
      for (const id of ids) churn.append(id);
      churn.stage.run(50);
    },
  },
  'leaders are cut off and come back, and most messages overtake each other (figure 8)': {
    delayMs: reordering,
    rounds: 60,
    round: (churn) => {
      for (const id of ids) if (churn.chance(0.4)) churn.append(id);
      churn.stage.run(churn.chance(0.1) ? churn.random.between(0, 500) : churn.random.between(0, 60));
      const { leader } = churn;
      if (leader !== undefined && churn.chance(0.5)) churn.stage.isolate(leader);
      if (churn.chance(0.3)) churn.stage.healAll();
    },
  },
  'members are cut off, crash and come back': {
    delayMs: near,
    rounds: 60,
    round: (churn) => churnRound(churn),
  },
  'members are cut off, crash and come back, and a tenth of all messages is lost': {
    delayMs: unreliable,
    rounds: 60,
    round: (churn) => churnRound(churn),
  },
  'the leader is cut off with one other, again and again': {
    delayMs: near,
    rounds: 20,
    round: (churn, at) => {
      const { leader } = churn;
      if (leader !== undefined && at % 2 === 0) {
        const side = [leader, churn.pick(ids.filter((id) => id !== leader))];
        churn.stage.partition(
          side,
          ids.filter((id) => !side.includes(id)),
        );
      }
      for (let part = 0; part < 20; part++) {
        churn.append(churn.pick(ids));
        churn.stage.run(40);
      }
      if (at % 2 === 1) churn.stage.healAll();
    },
  },
  'questions for votes take up to a lease': {
    delayMs: (random, type) => (type === 'vote' || type === 'pre-vote' ? random.between(50, 250) : near(random)),
    rounds: 12,
    round: (churn) => electAgain(churn),
  },
  'votes take up to a lease': {
    delayMs: (random, type) => (type.endsWith('vote-reply') ? random.between(50, 250) : near(random)),
    rounds: 12,
    round: (churn) => electAgain(churn),
  },
  'leadership is handed over all the time': {
    delayMs: near,
    rounds: 60,
    round: (churn) => {
      const { leader } = churn;
      if (leader !== undefined && churn.chance(0.5))
        churn.stage.feed(leader, { type: 'transfer', to: churn.pick(ids) });
      churn.append(churn.pick(ids), 2);
      churn.stage.run(churn.random.between(5, 120));
    },
  },
};

function churnRound(churn: Churn): void {
  const one = churn.pick(ids);
  if (churn.chance(0.2)) churn.stage.isolate(one);
  if (churn.chance(0.5)) churn.stage.healAll();
  if (churn.chance(0.2) && churn.up.length > 3) churn.stage.crash(churn.pick(churn.up));
  for (const id of ids) if (!churn.up.includes(id) && churn.chance(0.3)) churn.stage.restart(id);
  for (const id of churn.up) if (churn.chance(0.5)) churn.append(id);
  churn.stage.run(churn.random.between(20, 250));
}

function electAgain(churn: Churn): void {
  const { leader } = churn;
  if (leader !== undefined) churn.stage.crash(leader);
  for (let part = 0; part < 30; part++) {
    churn.append(churn.pick(ids));
    churn.stage.run(100);
  }
  if (churn.leader === undefined) throw new Error('Q6: no leader within 3 s');
  if (leader !== undefined) churn.stage.restart(leader);
  churn.stage.run(300);
}

test.each(Object.keys(scenarios))('Q1–Q6, Q10, Q11: every promise holds while %s', (name) => {
  const { delayMs, rounds, round } = scenarios[name] as Scenario;
  for (const seed of [1, 2]) {
    const churn = new Churn(seed, delayMs);
    expect(churn.stage.runUntil(() => churn.leader !== undefined, 10_000)).toBe(true);
    for (let at = 0; at < rounds; at++) round(churn, at);
    churn.settle();
    expect(churn.promises.appended).toBeGreaterThan(20);
  }
});
