import { expect, test } from 'vitest';
import type { FoundingEffect, FoundingEvent } from '../../../src/core/founding/events.ts';
import { Founding } from '../../../src/core/founding/founding.ts';
import { nobody, type Group } from '../../../src/core/founding/group.ts';
import type { Standing } from '../../../src/core/quorum/state.ts';

/** `DEPTH=6 npx vitest … interleavings.test.ts` looks further. */
const depth = Number(process.env['DEPTH'] ?? 4);
const charterMs = 60_000;
const startMs = Date.UTC(2026, 0, 1);
const epoch = 100;
const voter = (id: string, witness = false) => ({ id, weight: 1, witness });
const halves = [[voter('a'), voter('b'), voter('w', true)]];
/** Five entries are committed, by a and the witness; b has four. */
const standings: Readonly<Record<'a' | 'b' | 'w', Standing>> = {
  a: { lastIndex: 5, lastTerm: epoch * 2 ** 20 + 1, configuration: halves, promisedMs: 0 },
  b: { lastIndex: 4, lastTerm: epoch * 2 ** 20 + 1, configuration: halves, promisedMs: 0 },
  w: { lastIndex: 5, lastTerm: epoch * 2 ** 20 + 1, configuration: halves, promisedMs: 0 },
};
const none: Standing = { lastIndex: 0, lastTerm: 0, configuration: [], promisedMs: 0 };

interface Truth {
  isSeated: boolean;
  isAsked: boolean;
  core: 'acts' | 'pledged' | 'left';
  contactMs: number;
  /** Of who left: until when its vote is promised. */
  boundMs: number;
}

/** Two voters, a witness, and a newcomer, in an epoch that was founded: what is true of them, and what the server makes of it. */
class Room {
  nowMs = 0;
  readonly members: Readonly<Record<'a' | 'b', Truth>> = { a: truth(), b: truth() };
  #founding: Founding;
  #isKnown = true;
  #witness: { readonly id: string; readonly epoch: number; standing: Standing | null } | null;
  /** The next epoch was founded, or the room closed: no more of this one. */
  isOver = false;
  isContinued = false;

  constructor() {
    const group = { ...nobody, epoch, founder: 'a', witness: 'w' };
    this.#witness = { id: 'w', epoch, standing: null };
    this.#founding = this.#foundingOf(group, Number.NEGATIVE_INFINITY);
    for (const id of ['a', 'b']) this.#step({ type: 'seated', id });
  }

  #foundingOf(past: Group | null, contactMs: number): Founding {
    return new Founding({
      ...{ hasWitness: true, charterMs, past, contactMs, highestEpoch: 0, canFound: () => true },
      freshId: () => 'w2',
      witness: () => this.#witness,
    });
  }

  /** All that can happen now, by name. */
  *options(): Generator<readonly [string, () => void]> {
    for (const id of ['a', 'b'] as const) yield* this.#optionsOf(id);
    yield ['c comes', () => this.#step({ type: 'seated', id: 'c' })];
    yield [
      'c is free',
      () => this.#step({ type: 'standing', id: 'c', said: { epoch: this.#founding.group.epoch, standing: none } }),
    ];
    yield ['time passes', () => this.#pass(5_000)];
    yield ['a charter passes', () => this.#pass(charterMs)];
    yield ['started again with memory', () => this.#restart(true)];
    yield ['started again without memory', () => this.#restart(false)];
    const witness = this.#witness;
    if (witness?.id !== 'w') return;
    const standing = witness.standing === null ? standings.w : null;
    yield [`the witness is ${standing ? 'free' : 'bound'}`, () => Object.assign(witness, { standing })];
  }

  *#optionsOf(id: 'a' | 'b'): Generator<readonly [string, () => void]> {
    const member = this.members[id];
    const said = { epoch, standing: standings[id] };
    if (member.core === 'left') return;
    if (!member.isSeated) return yield [`${id} comes back`, () => this.#seat(id, member)];
    yield [`${id} is cut off`, () => this.#lose(id, member)];
    yield [`${id} is free`, () => this.#step({ type: 'standing', id, said })];
    if (member.isAsked || member.core === 'pledged') {
      const pledges = (): void => {
        member.core = 'pledged';
        this.#step({ type: 'pledge', id, said });
      };
      yield [`${id} pledges`, pledges];
    }
    const leaves = (): void => {
      const promisedMs = id === 'a' ? 0 : 7_000;
      Object.assign(member, { core: 'left', isSeated: false, boundMs: this.nowMs + promisedMs });
      this.#step({ type: 'goodbye', id, pledge: { epoch, standing: { ...standings[id], promisedMs } } });
    };
    yield [`${id} leaves`, leaves];
  }

  #seat(id: string, member: Truth): void {
    const lapsed = this.nowMs - member.contactMs >= charterMs;
    const at = { nowMs: this.nowMs, wallMs: startMs + this.nowMs };
    if (this.#founding.refusal({ id, epoch }, at) !== null) return;
    member.isSeated = true;
    this.#step({ type: 'seated', id, claim: { epoch, lapsed } });
  }

  #lose(id: string, member: Truth): void {
    Object.assign(member, { isSeated: false, isAsked: false, contactMs: this.nowMs });
    this.#step({ type: 'away', id });
  }

  #restart(withMemory: boolean): void {
    for (const member of Object.values(this.members)) {
      if (member.isSeated) Object.assign(member, { isSeated: false, contactMs: this.nowMs });
      member.isAsked = false;
    }
    if (!withMemory) {
      this.#isKnown = false;
      this.#witness = null;
    }
    const isKnown = this.#founding.group.epoch > 0 && withMemory;
    this.#founding = this.#foundingOf(isKnown ? this.#founding.group : null, this.nowMs);
    this.#step({ type: 'tick' });
  }

  #pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let next = this.#founding.nextMs(this.nowMs); next <= untilMs; next = this.#founding.nextMs(this.nowMs)) {
      this.nowMs = Math.max(this.nowMs, next);
      this.#step({ type: 'tick' });
      if (this.isOver) return;
    }
    this.nowMs = untilMs;
  }

  #step(event: FoundingEvent): void {
    if (this.isOver) return;
    const effects = this.#founding.step(event, { nowMs: this.nowMs, wallMs: startMs + this.nowMs });
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: FoundingEffect): void {
    if (effect.type === 'ask-pledge') {
      for (const id of effect.to) if (id === 'a' || id === 'b') this.members[id].isAsked = true;
    } else if (effect.type === 'closed') this.#judge(null);
    else if (effect.type === 'found' && effect.group.founder === null) this.#adopt(effect.group);
    else if (effect.type === 'found') this.#judge(effect.group);
  }

  #adopt(group: Group): void {
    if (group.epoch !== epoch) throw new Error(`epoch ${group.epoch} is taken over, which nobody founded`);
    this.#witness = { id: 'w2', epoch, standing: none };
    this.#step({ type: 'founded', epoch });
  }

  /** Any two of the three are a quorum. */
  #judge(next: Group | null): void {
    this.isOver = true;
    this.isContinued = next?.continues?.epoch === epoch;
    const acting = Object.values(this.members).filter((member) => this.#acts(member));
    if (this.#isKnown && next !== null && this.#witness?.standing === null) throw new Error('the witness is bound');
    if (acting.length > (this.isContinued ? 1 : 0)) throw new Error(`${acting.length} voters can still act`);
    if (this.isContinued && next?.continues?.lastIndex !== 5) throw new Error('what was committed does not go on');
  }

  #acts({ core, isSeated, contactMs, boundMs }: Truth): boolean {
    if (core === 'left') return this.nowMs < boundMs;
    return core === 'acts' && (isSeated || this.nowMs < contactMs + charterMs);
  }
}

function truth(): Truth {
  return { isSeated: true, isAsked: false, core: 'acts', contactMs: 0, boundMs: 0 };
}

test(`E2, E3, E5: in every order of ${depth} things that can happen to two voters and their server, nobody can act in an epoch that is given up`, () => {
  const ends = { continued: 0, over: 0 };
  const walk = (path: readonly number[]): void => {
    const room = new Room();
    const names: string[] = [];
    try {
      for (const at of path) {
        const option = [...room.options()][at];
        if (!option) return;
        names.push(option[0]);
        option[1]();
      }
    } catch (error) {
      throw new Error(`${names.join(', ')}: ${(error as Error).message}`, { cause: error });
    }
    if (room.isOver) {
      ends[room.isContinued ? 'continued' : 'over']++;
    } else if (path.length < depth) {
      const count = [...room.options()].length;
      for (let at = 0; at < count; at++) walk([...path, at]);
    }
  };
  walk([]);
  expect(ends.continued).toBeGreaterThan(10);
  expect(ends.over).toBeGreaterThan(100);
}, 120_000);
