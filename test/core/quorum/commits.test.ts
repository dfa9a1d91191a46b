// When an entry is committed: Raft §5.3 and §5.4.2.
import { describe, expect, test } from 'vitest';
import { Witnessed, appendReply, heartbeatReply, playing } from './witnessed.ts';

const weightsOf = (voters: string): Record<string, number> =>
  Object.fromEntries(voters.split(' ').map((word) => [word[0] as string, Number(word.split('=')[1] ?? 1)]));

describe('an entry of the leader’s own term', () => {
  test.each([
    ['a', '', true],
    ['a b', '', false],
    ['a b', 'b', true],
    ['a b c', '', false],
    ['a b c', 'b', true],
    ['a b c', 'b c', true],
    ['a b c d', 'b', false],
    ['a b c d', 'b c', true],
    ['a b c d e', 'b', false],
    ['a b c d e', 'b c', true],
    ['a b c d e', 'b c d e', true],
    ['a b c w=2', 'b', false],
    ['a b c w=2', 'w', true],
    ['a=3 b c', '', true],
    ['a b=3 c', 'c', false],
  ])('Q5: of the voters %s, acknowledged by "%s", is committed: %s', (voters, acceptors, isCommitted) => {
    const stage = playing('leader', weightsOf(voters));
    const { lastIndex } = stage.core('a');
    for (const id of acceptors.split(' ').filter(Boolean)) stage.hear('a', id, appendReply(5, lastIndex));
    expect(stage.core('a').commitIndex === lastIndex).toBe(isCommitted);
  });

  test('Q5: acknowledged twice by the same voter counts once, and by an older or a later term not at all', () => {
    const stage = playing('leader', weightsOf('a b c d e'));
    for (let times = 0; times < 5; times++) stage.hear('a', 'b', appendReply(5, 1));
    for (const id of ['c', 'd', 'e']) stage.hear('a', id, appendReply(4, 1));
    stage.hear('a', 'c', heartbeatReply(5, 1, 1));
    expect(stage.core('a').commitIndex).toBe(0);
    stage.hear('a', 'c', appendReply(5, 1));
    expect(stage.core('a').commitIndex).toBe(1);
  });

  test.each([[[]], [[2]], [[1, 2]], [[1]], [[1, 1, 3, 4]]])('Q4: commits all that stands before it, here %j', (log) => {
    const stage = playing('leader', weightsOf('a b c'), log);
    stage.hear('a', 'b', appendReply(5, log.length + 1));
    expect(stage.core('a').commitIndex).toBe(log.length + 1);
    expect(stage.log('a')).toEqual([...log, 5]);
  });

  test('Q5: that is committed is told to the application once, in order, and to the others with the next message', () => {
    const stage = new Witnessed(weightsOf('a b c'));
    stage.settle();
    stage.append('a', 'x', 'y');
    stage.append('a', 'z');
    stage.run(200);
    for (const id of ['a', 'b', 'c']) expect(stage.values(id)).toEqual(['x', 'y', 'z']);
    const last = stage.core('a').lastIndex;
    expect(stage.sent('a', 'append', 'b').at(-1)?.message).toMatchObject({ entries: [], commit: last });
  });
});

describe('entries of earlier terms', () => {
  // The log is 1 1 2, and behind that three of the leader's own term, 5.
  test.each([
    ['a b c', [0, 0], 0],
    ['a b c', [1, 0], 0],
    ['a b c', [3, 3], 0],
    ['a b c', [3, 4], 4],
    ['a b c', [5, 0], 5],
    ['a b c', [6, 6], 6],
    ['a b c', [5, 6], 6],
    ['a b c d', [6, 2, 2], 0],
    ['a b c d', [6, 4, 2], 4],
    ['a b c d e', [3, 3, 3, 3], 0],
    ['a b c d e', [6, 4, 3, 3], 4],
    ['a b c d e', [6, 5, 4, 4], 5],
    ['a=3 b c', [0, 0], 6],
    ['a b c w=2', [5, 5, 2], 5],
    ['a b c w=2', [3, 3, 2], 0],
    ['a b c w=2', [4, 2, 6], 6],
    ['a b c w=2', [2, 2, 6], 6],
  ])('Q4: are committed with one of the leader’s own only: %s, who have %j, make it %i', (voters, matches, commit) => {
    const stage = playing('leader', weightsOf(voters), [1, 1, 2]);
    for (const [at, id] of ['b', 'c'].entries()) stage.hear('a', id, { type: 'register', nonce: at });
    expect(stage.log('a')).toEqual([1, 1, 2, 5, 5, 5]);
    const others = Object.keys(weightsOf(voters)).slice(1);
    for (const [at, id] of others.entries()) stage.hear('a', id, appendReply(5, matches[at] ?? 0));
    expect(stage.core('a').commitIndex).toBe(commit);
  });

  test('Q4: are not committed by a new leader that cannot reach a quorum, and are as soon as it can', () => {
    const stage = new Witnessed(weightsOf('a b c d e'));
    stage.settle();
    stage.append('a', 'x');
    stage.run(200);
    for (const id of ['c', 'd', 'e']) stage.cut('a', id);
    stage.append('a', 'y');
    stage.run(50);
    expect(stage.values('b')).toEqual(['x']);
    stage.isolate('a');
    for (const id of ['d', 'e']) stage.isolate(id);
    stage.run(3000);
    expect(stage.leading()).toEqual([]);
    expect(stage.values('b')).toEqual(['x']);
    stage.healAll();
    stage.isolate('a');
    stage.feed('b', { type: 'campaign' });
    stage.run(3000);
    expect(stage.leading()).toEqual(['b']);
    for (const id of ['b', 'c', 'd', 'e']) expect(stage.values(id)).toEqual(['x', 'y']);
  });
});
