import { isQuorum } from '../../../../src/core/quorum/configuration.ts';
import { durableEntry } from './durable.ts';
import { Fingerprints } from './fingerprints.ts';
import type { Input, Letter } from './machine.ts';
import type { Local, Machines, Step } from './machines.ts';
import type { Chronicle, Mark } from './marks.ts';
import { extras } from './scene.ts';
import type { Extra, Scene } from './scene.ts';
import { State } from './state.ts';

/** A state that was reached, and how. */
interface Node {
  /** `null`: explored. */
  state: State | null;
  readonly before: Node | null;
  /** What was done to whom; `null`: time passed. */
  readonly move: { readonly member: number; readonly input: Input } | null;
  readonly atMs: number;
}

export interface Findings {
  readonly states: number;
  readonly moves: number;
  /** States of single members. */
  readonly locals: number;
  readonly broken: { readonly what: string; readonly path: readonly string[] } | null;
}

const tick: Input = { type: 'tick' };
const write: Input = { type: 'write' };
const restart: Input = { type: 'restart' };
const wished = (['crash', 'append', 'transfer', 'leave'] as const).map((type) => ({ type }));

class Broken extends Error {
  readonly node: Node;

  constructor(message: string, node: Node) {
    super(message);
    this.node = node;
  }
}

/**
 * Explores every run of a scene: whatever may happen next does, in every order.
 *
 * - A message may be delivered at any time, or never. So loss and partitions need no moves of their own: what they bring
 *   about is what comes of not delivering; and a delivery that changes nothing need not be explored, because with one
 *   message less under way less can happen, and nothing else.
 * - Time passes from one alarm to the next, and lies on whole milliseconds. Until a member ticks it passes no further,
 *   unless that member oversleeps: then it ticks at any later moment, or never. A pause of a whole member is no more than
 *   that, with no messages for it meanwhile.
 * - States are the same if all members are the same to the last bit, the same messages are under way, and it is the same
 *   time: the same can come of them. What was is in the state as far as a promise is about it (`Chronicle`).
 * - Steps of two members commute, for neither touches what the other's depends on: both orders come to one state, which
 *   is explored once.
 *
 * Runs with few deliveries come first: so each state is reached with as many of them left as can be, and one with fewer
 * left need not be told from it.
 */
export class Explorer {
  readonly #machines: Machines;
  readonly #scene: Scene;
  /** Reached with no more deliveries than now. */
  readonly #seen = new Fingerprints();
  readonly #untilMs: number;
  #open: Node[];
  /** Reached with one delivery more. */
  #later: Node[] = [];
  #seenLater = new Fingerprints();
  #moves = 0;

  constructor(machines: Machines, scene: Scene, start: State) {
    this.#machines = machines;
    this.#scene = scene;
    this.#untilMs = start.nowMs + scene.forMs;
    this.#seen.add(start.fingerprint());
    this.#open = [{ state: start, before: null, move: null, atMs: start.nowMs }];
  }

  /** Ends when all that is within the bounds was seen, or a promise is broken. */
  explore(): Findings {
    let broken: Findings['broken'] = null;
    try {
      for (let left = this.#scene.messages; left >= 0 && this.#open.length > 0; left--) {
        for (let node = this.#open.pop(); node !== undefined; node = this.#open.pop()) this.#visit(node, left > 0);
        this.#open = this.#later.filter((node) => this.#seen.add((node.state as State).fingerprint()));
        this.#later = [];
        this.#seenLater = new Fingerprints();
      }
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      broken = { what: error.message, path: this.#pathTo(error.node) };
    }
    return { states: this.#seen.size, moves: this.#moves, locals: this.#machines.count, broken };
  }

  #visit(node: Node, mayDeliver: boolean): void {
    const state = node.state as State;
    node.state = null;
    this.#judge(state, node);
    if (mayDeliver) this.#deliver(state, node);
    this.#act(state, node);
    this.#passTime(state, node);
  }

  #reach(state: State, before: Node, move: Node['move']): void {
    if (this.#seen.add(state.fingerprint())) this.#open.push({ state, before, move, atMs: state.nowMs });
  }

  #reachLater(state: State, before: Node, move: Node['move']): void {
    const fingerprint = state.fingerprint();
    if (this.#seen.has(fingerprint) || !this.#seenLater.add(fingerprint)) return;
    this.#later.push({ state, before, move, atMs: state.nowMs });
  }

  // What may happen.

  #deliver(state: State, node: Node): void {
    const { letters, members } = state;
    const repeated = this.#spend(state, 'duplicate');
    for (let at = 0; at < letters.length; at++) {
      const letter = letters[at] as Letter;
      if (letters.indexOf(letter) < at || members[letter.to]!.core === null) continue;
      const move = { member: letter.to, input: letter.input };
      const after = this.#step(state.without(at), move, node);
      if (after === null) continue;
      this.#reachLater(after, node, move);
      if (repeated !== null) this.#reachLater(this.#step(repeated, move, node)!, node, move);
    }
  }

  #act(state: State, node: Node): void {
    for (const { member, core, wakeAtMs, writes, claimsToLead } of state.members) {
      if (core === null) this.#do(state, member, restart, node);
      else {
        if (wakeAtMs <= state.nowMs) this.#do(state, member, tick, node);
        if (writes.length > 0) this.#do(state, member, write, node);
        for (const input of wished) {
          if (!claimsToLead && isForLeaders(input)) continue;
          const spent = this.#spend(state, input.type, member);
          if (spent !== null) this.#do(spent, member, input, node);
        }
      }
    }
  }

  #do(state: State, member: number, input: Input, node: Node): void {
    const move = { member, input };
    const after = this.#step(state, move, node);
    if (after !== null) this.#reach(after, node, move);
  }

  /** `null`: there were as many as may be. */
  #spend(state: State, extra: Extra, member?: number): State | null {
    const at = extras.indexOf(extra);
    const { extras: allowed, who } = this.#scene;
    if (state.spent[at]! >= (allowed[extra] ?? 0)) return null;
    if (member !== undefined && who?.[extra]?.includes(member) === false) return null;
    return state.spending(at);
  }

  #passTime(state: State, node: Node): void {
    let nowMs = Infinity;
    let asleep: State | null = state;
    for (const [member, { wakeAtMs }] of state.members.entries()) {
      if (wakeAtMs > state.nowMs) nowMs = Math.min(nowMs, wakeAtMs);
      else if (wakeAtMs === state.nowMs) asleep = this.#spend(asleep, 'oversleep', member);
      if (asleep === null) return;
    }
    if (nowMs > this.#untilMs) return;
    this.#reach(asleep.at(nowMs), node, null);
  }

  /** `null`: nothing comes of it. */
  #step(state: State, move: NonNullable<Node['move']>, before: Node): State | null {
    this.#moves++;
    const local = state.members[move.member] as Local;
    const step = this.#machines.step(local, move.input, state.nowMs);
    if (step.next === local && step.sent.length === 0 && step.broken === null) return null;
    return this.#after(state, step, { state: null, before, move, atMs: state.nowMs });
  }

  #after(state: State, step: Step, node: Node): State {
    if (step.broken !== null) throw new Broken(step.broken, node);
    const members = state.members.slice();
    members[step.next.member] = step.next;
    const sent = step.sent.filter((letter) => !this.#isCut(letter));
    const letters = sent.length === 0 ? state.letters : [...state.letters, ...sent];
    let { chronicle } = state;
    for (const mark of step.marks) chronicle = this.#note(chronicle, mark, members, node);
    if (step.leads) this.#isComplete(chronicle, step.next, node);
    return new State(members, letters, state.nowMs, chronicle, state.spent);
  }

  #isCut({ from, to }: Letter): boolean {
    return this.#scene.cuts?.some((cut) => cut.includes(from) && cut.includes(to)) === true;
  }

  // What must not happen.

  #note(chronicle: Chronicle, mark: Mark, members: readonly Local[], node: Node): Chronicle {
    const next = this.#machines.marks.add(chronicle, mark);
    if ('contradicted' in next)
      throw new Broken(`${mark.promise}: ${mark.of} is ${next.contradicted.value}, and ${mark.value}`, node);
    if (mark.index !== null && next !== chronicle && !this.#isHeld(mark, members))
      throw new Broken(`Q5: ${mark.of} is committed, and no quorum holds it`, node);
    return next;
  }

  #isHeld({ index, value }: Mark, members: readonly Local[]): boolean {
    const { founding, ids } = this.#machines.model;
    return isQuorum(founding, (id) => {
      const entry = durableEntry(members[ids.indexOf(id)]!.durable, index!);
      return entry !== undefined && JSON.stringify(entry) === value;
    });
  }

  /** Q4: whoever leads has everything that was committed. */
  #isComplete(chronicle: Chronicle, local: Local, node: Node): void {
    for (const { index, value, of } of chronicle.marks.values()) {
      if (index !== null && !this.#machines.has(local, index, value))
        throw new Broken(`Q4: ${this.#machines.model.ids[local.member]} leads without ${of}, which is ${value}`, node);
    }
  }

  /**
   * Q2 holds at every instant if it holds at those at which a member stepped: between two steps leaderships only end.
   * Each member is asked by its own clock.
   */
  #judge({ members, nowMs }: State, node: Node): void {
    this.#compareLogs(members, node);
    const leading = members.filter((local) => this.#machines.leads(local, nowMs));
    const { ids } = this.#machines.model;
    if (leading.length > 1)
      throw new Broken(`Q2: ${leading.map(({ member }) => ids[member]).join(' and ')} lead`, node);
  }

  #compareLogs(members: readonly Local[], node: Node): void {
    const { ids } = this.#machines.model;
    for (const one of members) {
      for (const other of members) {
        if (one.member >= other.member || this.#machines.match(one, other)) continue;
        throw new Broken(`Q4: the logs of ${ids[one.member]} and ${ids[other.member]} do not match`, node);
      }
    }
  }

  #pathTo(last: Node): readonly string[] {
    const path: string[] = [];
    for (let node: Node | null = last; node?.before != null; node = node.before) path.unshift(this.#inWords(node));
    return path;
  }

  #inWords({ move, atMs }: Node): string {
    if (move === null) return `${atMs} ms`;
    const { ids } = this.#machines.model;
    const { member, input } = move;
    if (input.type !== 'message') return `${atMs} ms: ${ids[member]}: ${input.type}`;
    return `${atMs} ms: ${ids[input.letter.from]} > ${ids[member]}: ${JSON.stringify(input.letter.message)}`;
  }
}

function isForLeaders({ type }: Input): boolean {
  return type === 'transfer' || type === 'leave';
}
