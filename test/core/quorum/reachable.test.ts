// Whom a member calls reachable: who answers the leader, or itself where there is none.
import { describe, expect, test } from 'vitest';
import { configurationOf } from './stage.ts';
import { Witnessed, five, three } from './witnessed.ts';

const reachableTo = (stage: Witnessed, id: string): string => stage.of(id, 'reachable').at(-1)?.peers.join('') ?? '';

/** Nothing gets from one side to the other. */
function part(stage: Witnessed, ...sides: readonly string[]): void {
  for (const from of sides)
    for (const to of sides) if (from !== to) for (const a of from) for (const b of to) stage.cut(a, b);
}

function heal(stage: Witnessed, ids: string): void {
  for (const from of ids) for (const to of ids) stage.heal(from, to);
}

describe('reachable', () => {
  test.each([
    ['the leader among them', 'ab', 'cde'],
    ['the leader elsewhere', 'de', 'abc'],
  ])(
    'those on the smaller side of a cut, %s, reach each other and nobody else, and so do those on the other',
    (_, few, most) => {
      const stage = new Witnessed(five);
      stage.settle();
      part(stage, few, most);
      stage.run(10_000);
      for (const id of most) expect(reachableTo(stage, id)).toBe(most);
      stage.forget();
      stage.run(60_000);
      for (const id of few) expect(stage.of(id, 'reachable').map(({ peers }) => peers.join(''))).toEqual([]);
      heal(stage, 'abcde');
      stage.run(10_000);
      for (const id of 'abcde') expect(reachableTo(stage, id)).toBe('abcde');
    },
  );

  test('those on the smaller side have said so by then, and say it when one of them crashes', () => {
    const stage = new Witnessed(five);
    stage.settle();
    part(stage, 'de', 'abc');
    stage.run(10_000);
    expect([reachableTo(stage, 'd'), reachableTo(stage, 'e')]).toEqual(['de', 'de']);
    stage.crash('e');
    stage.run(20_000);
    expect(reachableTo(stage, 'd')).toBe('d');
  });

  test('who does not hear the leader and whoever follows it reach each other where their link works', () => {
    const stage = new Witnessed(five);
    stage.settle();
    part(stage, 'e', 'abd'); // c alone hears both sides
    stage.run(10_000);
    expect(stage.core('c').leader()?.id).toBe('a');
    expect([reachableTo(stage, 'c'), reachableTo(stage, 'e')]).toEqual(['abcde', 'ce']);
    stage.forget();
    stage.run(60_000);
    for (const id of 'ce') expect(stage.of(id, 'reachable')).toEqual([]);
    stage.crash('e');
    stage.run(10_000);
    expect(reachableTo(stage, 'c')).toBe('abcd');
  });

  /** Each answer of that member, whether the other is in it, and after how many milliseconds; the same ones left out. */
  function answers(
    stage: Witnessed,
    id: string,
    other: string,
    sinceMs: number,
  ): readonly (readonly [boolean, number])[] {
    const told = stage.told.flatMap(({ atMs, id: teller, effect }) =>
      teller === id && effect.type === 'reachable' ? [[effect.peers.includes(other), atMs - sinceMs] as const] : [],
    );
    return told.filter(([isThere], at) => isThere !== (told[at - 1]?.[0] ?? true));
  }

  const leaseMs = 250;

  test.each([
    ['abw', 'b', 0],
    ['abcw', 'c', 0],
    ['abcw', 'a', 0],
    ['abcw', 'c', 200],
    ['abcw', 'a', -1000],
    ['abcdew', 'e', 0],
    ['abcdew', 'a', 0],
    ['abcdew', 'e', -3000],
  ])(
    'of %s the witness is lost, and %s %i ms later: it is out of reach for the others within four leases and a bit, for good',
    (ids, victim, laterMs) => {
      const weights = Object.fromEntries([...ids].map((id) => [id, id === 'w' ? Math.max(1, ids.length - 2) : 1]));
      const stage = new Witnessed(weights);
      stage.settle();
      const [first, second] = laterMs < 0 ? [victim, 'w'] : ['w', victim];
      stage.crash(first);
      stage.run(Math.abs(laterMs));
      stage.crash(second);
      const goneMs = stage.nowMs - (laterMs < 0 ? -laterMs : 0);
      stage.run(20_000);
      for (const id of ids.replace(victim, '').replace('w', '')) {
        const [only, ...more] = answers(stage, id, victim, goneMs);
        expect([id, only?.[0], more]).toEqual([id, false, []]);
        expect(only?.[1]).toBeLessThan(4 * leaseMs + 200);
      }
    },
  );

  test('who was out of reach is so without a leader, until it says a word itself', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1, d: 1, w: 3 });
    stage.settle();
    stage.crash('c');
    stage.run(2000);
    stage.crash('w');
    stage.crash('d');
    stage.run(10_000);
    expect(stage.leading()).toEqual([]);
    expect([reachableTo(stage, 'a'), reachableTo(stage, 'b')]).toEqual(['ab', 'ab']);
    stage.restart('c');
    stage.run(10_000);
    expect(stage.leading()).toEqual([]);
    expect([reachableTo(stage, 'a'), reachableTo(stage, 'b')]).toEqual(['abc', 'abc']);
  });

  test('who is dead stays out of reach when the leader dies as well, and when its last question is answered late', () => {
    const stage = new Witnessed(five);
    stage.settle();
    stage.feed('e', { type: 'campaign' });
    stage.run(1000);
    stage.crash('e');
    stage.run(10_000);
    stage.forget();
    const leader = stage.agreed([...'abcd']) as string;
    stage.crash(leader);
    stage.run(20_000);
    const left = [...'abcd'].filter((id) => id !== leader);
    for (const id of left) for (const { peers } of stage.of(id, 'reachable')) expect(peers).not.toContain('e');
    for (const id of left) expect(reachableTo(stage, id)).toBe(left.join(''));
  });

  test('who may not lead stands in no line, and is reachable to all followers', () => {
    const stage = new Witnessed(three, { options: { charterMs: 2_000 } });
    const contact = (...ids: readonly string[]): void => {
      for (const id of ids) {
        const { fast: askedAt } = stage.clock(stage.actor(id));
        stage.feed(id, { type: 'contact', askedAt });
      }
    };
    contact('a', 'b', 'c');
    stage.settle();
    for (let seconds = 0; seconds < 10; seconds++) {
      contact('a', 'b');
      stage.run(1_000);
    }
    expect(stage.sent('a', 'heartbeat', 'b').at(-1)?.message).toMatchObject({ order: ['b'] });
    expect(reachableTo(stage, 'b')).toBe('abc');
  });

  test('a witness that is all that is left answers as well', () => {
    const stage = new Witnessed(configurationOf({ a: 1, b: 1, c: 1, d: 1, w: 2 }));
    stage.settle();
    part(stage, 'a', 'b', 'd', 'cw');
    stage.run(10_000);
    expect(['a', 'b', 'c'].map((id) => reachableTo(stage, id))).toEqual(['a', 'b', 'cw']);
  });
});

describe('a new leader', () => {
  test.each([
    ['takes over', (stage: Witnessed): void => stage.crash('a')],
    ['was handed the lead', (stage: Witnessed): void => stage.feed('a', { type: 'transfer', to: 'b' })],
  ])('that %s calls nobody unreachable whom it had no time to hear, and nor do those that follow it', (_, begin) => {
    const stage = new Witnessed(five);
    stage.settle();
    stage.run(1_000);
    stage.forget();
    begin(stage);
    stage.run(300);
    expect(stage.leading()).toEqual(['b']);
    for (const id of 'bcde') expect(stage.of(id, 'reachable')).toEqual([]);
    stage.run(3_000);
    const isGone = stage.actor('a').state === 'down';
    for (const id of 'bcde') expect(reachableTo(stage, id)).toBe(isGone ? 'bcde' : '');
  });

  test.each([
    ['abe', 100],
    ['abe', 300],
    ['abcdew', 300],
    ['abcdew', 700],
  ])(
    'of %s that is %i ms away from all others has not heard them when it has won, and calls nobody unreachable',
    (ids, ms) => {
      const weights = Object.fromEntries([...ids].map((id) => [id, id === 'w' ? Math.max(1, ids.length - 2) : 1]));
      const delayMs = (from: string, to: string): number => ([from, to].includes('e') ? ms : 5);
      const stage = new Witnessed({ ...configurationOf(weights), learners: ['f'] }, { delayMs });
      stage.settle();
      stage.run(10_000);
      stage.forget();
      stage.feed('a', { type: 'transfer', to: 'e' });
      stage.run(30_000);
      expect(stage.leading()).toEqual(['e']);
      for (const id of [...ids, 'f']) expect(stage.of(id, 'reachable')).toEqual([]);
    },
  );
});
