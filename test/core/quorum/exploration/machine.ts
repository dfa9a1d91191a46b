import type { Configuration } from '../../../../src/core/quorum/configuration.ts';
import type { RaftEffect, RaftEvent } from '../../../../src/core/quorum/events.ts';
import type { Message } from '../../../../src/core/quorum/messages.ts';
import type { Raft } from '../../../../src/core/quorum/raft.ts';
import type { Instant } from '../../../../src/core/step.ts';
import { blank, loaded, written } from './durable.ts';
import type { Durable, Write } from './durable.ts';
import type { Mark, Marks } from './marks.ts';
import type { Memento, Photographer } from './memento.ts';

/** What is done to a member. */
export type Input =
  | { readonly type: 'message'; readonly letter: Letter }
  | { readonly type: 'tick' | 'write' | 'crash' | 'restart' | 'append' | 'transfer' | 'leave' };

export interface Letter {
  readonly number: number;
  /** Hashes of its number: sums of them tell sets of letters apart. */
  readonly salts: readonly [number, number];
  /** What it is to its receiver. */
  readonly input: Input;
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

/** What the machines are made of. */
export interface Model {
  readonly Core: typeof Raft;
  readonly ids: readonly string[];
  readonly founding: Configuration;
  /** True milliseconds to those of each member's clocks. */
  readonly clocks: readonly Instant[];
  /** Members whose writes are done when the exploration says so, and lost by a crash before; others' are done at once. */
  readonly slowDisks: readonly number[];
}

/** A member between two steps. */
export interface Resting {
  readonly member: number;
  /** `null`: it is down. */
  readonly core: Memento<Raft> | null;
  readonly lives: number;
  readonly startedAtMs: number;
  /** When to tick, on its own fast clock. */
  readonly wakeAt: number;
  readonly durable: Durable;
  readonly writes: readonly Write[];
}

/** A member while it steps: the real core, and what came out of it. */
export class Machine {
  readonly sent: { readonly to: number; readonly message: Message }[] = [];
  readonly marks: Mark[] = [];
  /** Told that it leads. */
  leads = false;
  /** What no step may do, whatever happened before. */
  broken: string | null = null;
  core: Raft | null;
  lives: number;
  startedAtMs: number;
  wakeAt: number;
  durable: Durable;
  writes: readonly Write[];
  readonly member: number;
  readonly #nowMs: number;
  readonly #model: Model;
  readonly #marks: Marks;

  constructor(model: Model, marks: Marks, photographer: Photographer, resting: Resting, nowMs: number) {
    this.#model = model;
    this.#marks = marks;
    this.#nowMs = nowMs;
    this.member = resting.member;
    if (resting.core !== null) photographer.putBack(resting.core);
    this.core = resting.core?.root ?? null;
    this.lives = resting.lives;
    this.startedAtMs = resting.startedAtMs;
    this.wakeAt = resting.wakeAt;
    this.durable = resting.durable;
    this.writes = resting.writes;
  }

  take(input: Input): void {
    switch (input.type) {
      case 'message':
        return this.#feed({
          type: 'message',
          from: this.#model.ids[input.letter.from]!,
          message: input.letter.message,
        });
      case 'tick':
        this.wakeAt = Infinity;
        return this.#feed({ type: 'tick' });
      case 'write':
        return this.#write();
      case 'crash':
        [this.core, this.writes, this.wakeAt] = [null, [], Infinity];
        return;
      case 'restart':
        return this.#start();
      case 'append': {
        const ticket = 1 + Math.floor(this.#nowMs);
        return this.#feed({ type: 'append', first: ticket, values: [`${this.#id}${ticket}`] });
      }
      case 'transfer':
      case 'leave':
        return this.#feed({ type: input.type });
    }
  }

  get #id(): string {
    return this.#model.ids[this.member]!;
  }

  #start(): void {
    const { Core, founding } = this.#model;
    this.lives++;
    const stored = loaded(this.durable);
    const options = { id: this.#id, seed: this.member + 1000 * this.lives, founding };
    this.core = new Core(stored === undefined ? options : { ...options, stored });
    this.startedAtMs = this.#nowMs;
    this.#feed({ type: 'tick' });
  }

  #write(): void {
    const [write, ...rest] = this.writes;
    if (write === undefined) throw new Error('nothing to write');
    this.durable = written(this.durable, write.state);
    this.writes = rest;
    this.#feed({ type: 'persisted', upTo: write.number });
  }

  #feed(event: RaftEvent): void {
    const { core } = this;
    if (core === null) throw new Error('is down');
    const { term } = core.hardState;
    for (const effect of this.#step(core, event)) this.#do(effect);
    if (core.hardState.term < term) this.broken = `Q10: ${this.#id} goes from term ${term} to ${core.hardState.term}`;
    if (!this.#model.slowDisks.includes(this.member) && this.writes.length > 0) this.#write();
  }

  #step(core: Raft, event: RaftEvent): readonly RaftEffect[] {
    const { fast, slow } = this.#model.clocks[this.member]!;
    const lifeMs = this.#nowMs - this.startedAtMs;
    const before = core.commitIndex;
    try {
      const effects = core.step({ ...event, at: { fast: lifeMs * fast, slow: lifeMs * slow } });
      for (let index = before + 1; index <= core.commitIndex; index++) this.#noteCommitted(core, index);
      return effects;
    } catch (error) {
      this.broken = `Q11: ${this.#id} throws ${(error as Error).message} for ${JSON.stringify(event)}`;
      return [];
    }
  }

  #do(effect: RaftEffect): void {
    switch (effect.type) {
      case 'send':
        return this.#send(effect.to, effect.message);
      case 'persist':
        this.writes = [...this.writes, { number: effect.number, state: effect.state }];
        return;
      case 'wake':
        this.wakeAt = effect.at;
        return;
      case 'leader':
        if (effect.leader !== null) this.#noteLeader(effect.leader.term, effect.leader.id);
        this.leads ||= effect.leader?.id === this.#id;
        return;
      case 'bad-message':
        this.broken = `Q11: ${this.#id} calls a message of ${effect.from} bad: ${effect.reason}`;
        return;
      default:
    }
  }

  #send(to: string, message: Message): void {
    this.sent.push({ to: this.#model.ids.indexOf(to), message });
    switch (message.type) {
      case 'vote-reply':
        if (message.granted) this.#noteVote(message.term, to);
        return;
      case 'vote':
        return this.#noteVote(message.term, this.#id);
      case 'heartbeat':
      case 'append':
      case 'snapshot':
      case 'timeout-now':
        return this.#noteLeader(message.term, this.#id);
      default:
    }
  }

  #noteVote(term: number, candidate: string): void {
    this.marks.push(this.#marks.mark('Q3', `the vote of ${this.#id} in term ${term}`, candidate));
  }

  #noteLeader(term: number, leader: string): void {
    this.marks.push(this.#marks.mark('Q1', `the leader of term ${term}`, leader));
  }

  #noteCommitted(core: Raft, index: number): void {
    this.marks.push(this.#marks.mark('Q4', `entry ${index}`, JSON.stringify(core.entry(index)), index));
  }
}

/** Nothing has happened there yet. */
export function unborn(member: number): Resting {
  return { member, core: null, lives: 0, startedAtMs: 0, wakeAt: Infinity, durable: blank, writes: [] };
}
