import { expect, test } from 'vitest';
import { askMs, maxAsks, silentMs } from '../../../src/core/lock/pace.ts';
import { other, Page } from './page.ts';
import { Stage } from './stage.ts';

test('a hint makes a leader ask at once: who is gone is out of line long before anybody would have missed it', () => {
  const told: string[] = [];
  const stage = new Stage((id, deed) => {
    if (id === 'a' && deed.type === 'reachable') told.push(deed.peers.join(' '));
  });
  stage.join(['a']);
  stage.run(100);
  stage.join(['b', 'c']);
  stage.run(100);
  stage.crash('c');
  stage.do('a', ({ election }) => election.feed({ type: 'hint', peer: 'c' }));
  stage.run((maxAsks + 0.5) * askMs);
  expect(told.at(-1)).toBe('a b');
  expect(stage.nowMs).toBeLessThan(silentMs);
});

test.each([
  ['of its leader makes a member look at once', 'b', true],
  ['of anybody else does not', 'c', false],
] as const)('a hint at the death %s', (_, peer, looks) => {
  const page = new Page();
  page.others = [other];
  page.feed({ type: 'members', peers: ['a', 'b', 'c'] });
  page.look();
  const beat = { type: 'beat', term: other.term, version: 1, line: ['c', 'a'], edition: null, ask: false };
  page.feed({ type: 'message', from: 'b', message: beat });
  const effects = page.feed({ type: 'hint', peer });
  expect(effects.some(({ type }) => type === 'look')).toBe(looks);
});
