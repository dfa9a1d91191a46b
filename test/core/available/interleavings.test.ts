import { describe, expect, test } from 'vitest';
import { Stage } from './stage.ts';

/**
 * Three members and every order in which their first messages may arrive. While the order is chosen time stands still,
 * so steps of different members do not touch each other: what a member has become depends on what it was given, in
 * which order, and on nothing else. Two orders that agree on that for each member are one state, and explored once.
 */

/** One move: the letter from one to the other with that number is delivered, or something breaks. */
interface Move {
  readonly kind: 'deliver' | Fault;
  readonly from: string;
  readonly to: string;
  readonly number: number;
}

type Fault = 'crash' | 'leave' | 'cut' | 'pause';

interface Beginning {
  readonly ids: readonly string[];
  readonly begin: (stage: Stage) => void;
}

/** A stage that remembers by which number it knows each letter. */
class Scene {
  readonly stage = new Stage();
  readonly #given = new Map<string, string[]>();
  /** In the order of sending, from one to the other. */
  readonly #sent = new Map<string, number>();
  #numbered: { readonly move: Move; readonly letter: Stage['letters'][number] }[] = [];

  constructor(beginning: Beginning, moves: readonly Move[]) {
    this.stage.isHolding = true;
    beginning.begin(this.stage);
    this.stage.isHolding = true;
    this.#number();
    for (const move of moves) this.#make(move);
  }

  /** Gives what is new in the mail its numbers, and takes it out. */
  #number(): void {
    for (const letter of this.stage.letters.splice(0)) {
      const { from, to } = letter;
      const number = (this.#sent.get(`${from} ${to}`) ?? 0) + 1;
      this.#sent.set(`${from} ${to}`, number);
      this.#numbered.push({ move: { kind: 'deliver', from, to, number }, letter });
    }
  }

  #make(move: Move): void {
    const { kind, from, to, number } = move;
    if (kind === 'deliver') {
      const at = this.#numbered.findIndex(
        ({ move: { from: f, to: t, number: n } }) => f === from && t === to && n === number,
      );
      const [taken] = this.#numbered.splice(at, 1);
      this.stage.deliver(taken!.letter);
      this.#note(to, `${from} ${number}`);
    } else {
      this.#break(kind, from, to);
      for (const id of [from, to]) this.#note(id, `${kind} ${from} ${to}`);
    }
    this.#number();
  }

  #break(fault: Fault, id: string, other: string): void {
    if (fault === 'crash') this.stage.crash(id);
    if (fault === 'leave') this.stage.leave(id);
    if (fault === 'pause') this.stage.pause(id);
    if (fault === 'cut') this.stage.partition([id], [other]);
  }

  #note(id: string, what: string): void {
    this.#given.set(id, [...(this.#given.get(id) ?? []), what]);
  }

  get deliveries(): readonly Move[] {
    return this.#numbered.filter(({ letter }) => this.stage.actor(letter.to).state === 'up').map(({ move }) => move);
  }

  /** What each member was given, in order: the name of this state. */
  get name(): string {
    return [...this.#given]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, given]) => `${id}: ${given.join(', ')}`)
      .join('; ');
  }

  /** The network calms: what is under way arrives, whoever was paused goes on, time passes. What is cut stays cut. */
  calm(): boolean {
    const { stage } = this;
    for (const { state, id } of stage.actors.values()) if (state === 'paused') stage.resume(id);
    for (const { letter } of this.#numbered.splice(0)) stage.deliver(letter);
    stage.isHolding = false;
    const here = [...stage.actors.values()].filter(({ state }) => state === 'up').map(({ id }) => id);
    // With one link cut between three, the third member still connects the two.
    const groups = here.length === 2 && this.#isCut(here) ? here.map((id) => [id]) : [here];
    const agree = (): boolean => groups.every((group) => stage.agree(group));
    if (!stage.runUntil(agree, 8000)) return false;
    stage.run(300);
    return agree();
  }

  #isCut([a, b]: readonly string[]): boolean {
    return this.name.includes(`cut ${a} ${b}`);
  }
}

function faultsAmong(ids: readonly string[]): readonly Move[] {
  const move = (kind: Fault, from: string, to: string): Move => ({ kind, from, to, number: 0 });
  const pairs = ids.flatMap((from, at) => ids.slice(at + 1).map((to) => move('cut', from, to)));
  return [...ids.flatMap((id) => (['crash', 'leave', 'pause'] as const).map((kind) => move(kind, id, id))), ...pairs];
}

/** Every state within so many moves, at most one of them a fault: by what was given to whom. */
function* statesWithin(depth: number, beginning: Beginning): Generator<readonly Move[]> {
  const seen = new Set<string>();
  let reached: (readonly Move[])[] = [[]];
  for (let moved = 0; moved <= depth; moved++) {
    const further: (readonly Move[])[] = [];
    for (const moves of reached) {
      const scene = new Scene(beginning, moves);
      if (seen.has(scene.name)) continue;
      seen.add(scene.name);
      yield moves;
      const isWhole = moves.every(({ kind }) => kind === 'deliver');
      const next = isWhole ? [...scene.deliveries, ...faultsAmong(beginning.ids)] : scene.deliveries;
      for (const move of next) further.push([...moves, move]);
    }
    reached = further;
  }
}

function inWords(moves: readonly Move[]): string {
  return moves.map(({ kind, from, to, number }) => `${kind} ${from} ${to} ${number}`).join(', ');
}

const ids = ['a', 'b', 'c'];

const beginnings: Readonly<Record<string, Beginning & { readonly depth: number }>> = {
  'three start together': { ids, depth: 3, begin: (stage) => stage.join(ids) },
  'a third joins two': {
    ids,
    depth: 3,
    begin: (stage) => {
      stage.isHolding = false;
      stage.join(['a', 'b']);
      stage.run(2000);
      stage.letters.length = 0;
      stage.isHolding = true;
      stage.join(['c']);
    },
  },
  'the leader hands over': {
    ids,
    depth: 3,
    begin: (stage) => {
      stage.isHolding = false;
      stage.join(ids);
      stage.run(2000);
      stage.letters.length = 0;
      stage.isHolding = true;
      stage.feed('a', { type: 'transfer', to: 'b' });
    },
  },
  'two groups meet': {
    ids,
    depth: 3,
    begin: (stage) => {
      stage.isHolding = false;
      stage.join(ids);
      stage.partition(['a'], ['b', 'c']);
      stage.run(4000);
      stage.healAll();
      stage.letters.length = 0;
      stage.isHolding = true;
      for (const id of ids) stage.feed(id, { type: 'reset', peer: id === 'a' ? 'b' : 'a' });
    },
  },
};

describe('A1: one leader after every order of the first messages, with a crash, goodbye, pause or cut anywhere', () => {
  for (const [name, beginning] of Object.entries(beginnings)) {
    test(`when ${name}`, () => {
      let states = 0;
      for (const moves of statesWithin(beginning.depth, beginning)) {
        states++;
        const agreed = new Scene(beginning, moves).calm();
        if (!agreed) expect.fail(`no agreement after: ${inWords(moves)}`);
      }
      expect(states).toBeGreaterThan(100);
    }, 120_000);
  }
});
