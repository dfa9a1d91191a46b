import type { CommittedEntry } from '../../../src/core/quorum/entry.ts';
import { Violation } from '../checker.ts';
import type { Contents, Operation } from '../history.ts';
import { hashText, mix } from '../random.ts';
import type { QuorumLife } from './life.ts';

/** An append or a read that an application asked for. */
export interface Asked extends Operation {
  readonly ticket: number;
  /** Which log its member had then. */
  readonly log: number;
  /** The highest index of it that any operation had returned when this one was called. */
  readonly floor: number;
  /** The highest index that anyone had applied then. */
  readonly committed: number;
}

/** What took effect at an index, at every member: a value, or nothing. */
interface Effected {
  readonly value: string | null;
  /** Of all values up to here, and how many there are, and the last of them. */
  readonly hash: number;
  readonly length: number;
  readonly last: string | null;
}

/** What one life was told. */
interface Page {
  applied: number;
  /** What its application then has: by its own count. */
  length: number;
  last: string | null;
  readonly asked: Map<number, Asked>;
  /** Clients of this life that wait for nothing. */
  readonly idle: string[];
  clients: number;
}

const beginning: Effected = { value: null, hash: 0, length: 0, last: null };

/** One log, as it became known by what was applied: what was first applied anywhere is true. */
class Truth {
  /** By index. */
  readonly effected: Effected[];
  /** Where each value took effect. */
  readonly indexOf: Map<string, number>;
  /** The highest index that an operation returned. */
  floor: number;
  /** So much of it was there when it began. */
  readonly begunWith: number;

  constructor(before: Truth | null = null, length: number = 0) {
    this.begunWith = length;
    this.effected = before?.effected.slice(0, length + 1) ?? [beginning];
    this.indexOf = new Map([...(before?.indexOf ?? [])].filter(([, index]) => index <= length));
    this.floor = Math.min(before?.floor ?? 0, length);
  }

  get highest(): number {
    return this.effected.length - 1;
  }
}

/**
 * The true log, as it became known by what was applied, and all that was asked of it. A room that is founded anew without
 * enough pledges begins another one, with as much of the one before as its founder had applied.
 */
export class Ledger {
  readonly operations: Asked[] = [];
  /** By the number that lives know theirs by. */
  readonly #truths = new Map<number, Truth>([[0, new Truth()]]);
  readonly #byValue = new Map<string, Asked>();
  /** By index of the life. */
  readonly #pages: Page[] = [];

  /** The log `number` begins, with what that life has applied. */
  fork(number: number, founder: QuorumLife | null): void {
    const length = founder === null ? 0 : this.appliedBy(founder);
    this.#truths.set(number, founder === null ? new Truth() : new Truth(this.#truthOf(founder), length));
  }

  /** The highest index applied anywhere, in the log of that life. */
  highestFor(life: QuorumLife): number {
    return this.#truthOf(life).highest;
  }

  /** What was certain already when the log of that life began. */
  begunWith(life: QuorumLife): number {
    return this.#truthOf(life).begunWith;
  }

  appends(life: QuorumLife, first: number, values: readonly string[]): void {
    values.forEach((value, at) => this.#byValue.set(value, this.#ask(life, first + at, value)));
  }

  reads(life: QuorumLife, ticket: number): void {
    this.#ask(life, ticket, null);
  }

  appliedBy(life: QuorumLife): number {
    return this.#pages[life.index]?.applied ?? 0;
  }

  /** What its application has. */
  contentsOf(life: QuorumLife): Contents {
    const { applied, length, last } = this.#page(life);
    return { index: applied, length, last };
  }

  /** What it asked for and was not answered. */
  openBy(life: QuorumLife): IterableIterator<Asked> {
    return this.#page(life).asked.values();
  }

  /** Where that took effect, in the log of that life, whoever has seen it first. */
  indexOf({ input }: Asked, life: QuorumLife): number | null {
    return input === null ? null : (this.#truthOf(life).indexOf.get(input) ?? null);
  }

  /** The application's state after everything up to that index, as text. */
  stateAt(life: QuorumLife, index: number, chars: number): string {
    return `${index}:${this.#truthOf(life).effected[index]!.hash}:`.padEnd(chars, '.');
  }

  /** Everything up to `upTo` took effect at that member, and these values are all there are in it. */
  applies(life: QuorumLife, upTo: number, entries: readonly CommittedEntry[], promise: string): void {
    const page = this.#page(life);
    if (upTo < page.applied) throw new Violation(promise, `${life.label} applied ${page.applied}, and then ${upTo}`);
    let next = 0;
    for (let index = page.applied + 1; index <= upTo; index++) {
      const entry = entries[next]?.index === index ? entries[next++]! : null;
      this.#effect(life, index, entry?.value ?? null, promise);
    }
    if (next < entries.length)
      throw new Violation(promise, `${life.label} applied out of order: ${JSON.stringify(entries[next])}`);
    page.applied = upTo;
    page.length += entries.length;
    page.last = entries.at(-1)?.value ?? page.last;
  }

  installs(life: QuorumLife, index: number, data: string, promise: string): void {
    const page = this.#page(life);
    if (index < page.applied)
      throw new Violation(promise, `${life.label} applied ${page.applied}, and then a snapshot of ${index}`);
    if (index > this.highestFor(life) || data !== this.stateAt(life, index, data.length))
      throw new Violation(promise, `${life.label} installed the snapshot ${data}, which is not the state at ${index}`);
    const { length, last } = this.#truthOf(life).effected[index]!;
    Object.assign(page, { applied: index, length, last });
  }

  /** The operation of that ticket, which is now answered. */
  answers(life: QuorumLife, ticket: number, output: Operation['output'], nowMs: number): Asked | undefined {
    const page = this.#page(life);
    const asked = page.asked.get(ticket);
    if (asked === undefined) return undefined;
    page.asked.delete(ticket);
    asked.output = output;
    asked.returnMs = nowMs;
    if (typeof output === 'object') page.idle.push(asked.client);
    return asked;
  }

  /** An operation of that life returned that index. */
  returned(life: QuorumLife, index: number): void {
    const truth = this.#truthOf(life);
    truth.floor = Math.max(truth.floor, index);
  }

  #effect(life: QuorumLife, index: number, value: string | null, promise: string): void {
    const known = this.#truthOf(life).effected[index];
    if (known === undefined) return this.#first(life, index, value, promise);
    if (known.value !== value)
      throw new Violation(
        promise,
        `at ${index} ${life.label} applied ${value}, where ${known.value} was applied before`,
      );
  }

  #first(life: QuorumLife, index: number, value: string | null, promise: string): void {
    const { effected, indexOf } = this.#truthOf(life);
    const known = effected[index - 1]!;
    if (value === null) return void effected.push({ ...known, value });
    const { hash, length } = known;
    effected.push({ value, hash: mix(hash, hashText(value)), length: length + 1, last: value });
    const asked = this.#byValue.get(value);
    if (asked === undefined) throw new Violation(promise, `${life.label} applied ${value}, which nobody appended`);
    const once = 'Q5: what is appended is delivered exactly once';
    const before = indexOf.get(value);
    if (before !== undefined) throw new Violation(once, `${value} took effect at ${before} and at ${index}`);
    if (asked.output === 'not-committed')
      throw new Violation('Q5: not-committed is never committed', `${value} took effect at ${index}`);
    indexOf.set(value, index);
    if (asked.log === life.log && index <= asked.floor)
      throw new Violation(
        'appends and reads are linearizable',
        `${value} took effect at ${index}, and was appended after ${asked.floor} had been returned`,
      );
  }

  #ask(life: QuorumLife, ticket: number, input: string | null): Asked {
    const page = this.#page(life);
    const { floor, highest } = this.#truthOf(life);
    const asked: Asked = {
      client: page.idle.pop() ?? `${life.label}#${life.index}/${++page.clients}`,
      op: input === null ? 'read' : 'append',
      input,
      output: null,
      callMs: life.world.nowMs,
      returnMs: null,
      ticket,
      log: life.log,
      floor,
      committed: highest,
    };
    page.asked.set(ticket, asked);
    this.operations.push(asked);
    return asked;
  }

  #truthOf(life: QuorumLife): Truth {
    return this.#truths.get(life.log)!;
  }

  #page(life: QuorumLife): Page {
    return (this.#pages[life.index] ??= { applied: 0, length: 0, last: null, asked: new Map(), idle: [], clients: 0 });
  }
}
