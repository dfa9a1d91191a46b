import { describe, expect, test } from 'vitest';
import type { AvailableEffect } from '../../../src/core/available/events.ts';
import { Random } from '../../../src/core/random.ts';
import { Stage } from './stage.ts';

type Fields = Readonly<Record<string, unknown>>;

const leadership = { id: 'b', term: 7 };
const edition = { by: leadership, version: 2 };
const record = {
  id: 'b',
  seq: 900,
  rank: 2,
  priority: 0,
  visible: true,
  founded: true,
  hears: ['a', 'c'],
  claim: { term: 7, settled: 6, following: 1, over: [leadership], origin: leadership },
  follows: leadership,
  appoints: { to: 'c', term: 8, following: 1 },
  displaced: [{ loser: { id: 'c', term: 3 }, winner: leadership, edition }],
  left: false,
};

/** One of each type with every field filled in, as `b` could send it. */
const whole: Readonly<Record<string, Fields>> = {
  beat: {
    type: 'beat',
    n: 900,
    echo: { n: 3, heldMs: 1.5 },
    nextMs: 100,
    digest: 5,
    ask: false,
    keeps: true,
    register: { under: leadership, edition },
    record,
  },
  vector: { type: 'vector', vector: [['b', 4]] },
  records: { type: 'records', records: [record] },
  fetch: { type: 'fetch', edition },
  value: { type: 'value', edition, under: leadership, value: { score: [1, 'two', null, true] } },
};

/** A member `a` that leads `b`; everything that it is told comes from `b`. */
class Listener {
  readonly effects: AvailableEffect[] = [];
  readonly stage = new Stage({
    onEffect: (id, effect) => {
      if (id === 'a') this.effects.push(effect);
    },
  });

  constructor() {
    this.stage.join(['a', 'b']);
    this.stage.run(2000);
  }

  /** What became of a message: the effects without the wake. */
  hear(message: unknown): readonly AvailableEffect[] {
    this.effects.length = 0;
    this.stage.feed('a', { type: 'message', from: 'b', message });
    return this.effects.filter((effect) => effect.type !== 'wake');
  }
}

function isReported(effects: readonly AvailableEffect[]): boolean {
  return effects.length > 0 && effects.every((effect) => effect.type === 'bad-message' || effect.type === 'send');
}

function countBad(effects: readonly AvailableEffect[]): number {
  return effects.filter((effect) => effect.type === 'bad-message').length;
}

type Path = readonly (string | number)[];

/** The way to every part of a message, but not into the published value: that may be any JSON. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null || path[0] === 'value') return [path];
  const inside = Object.entries(value).flatMap(([key, child]) =>
    pathsIn(child, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inside];
}

function at(value: unknown, path: Path): unknown {
  return path.reduce((part, key) => (part as Record<string | number, unknown>)[key], value);
}

/** A copy of the message in which that part is another. */
function withPart(message: unknown, path: Path, part: unknown): unknown {
  if (path.length === 0) return part;
  const copy = structuredClone(message);
  const [last] = path.slice(-1);
  (at(copy, path.slice(0, -1)) as Record<string | number, unknown>)[last as string | number] = part;
  return copy;
}

/** A copy of the message without that field, or that element of a list. */
function withoutPart(message: unknown, path: Path): unknown {
  const copy = structuredClone(message);
  const [last] = path.slice(-1);
  const parent = at(copy, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as Record<string, unknown>)[String(last)];
  return copy;
}

/** Values of every type but that of `part`. */
function ofOtherTypes(part: unknown): readonly unknown[] {
  const kind = (value: unknown): string => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value);
  return [undefined, true, 'text!', 5, Number.NaN, {}, [[]], () => 0, 5n, Symbol('odd')].filter(
    (odd) => kind(odd) !== kind(part) || Number.isNaN(odd),
  );
}

describe('Q11: a malformed message is dropped and reported', () => {
  for (const [type, message] of Object.entries(whole)) {
    test(`a ${type} is taken when it is whole, and whatever stands beside its fields is left behind`, () => {
      const extra = { ...message, extra: { deep: [1] }, toString: 'no function', constructor: 1 };
      for (const sound of [message, extra]) expect(countBad(new Listener().hear(sound))).toBe(0);
    });

    test(`a ${type} is refused if any of its fields is missing or of another type`, () => {
      const listener = new Listener();
      for (const path of pathsIn(message)) {
        const isAnyJson = path[0] === 'value';
        for (const odd of isAnyJson ? [undefined, 5n, () => 0, Number.NaN] : ofOtherTypes(at(message, path))) {
          const what = `${path.join('.')} = ${String(odd)}`;
          expect([what, countBad(listener.hear(withPart(message, path, odd)))]).toEqual([what, 1]);
        }
        // A list may be shorter.
        if (path.length === 0 || typeof path.at(-1) === 'number') continue;
        const what = `without ${path.join('.')}`;
        const gap = withoutPart(message, path);
        expect([what, countBad(listener.hear(gap))]).toEqual([what, 1]);
      }
      expect(listener.stage.leaders()).toEqual({ a: 'a in 1', b: 'a in 1' });
    });
  }

  const tooMany = 2 ** 50 + 1;
  const manyIds = Array.from({ length: 1025 }, (_, index) => `m${String(index).padStart(5, '0')}`);
  const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;
  const outOfRange: readonly (readonly [type: string, path: string, ...parts: unknown[]])[] = [
    ['beat', 'type', 'Beat', 'constructor', '__proto__', ''],
    ['beat', 'n', -1, 0.5, tooMany, Infinity],
    ['beat', 'echo.n', -1, 0.5, tooMany],
    ['beat', 'echo.heldMs', -1, Infinity],
    ['beat', 'nextMs', 0, -1, 60_001, Infinity],
    ['beat', 'digest', -1, 0.5, 2 ** 32],
    ['beat', 'register.under.term', 0, -1, 1.5, tooMany],
    ['beat', 'register.edition.version', -1, 1.5, tooMany],
    ['beat', 'record.id', 'c', 'a'],
    ['beat', 'record.rank', -1, 1.5, tooMany],
    ['beat', 'record.priority', Infinity, -Infinity],
    ['beat', 'record.hears', ['b'], ['c', 'a'], ['a', 'a'], manyIds],
    ['beat', 'record.claim.term', 0, -1, 1.5, tooMany],
    ['beat', 'record.claim.settled', 0, -1, 1.5, tooMany],
    ['beat', 'record.claim.following', -1, 1.5, 1025],
    ['beat', 'record.claim.over', Array.from({ length: 65 }, () => leadership)],
    ['beat', 'record.appoints.following', -1, 1.5, 1025],
    ['beat', 'record.displaced', Array.from({ length: 65 }, () => record.displaced[0])],
    ['records', 'records', Array.from({ length: 1025 }, () => record)],
    ['records', 'records.0.seq', -1, 1.5, tooMany],
    ['records', 'records.0.id', '', 'x'.repeat(65), 'a b', 'a\n', 'ä', '../a'],
    ['vector', 'vector', [['b']], [['b', 1.5]], [['b', -1]], [['b', 1, 2]], manyIds.map((id) => [id, 1])],
    ['fetch', 'edition.by.id', '', 'x'.repeat(65), 'a b'],
    ['value', 'value', 'x'.repeat(140_000), deep(66), deep(2000), JSON.parse('{"a":{"__proto__":1}}') as unknown],
    ['value', 'value.score', { sum: Infinity }, [Number.NaN], [undefined], [() => 0]],
  ];
  for (const [type, path, ...parts] of outOfRange) {
    test(`a ${type} is refused if its ${path} is out of range, too long or too deep`, () => {
      const listener = new Listener();
      for (const part of parts) {
        const message = withPart(whole[type], path.split('.'), part);
        expect(countBad(listener.hear(message))).toBe(1);
        expect(isReported(listener.effects.filter((effect) => effect.type !== 'wake'))).toBe(true);
      }
    });
  }

  test('names of built-in things are ordinary ids', () => {
    const listener = new Listener();
    for (const id of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      const own = { ...record, id, hears: [], claim: null, appoints: null, displaced: [], follows: null };
      expect(countBad(listener.hear({ type: 'records', records: [own] }))).toBe(0);
      expect(countBad(listener.hear({ type: 'vector', vector: [[id, 1]] }))).toBe(0);
    }
    listener.stage.run(1000);
    expect(listener.stage.leaders()).toEqual({ a: 'a in 1', b: 'a in 1' });
  });

  test('a getter that throws is a malformed message, too', () => {
    const trap = Object.defineProperty({ type: 'beat' }, 'n', {
      get: () => {
        throw new Error('trap');
      },
    });
    expect(countBad(new Listener().hear(trap))).toBe(1);
  });
});

/** Stages of a life in which garbage may come. Each names the member that gets it, and from whom. */
const lives: Readonly<Record<string, (stage: Stage) => void>> = {
  'has not seen any view': (stage) => {
    stage.add('a');
    stage.add('b');
  },
  'is joining': (stage) => {
    stage.join(['a', 'b', 'c']);
    stage.run(3);
  },
  leads: (stage) => {
    stage.join(['a', 'b', 'c']);
    stage.run(2000);
  },
  follows: (stage) => {
    stage.join(['b', 'c']);
    stage.run(2000);
    stage.join(['a']);
    stage.run(2000);
  },
  'has just woken from a pause': (stage) => {
    stage.join(['a', 'b', 'c']);
    stage.run(2000);
    stage.pause('a');
    stage.run(5000);
    stage.resume('a');
  },
  'is merging': (stage) => {
    stage.join(['a', 'b', 'c']);
    stage.run(2000);
    stage.partition(['a'], ['b', 'c']);
    stage.run(5000);
    stage.healAll();
    stage.runUntil(() => stage.actor('a').core.reachable().length > 1, 5000);
  },
  'has left': (stage) => {
    stage.join(['a', 'b', 'c']);
    stage.run(2000);
    stage.feed('a', { type: 'leave' });
  },
};

/** Changes one to three parts of a message, at random. */
function mutated(message: unknown, random: Random): unknown {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)] as T;
  let changed = message;
  for (let change = Math.floor(random.between(1, 4)); change > 0; change--) {
    const path = pick(pathsIn(changed));
    const odd = pick<unknown>([null, -1, 0, 1e300, 0.5, '', '__proto__', true, false, [], {}, [{}], undefined, 'b', 3]);
    changed = random.next() < 0.3 && path.length > 0 ? withoutPart(changed, path) : withPart(changed, path, odd);
    if (typeof changed !== 'object' || changed === null) return changed;
  }
  return changed;
}

describe('Q11: thousands of mutated messages', () => {
  for (const [life, lead] of Object.entries(lives)) {
    test(`never throw, and change no answer when they are refused, at a member that ${life}`, () => {
      const sent: unknown[] = Object.values(whole);
      const effects: AvailableEffect[] = [];
      const stage = new Stage({
        onEffect: (id, effect) => {
          if (id === 'a') effects.push(effect);
          else if (effect.type === 'send' && sent.length < 60) sent.push(effect.message);
        },
      });
      lead(stage);
      const { core } = stage.actor('a');
      const answers = (): string => {
        const now = { fast: stage.nowMs, slow: stage.nowMs };
        return JSON.stringify([core.isLeader(now), core.leader(), core.published(), core.reachable()]);
      };
      const random = new Random(life.length);
      let refused = 0;
      for (let round = 0; round < 1500; round++) {
        const message = mutated(sent[Math.floor(random.next() * sent.length)], random);
        const before = answers();
        effects.length = 0;
        stage.feed('a', { type: 'message', from: 'b', message });
        if (countBad(effects) === 0) continue;
        refused++;
        expect(answers()).toBe(before);
      }
      if (life === 'has left') expect(effects).toEqual([]);
      else expect(refused).toBeGreaterThan(500);
    });
  }
});
