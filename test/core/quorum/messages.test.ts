import { describe, expect, test } from 'vitest';
import type { RaftEffect } from '../../../src/core/quorum/events.ts';
import { maxTermJump, termsPerEpoch } from '../../../src/core/quorum/limits.ts';
import type { Message } from '../../../src/core/quorum/messages.ts';
import { parseMessage } from '../../../src/core/quorum/parse.ts';
import { at, pathsIn, whole, withPart } from './mutations.ts';
import { Stage, configurationOf } from './stage.ts';

function ofOtherTypes(value: unknown): readonly unknown[] {
  const all = [undefined, null, true, 3.5, -1, Number.NaN, '', 'ä', [], {}, [{}]];
  if (typeof value === 'number') return all.filter((one) => typeof one !== 'number');
  if (typeof value === 'string') return all.filter((one) => typeof one !== 'string');
  if (Array.isArray(value)) return all.filter((one) => !Array.isArray(one));
  return all.filter((one) => typeof one !== typeof value);
}

describe('Q11', () => {
  for (const message of whole) {
    test(`a ${message.type} is read as it was sent, without what was sent beside it`, () => {
      expect(parseMessage(structuredClone(message), 5000)).toEqual(message);
      expect(parseMessage({ ...structuredClone(message), beside: 1 }, 5000)).toEqual(message);
    });

    test(`a ${message.type} is refused if any of its fields is missing or of another type`, () => {
      for (const path of pathsIn(message)) {
        if (path.length === 0) continue;
        for (const odd of ofOtherTypes(at(message, path))) {
          const name = path.at(-1);
          const isOptional = ['isLapsed', 'isPending', 'wantsAfter', 'isFull', 'roomChars', 'unheard'].includes(
            String(name),
          );
          const mayBeNull = name === 'released' || (name === 'granted' && message.type === 'pre-vote-reply');
          const isGap = (mayBeNull && odd === null) || (isOptional && odd === undefined);
          const parsed = parseMessage(withPart(message, path, odd), 5000);
          expect([path.join('.'), odd, typeof parsed]).toEqual([path.join('.'), odd, isGap ? 'object' : 'string']);
        }
      }
    });
  }

  const outOfRange: readonly (readonly [type: Message['type'], path: string, ...parts: unknown[]])[] = [
    ['pre-vote', 'term', 0, -1, 1.5, 2 ** 53, 2],
    ['vote', 'leaseMs', 0, 5001, Infinity],
    ['vote', 'released.term', 3, 4],
    ['vote', 'released.leader', '', 'a b', 'x'.repeat(65)],
    ['heartbeat', 'leaseMs', 0, -1, 5001, Infinity],
    ['heartbeat', 'round', 0, 0.5, 2 ** 53],
    ['heartbeat', 'order', Array.from({ length: 65 }, () => 'a'), [1], ['']],
    ['heartbeat', 'unheard', Array.from({ length: 1025 }, () => 'a'), [1], ['']],
    ['heartbeat-reply', 'roomChars', -1, 0.5, 268_435_457],
    ['append', 'entries.0.term', 4, 0],
    ['append', 'prevTerm', 3, 4],
    ['append', 'entries.3.configuration.halves', [], [[]], [[], []]],
    ['append', 'entries.3.configuration.halves.0.0.weight', 0, -1, 0.5, 1025],
    ['append', 'entries.3.configuration.halves.0.1.id', 'a'],
    ['snapshot', 'totalChars', 4, 2 ** 40],
    ['snapshot', 'chunk', ''],
    ['snapshot', 'lastTerm', 4],
    ['append-rejected', 'prevIndex', 0],
    ['propose', 'first', 0],
    ['propose', 'values.0', 'x'.repeat(1_048_577)],
  ];
  for (const [type, path, ...parts] of outOfRange) {
    test(`a ${type} is refused if its ${path} cannot be`, () => {
      const message = whole.find((one) => one.type === type);
      for (const part of parts)
        expect(typeof parseMessage(withPart(message, path.split('.'), part), 5000)).toBe('string');
    });
  }

  test('a getter that throws is a malformed message, too', () => {
    const trap = Object.defineProperty({ type: 'heartbeat' }, 'term', {
      get: () => {
        throw new Error('trap');
      },
    });
    expect(parseMessage(trap, 5000)).toBe('cannot be read');
  });
});

/** A group of three, and what one of them says of what it hears. */
class Room {
  readonly effects: RaftEffect[] = [];
  readonly stage: Stage;

  constructor() {
    this.stage = new Stage({ onEffect: ({ id }, effect) => void (id === 'a' && this.effects.push(effect)) });
    this.stage.found(configurationOf({ a: 1, b: 1, c: 1, w: 1 }));
    this.stage.run(500);
  }

  /** The codes of what a was told by `from`; its state must not have changed if there is any. */
  hear(from: string, message: unknown): readonly string[] {
    const { core } = this.stage.actor('a');
    const state = (): string =>
      JSON.stringify([core.hardState, core.commitIndex, core.lastIndex, core.leader(), core.role, core.configuration]);
    const before = state();
    this.effects.length = 0;
    this.stage.feed('a', { type: 'message', from, message });
    const codes = this.effects.flatMap((effect) => (effect.type === 'bad-message' ? [effect.code] : []));
    if (codes.length > 0 && state() !== before) throw new Error('a refused message changed something');
    return codes;
  }

  get term(): number {
    return this.stage.actor('a').core.hardState.term;
  }
}

describe('Q11: a message is dropped and reported', () => {
  test('when it comes from a stranger', () => {
    expect(new Room().hear('x', { type: 'stale', term: 5 })).toEqual(['stranger']);
    expect(new Room().hear('x', { type: 'propose', session: 2, first: 1, values: ['v'] })).toEqual(['stranger']);
  });

  test('when a witness would lead', () => {
    const room = new Room();
    const { term } = room;
    expect(
      room.hear('w', {
        type: 'vote',
        ...{ term: term + 1, lastIndex: 9, lastTerm: term, leaseMs: 250, released: null },
      }),
    ).toEqual(['stranger']);
    expect(room.hear('w', { type: 'timeout-now', term, round: 1 })).toEqual(['stranger']);
  });

  test('when its term is of another epoch, or too far ahead (Q10)', () => {
    const room = new Room();
    const { term } = room;
    expect(room.hear('b', { type: 'stale', term: term + termsPerEpoch })).toEqual(['other-epoch']);
    expect(room.hear('b', { type: 'stale', term: term + maxTermJump + 1 })).toEqual(['term-jump']);
    expect(room.hear('b', { type: 'stale', term: term + maxTermJump - 1 })).toEqual([]);
  });

  test('when somebody else leads in that term (Q1)', () => {
    const room = new Room();
    const { term } = room;
    const heartbeat = { type: 'heartbeat', term, round: 1, leaseMs: 250, rttMs: 1, commit: 0, order: [] };
    expect(room.hear('b', heartbeat)).toEqual(['impossible']);
    expect(room.hear('c', { type: 'append', ...{ term, prevIndex: 0, prevTerm: 0, entries: [], commit: 0 } })).toEqual([
      'impossible',
    ]);
  });

  test('when it answers what was never sent', () => {
    const room = new Room();
    const { term } = room;
    const reply = { type: 'heartbeat-reply', term, round: 9999, matched: 0, priority: 0, visible: true };
    expect(room.hear('b', reply)).toEqual(['impossible']);
    expect(room.hear('b', { ...reply, round: 1, matched: 9999 })).toEqual(['impossible']);
    expect(room.hear('b', { ...reply, round: 1, wantsAfter: 9999 })).toEqual(['impossible']);
    expect(room.hear('b', { ...reply, round: 1, wantsAfter: -1 })).toEqual(['malformed']);
    expect(room.hear('b', { ...reply, round: 1, isFull: 'very' })).toEqual(['malformed']);
    expect(room.hear('b', { ...reply, round: 1, isLapsed: 1 })).toEqual(['malformed']);
    expect(room.hear('b', { type: 'append-reply', term, match: 9999 })).toEqual(['impossible']);
    const rejection = { type: 'append-rejected', term, prevIndex: 9999, hintIndex: 1, hintTerm: 1 };
    expect(room.hear('b', rejection)).toEqual(['impossible']);
    expect(room.hear('b', { ...rejection, prevIndex: 1, hintIndex: 2 })).toEqual(['impossible']);
  });

  test('when it would replace what is committed (Q4)', () => {
    const stage = new Stage();
    stage.found(configurationOf({ b: 1, a: 1, c: 1 }));
    stage.run(500);
    stage.append('b', 'x');
    stage.run(200);
    const { core } = stage.actor('a');
    const { term } = core.hardState;
    expect(core.leader()?.id).toBe('b');
    const before = JSON.stringify([core.commitIndex, core.lastIndex, core.entry(1)]);
    const other = { type: 'expire', session: 1, term: term + 1 };
    stage.crash('b');
    stage.feed('a', {
      ...{ type: 'message', from: 'c' },
      message: { type: 'append', term: term + 1, prevIndex: 0, prevTerm: 0, entries: [other], commit: 0 },
    });
    expect(JSON.stringify([core.commitIndex, core.lastIndex, core.entry(1)])).toBe(before);
  });
});
