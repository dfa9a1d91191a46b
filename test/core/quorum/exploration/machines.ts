import { Hash } from './fingerprints.ts';
import { Machine, unborn } from './machine.ts';
import type { Input, Letter, Model, Resting } from './machine.ts';
import { Marks } from './marks.ts';
import type { Mark } from './marks.ts';
import { Photographer } from './memento.ts';
import type { Entry } from '../../../../src/core/quorum/entry.ts';
import type { Raft } from '../../../../src/core/quorum/raft.ts';
import type { Instant } from '../../../../src/core/step.ts';

/** A state of one member: its core, its disk, its alarm clock. Two that are the same are one object. */
export interface Local extends Resting {
  readonly number: number;
  /** True time. */
  readonly wakeAtMs: number;
  readonly claimsToLead: boolean;
  readonly commit: number;
  /** The number of its log: same log, same number. */
  readonly log: number;
  /** What came of it, by input and time. */
  readonly steps: Map<number, Step>;
  /** Whether its `isLeader` is true, by time. */
  readonly leads: Map<number, boolean>;
}

/** What came of an input. */
export interface Step {
  readonly next: Local;
  readonly sent: readonly Letter[];
  readonly marks: readonly Mark[];
  /** Was told that it leads. */
  readonly leads: boolean;
  readonly broken: string | null;
}

interface LoggedEntry {
  readonly term: number;
  /** The same for the same entry. */
  readonly entry: number;
}

const inputs = ['tick', 'write', 'crash', 'restart', 'append', 'transfer', 'leave'] as const;

/** So many moments of one exploration can be told apart. */
const mostTimes = 2 ** 12;

/** The time of the last step, which the next one only moves on, and what came out of it. */
const ignored = new Map<string, unknown>([
  ['now', { fast: 0, slow: 0 }],
  ['effects', []],
]);

/**
 * The members as machines with numbered states. What a step does depends on the member's own state, the input and the
 * time alone; so each is carried out once, by the real core, however many orders of events lead there.
 */
export class Machines {
  readonly marks = new Marks();
  /** How many states of single members there are. */
  count = 0;
  readonly model: Model;
  readonly #photographer = new Photographer(ignored);
  readonly #byName = new Map<string, Local>();
  readonly #letterNumbers = new Map<string, Letter>();
  readonly #times = new Map<number, number>();
  readonly #numbers = new Map<string, number>();
  readonly #logs: LoggedEntry[][] = [];
  readonly #matches = new Map<number, boolean>();
  readonly #known = new WeakMap<object, number>();

  constructor(model: Model) {
    this.model = model;
  }

  first(member: number): Local {
    return this.#local(unborn(member), null);
  }

  step(local: Local, input: Input, nowMs: number): Step {
    const inputNumber = input.type === 'message' ? inputs.length + input.letter.number : inputs.indexOf(input.type);
    const key = inputNumber * mostTimes + this.#timeNumber(nowMs);
    let step = local.steps.get(key);
    if (step === undefined) local.steps.set(key, (step = this.#carryOut(local, input, nowMs)));
    return step;
  }

  #carryOut(local: Local, input: Input, nowMs: number): Step {
    const machine = new Machine(this.model, this.marks, this.#photographer, local, nowMs);
    machine.take(input);
    const { leads, broken, marks } = machine;
    const sent = machine.sent.map(({ to, message }) => this.#letter(local.member, to, message));
    return { next: this.#local(machine, machine.core), sent, marks, leads, broken };
  }

  #local(of: Omit<Resting, 'core'>, root: Raft | null): Local {
    const { member, lives, startedAtMs, wakeAt, durable, writes } = of;
    const core = root === null ? null : this.#photographer.take(root);
    const disk = `${this.#numberOf(durable)} ${this.#numberOf(writes)}`;
    const name = `${member} ${core?.name} ${lives} ${startedAtMs} ${wakeAt} ${disk}`;
    let local = this.#byName.get(name);
    if (local !== undefined) return local;
    const seen = { claimsToLead: root?.role === 'leader', commit: root?.commitIndex ?? 0, log: this.#logOf(root) };
    const resting = { member, core, lives, startedAtMs, wakeAt, durable, writes };
    const memory = { steps: new Map<number, Step>(), leads: new Map<number, boolean>() };
    local = { ...resting, ...seen, ...memory, number: this.count++, wakeAtMs: this.#trueTime(of) };
    this.#byName.set(name, local);
    return local;
  }

  /** In whole milliseconds, not too early. */
  #trueTime({ member, startedAtMs, wakeAt }: Omit<Resting, 'core'>): number {
    const { fast } = this.model.clocks[member]!;
    const atMs = Math.ceil(startedAtMs + wakeAt / fast);
    return (atMs - startedAtMs) * fast < wakeAt ? atMs + 1 : atMs;
  }

  /** Of one that is down, it is none. */
  #logOf(core: Raft | null): number {
    const entries: Entry[] = [];
    for (let index = 1; index <= (core?.lastIndex ?? 0); index++) entries.push(core!.entry(index)!);
    const numbers = entries.map((entry) => this.#numberOf(entry));
    const number = this.#number(`log ${numbers.join(' ')}`);
    this.#logs[number] ??= entries.map(({ term }, at) => ({ term, entry: numbers[at]! }));
    return number;
  }

  /** True if that entry stands there in its log. */
  has({ log }: Local, index: number, entry: string): boolean {
    return this.#logs[log]![index - 1]?.entry === this.#number(entry);
  }

  /** Q4: logs that share an entry are the same up to it. */
  match(one: Local, other: Local): boolean {
    if (one.log === other.log) return true;
    const key = one.log * 2 ** 20 + other.log;
    let match = this.#matches.get(key);
    if (match === undefined) this.#matches.set(key, (match = matching(this.#logs[one.log]!, this.#logs[other.log]!)));
    return match;
  }

  /** Of something that is never changed. */
  #numberOf(value: object): number {
    let number = this.#known.get(value);
    if (number === undefined) this.#known.set(value, (number = this.#number(JSON.stringify(value))));
    return number;
  }

  #number(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) this.#numbers.set(text, (number = this.#numbers.size));
    return number;
  }

  #letter(from: number, to: number, message: Letter['message']): Letter {
    const key = `${from} ${to} ${this.#numberOf(message)}`;
    let letter = this.#letterNumbers.get(key);
    if (letter === undefined) {
      letter = letterOf(this.#letterNumbers.size, from, to, message);
      this.#letterNumbers.set(key, letter);
    }
    return letter;
  }

  /** Its `isLeader`, read at that moment. */
  leads(local: Local, nowMs: number): boolean {
    if (!local.claimsToLead || local.core === null) return false;
    let leads = local.leads.get(nowMs);
    if (leads === undefined) {
      this.#photographer.putBack(local.core);
      leads = local.core.root.isLeader(this.#clock(local, nowMs));
      local.leads.set(nowMs, leads);
    }
    return leads;
  }

  #clock({ member, startedAtMs }: Local, nowMs: number): Instant {
    const { fast, slow } = this.model.clocks[member]!;
    return { fast: (nowMs - startedAtMs) * fast, slow: (nowMs - startedAtMs) * slow };
  }

  #timeNumber(nowMs: number): number {
    let number = this.#times.get(nowMs);
    if (number === undefined) this.#times.set(nowMs, (number = this.#times.size));
    return number;
  }
}

function letterOf(number: number, from: number, to: number, message: Letter['message']): Letter {
  const hash = new Hash();
  hash.mix(number);
  const salts = [hash.fingerprint | 0, (hash.fingerprint / 2 ** 21) | 0] as const;
  const input: { type: 'message'; letter?: Letter } = { type: 'message' };
  return (input.letter = { number, salts, from, to, message, input: input as Input });
}

function matching(one: readonly LoggedEntry[], other: readonly LoggedEntry[]): boolean {
  const last = one.findLastIndex(({ term }, at) => other[at]?.term === term);
  return one.slice(0, last + 1).every(({ entry }, at) => other[at]?.entry === entry);
}
