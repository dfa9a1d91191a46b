import type { RaftEffect } from '../../../src/core/quorum/events.ts';
import type { Message } from '../../../src/core/quorum/messages.ts';
import type { Actor, Stage } from './stage.ts';

/** Watches a stage, and throws as soon as a promise is broken. Fed with every effect, and asked after every step. */
export class Promises {
  readonly #stage: () => Stage;
  /** Q1: who led in which term. */
  readonly #leaders = new Map<number, string>();
  /** Q3: who got whose vote in which term. */
  readonly #votes = new Map<string, string>();
  /** Q4: what is committed at each index. */
  readonly #committed = new Map<number, string>();
  /** Q4: the values in the order in which they took effect. */
  readonly #values: { readonly index: number; readonly value: string }[] = [];
  /** What each member, in this life, has applied of them, and up to where. */
  readonly #applied = new Map<Actor['core'], { count: number; upTo: number }>();
  /** Q5: the outcome of each append. */
  readonly #outcomes = new Map<string, string>();
  readonly #valueOf = new Map<string, string>();
  /** Reads under way: what was committed when they were asked for. */
  readonly #reads = new Map<string, number>();
  /** Q10. */
  readonly #terms = new Map<string, number>();
  #highest = 0;
  leaderships = 0;
  reads = 0;

  constructor(stage: () => Stage) {
    this.#stage = stage;
  }

  get appended(): number {
    return [...this.#outcomes.values()].filter((outcome) => outcome === 'appended').length;
  }

  get delivered(): number {
    return this.#values.length;
  }

  noteAppend(actor: Actor, ticket: number, value: string): void {
    this.#valueOf.set(`${actor.id} ${actor.lives} ${ticket}`, value);
  }

  noteRead(actor: Actor, ticket: number): void {
    this.#reads.set(`${actor.id} ${actor.lives} ${ticket}`, this.#highest);
  }

  onEffect(actor: Actor, effect: RaftEffect): void {
    switch (effect.type) {
      case 'send':
        return this.#onSend(actor, effect.message as Message);
      case 'leader':
        if (effect.leader?.id === actor.id) this.#onLeader(actor.id, effect.leader.term);
        return;
      case 'commit':
        return this.#onCommit(actor, effect);
      case 'snapshot-installed':
        return this.#onInstalled(actor, effect.index, effect.data);
      case 'appended':
        return this.#onOutcome(actor, effect.ticket, 'appended', effect.index);
      case 'append-failed':
        return this.#onOutcome(actor, effect.ticket, effect.reason, null);
      case 'read':
        return this.#onRead(actor, effect.ticket);
      case 'bad-message':
        if (effect.code === 'stranger') return; // who was taken out does not know it at once
        throw new Error(`Q11: ${actor.id} calls a message of ${effect.from} bad: ${effect.reason}`);
      default:
    }
  }

  #onSend({ id }: Actor, message: Message): void {
    if (message.type !== 'vote-reply' || !message.granted) return;
    // The receiver is not known here; a vote is durable when it is told, so the hard state names who got it.
    const { term, vote } = this.#stage().actor(id).core.hardState;
    if (term !== message.term || vote === null) return;
    const key = `${id} ${term}`;
    const before = this.#votes.get(key) ?? vote;
    if (before !== vote) throw new Error(`Q3: ${id} voted for ${before} and ${vote} in ${term}`);
    this.#votes.set(key, vote);
  }

  #onLeader(id: string, term: number): void {
    const before = this.#leaders.get(term);
    if (before !== undefined && before !== id) throw new Error(`Q1: ${before} and ${id} led in ${term}`);
    if (before === undefined) this.leaderships++;
    this.#leaders.set(term, id);
  }

  #of(actor: Actor): { count: number; upTo: number } {
    const applied = this.#applied.get(actor.core) ?? { count: 0, upTo: 0 };
    this.#applied.set(actor.core, applied);
    return applied;
  }

  #onCommit(actor: Actor, { upTo, entries }: RaftEffect & { type: 'commit' }): void {
    const applied = this.#of(actor);
    for (let index = applied.upTo + 1; index <= upTo; index++) {
      const text = JSON.stringify(actor.core.entry(index));
      const before = this.#committed.get(index);
      if (text === undefined) continue; // compacted in the same step
      if (before !== undefined && before !== text) throw new Error(`Q4: ${before} and ${text} at ${index}`);
      this.#committed.set(index, text);
    }
    for (const { index, value } of entries) {
      const known = this.#values[applied.count];
      if (known === undefined) this.#values.push({ index, value });
      else if (known.index !== index || known.value !== value) {
        throw new Error(`Q4: ${actor.id} applies ${value} at ${index}, others ${known.value} at ${known.index}`);
      }
      applied.count++;
    }
    applied.upTo = upTo;
    this.#highest = Math.max(this.#highest, upTo);
  }

  /** The data of a snapshot is the number of values that it holds. */
  #onInstalled(actor: Actor, index: number, data: string): void {
    const expected = this.#values.filter((value) => value.index <= index).length;
    if (Number(data) !== expected) throw new Error(`Q4: a snapshot at ${index} of ${data} values, not ${expected}`);
    const applied = this.#of(actor);
    applied.count = expected;
    applied.upTo = index;
  }

  /** What a snapshot of this member holds now. */
  snapshotOf(actor: Actor): string {
    return String(this.#of(actor).count);
  }

  #onOutcome(actor: Actor, ticket: number, outcome: string, index: number | null): void {
    const key = `${actor.id} ${actor.lives} ${ticket}`;
    const value = this.#valueOf.get(key);
    if (value === undefined || this.#outcomes.has(key)) throw new Error(`Q5: a second answer to ${key}`);
    this.#outcomes.set(key, outcome);
    if (outcome !== 'appended') return;
    const places = this.#values.filter((one) => one.value === value);
    if (places.length !== 1) throw new Error(`Q5: ${value} was delivered ${places.length} times`);
    if (index !== null && places[0]?.index !== index) throw new Error(`Q5: ${value} is not at ${index}`);
  }

  #onRead(actor: Actor, ticket: number): void {
    const needed = this.#reads.get(`${actor.id} ${actor.lives} ${ticket}`);
    const { commitIndex } = actor.core;
    if (needed === undefined || commitIndex < needed) throw new Error(`read at ${commitIndex}, not ${needed}`);
    this.reads++;
  }

  /** After every step of any member: over true time, pauses included. */
  check(actor: Actor): void {
    const leading = this.#stage().leading();
    if (leading.length > 1) throw new Error(`Q2: ${leading.join(' and ')} lead`);
    const { term } = actor.core.hardState;
    const before = this.#terms.get(actor.id) ?? 0;
    if (term < before && actor.lives === 1) throw new Error(`Q10: ${actor.id} goes from ${before} to ${term}`);
    this.#terms.set(actor.id, term);
  }

  /** When all is over: what was told never to be committed is not, and nothing was delivered twice. */
  checkEnd(): void {
    const values = this.#values.map(({ value }) => value);
    if (new Set(values).size !== values.length) throw new Error('Q5: a value was delivered twice');
    for (const [key, outcome] of this.#outcomes) {
      const value = this.#valueOf.get(key) as string;
      if (outcome === 'not-committed' && values.includes(value)) throw new Error(`Q5: ${value} was committed`);
    }
  }
}
