import { expect, test } from 'vitest';
import { Stage } from './stage.ts';

test('L1: all members are told who comes next whenever that changes, and in that order they lead', () => {
  const told = new Map<string, string>();
  const stage = new Stage((_, deed) => {
    if (deed.type !== 'send') return;
    const message = deed.message as { readonly type: string; readonly line: readonly string[] };
    if (message.type === 'beat') told.set(deed.to, message.line.join(' '));
  });
  /** What the leader last told each of the others. */
  const lines = (...ids: readonly string[]): unknown => {
    stage.run(100);
    return ids.map((id) => told.get(id));
  };
  for (const id of ['a', 'b', 'c', 'd']) {
    stage.join([id]);
    stage.run(100);
  }
  expect(lines('b', 'c', 'd')).toEqual(['b c d', 'b c d', 'b c d']);

  stage.do('a', ({ election }) => election.feed({ type: 'transfer', to: 'c' }));
  expect(lines('a', 'b', 'd')).toEqual(['b d a', 'b d a', 'b d a']);

  stage.do('b', ({ election }) => election.feed({ type: 'visible', visible: false }));
  expect(lines('a', 'b', 'd')).toEqual(['d a b', 'd a b', 'd a b']);
  stage.do('b', ({ election }) => election.feed({ type: 'visible', visible: true }));
  expect(lines('a', 'b', 'd')).toEqual(['b d a', 'b d a', 'b d a']);

  for (const [crashed, next] of [
    ['c', 'b'],
    ['b', 'd'],
    ['d', 'a'],
  ] as const) {
    stage.crash(crashed);
    stage.run(100);
    expect(stage.page(next).election.isLeader()).toBe(true);
  }
});
