// Linearizable reads: Ongaro §6.4.
import { describe, expect, test } from 'vitest';
import { configurationOf } from './stage.ts';
import {
  Witnessed,
  append,
  appendReply,
  five,
  heartbeat,
  heartbeatReply,
  playing,
  three,
  voteReply,
} from './witnessed.ts';

const answered = (stage: Witnessed, id: string): readonly number[] => stage.of(id, 'read').map(({ ticket }) => ticket);

const questions = (stage: Witnessed): readonly number[] =>
  stage.sent('a', 'read-index').map(({ message }) => Number(message['number']));

describe('a read at the leader', () => {
  test('is answered in the same step, by its lease, and sends nothing', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.forget();
    stage.feed('a', { type: 'read', ticket: 1 });
    expect(answered(stage, 'a')).toEqual([1]);
    expect(stage.of('a', 'send')).toEqual([]);
  });

  test('is answered as long as a quorum answers it, whoever else is cut off, and by no lease that ran out', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.isolate('b');
    stage.run(2000);
    stage.feed('a', { type: 'read', ticket: 1 });
    stage.run(5);
    expect(answered(stage, 'a')).toEqual([1]);
    stage.isolate('c');
    stage.run(300);
    stage.feed('a', { type: 'read', ticket: 2 });
    stage.run(3000);
    expect(answered(stage, 'a')).toEqual([1]);
  });

  test('that is new waits until it has committed an entry of its own term', () => {
    const stage = playing('leader', three, [1, 2]);
    for (const id of ['b', 'c']) stage.hear('a', id, heartbeatReply(5, 1));
    stage.feed('a', { type: 'read', ticket: 1 });
    stage.hear('a', 'b', { type: 'read-index', number: 7 });
    stage.hear('a', 'b', appendReply(5, 2));
    expect([answered(stage, 'a'), stage.sent('a', 'read-index-reply')]).toEqual([[], []]);
    stage.hear('a', 'b', appendReply(5, 3));
    expect(answered(stage, 'a')).toEqual([1]);
    const reply = { type: 'read-index-reply', number: 7, index: 3 };
    expect(stage.sent('a', 'read-index-reply')).toEqual([{ to: 'b', message: reply }]);
  });

  test('without a lease waits for a quorum to answer a round that was sent after it was asked', () => {
    const stage = playing('candidate', five);
    stage.run(300);
    for (const id of ['b', 'c']) stage.hear('a', id, voteReply(5));
    for (const id of ['b', 'c']) stage.hear('a', id, appendReply(5, 1));
    expect([stage.core('a').role, stage.leading(), stage.core('a').commitIndex]).toEqual(['leader', [], 1]);
    stage.feed('a', { type: 'read', ticket: 1 });
    stage.hear('a', 'd', { type: 'read-index', number: 7 });
    stage.hear('a', 'b', heartbeatReply(5, 1, 1));
    expect([answered(stage, 'a'), stage.sent('a', 'read-index-reply')]).toEqual([[], []]);
    stage.run(1000);
    const round = Number(stage.sent('a', 'heartbeat').at(-1)?.message['round']);
    expect(round).toBeGreaterThan(1);
    for (const id of ['b', 'c']) stage.hear('a', id, heartbeatReply(5, round, 1));
    expect(answered(stage, 'a')).toEqual([1]);
    stage.hear('a', 'd', { type: 'read-index', number: 8 });
    expect(stage.sent('a', 'read-index-reply').map(({ message }) => message['number'])).toEqual([8]);
  });

  test('that slept is not answered by what it was before', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.pause('a');
    stage.run(1000);
    const [other = ''] = stage.leading();
    stage.append(other, 'newer');
    stage.run(300);
    stage.actor('a').inbox = [];
    stage.resume('a');
    stage.feed('a', { type: 'read', ticket: 1 });
    expect(answered(stage, 'a')).toEqual([]);
    stage.run(1000);
    expect(answered(stage, 'a')).toEqual([1]);
    const order = stage.told.filter(
      ({ id, effect }) => id === 'a' && (effect.type === 'read' || effect.type === 'commit'),
    );
    expect(order.at(-1)?.effect.type).toBe('read');
    expect(stage.values('a')).toContain('newer');
  });
});

describe('a read elsewhere', () => {
  test.each(['b', 'l'])('is answered at %s when all that was committed before it is applied there', (id) => {
    const stage = new Witnessed({ ...configurationOf(three), learners: ['l'] });
    stage.settle();
    stage.append('a', 'first');
    stage.run(300);
    for (let round = 0; round < 20; round++) {
      stage.append('a', `${round}`);
      stage.runUntil(() => stage.values('a').includes(`${round}`), 1000);
      stage.feed(id, { type: 'read', ticket: round });
      expect(stage.runUntil(() => answered(stage, id).includes(round), 1000)).toBe(true);
      expect(stage.values(id)).toContain(`${round}`);
    }
  });

  test('asks once for all reads that come before the question leaves, and anew for those that come later', () => {
    const stage = playing('follower');
    stage.feed('a', { type: 'read', ticket: 1 });
    stage.feed('a', { type: 'read', ticket: 2 });
    const [first = 0, second = 0, ...more] = questions(stage);
    expect([second - first, more]).toEqual([1, []]);
    stage.hear('a', 'b', { type: 'read-index-reply', number: first, index: 0 });
    expect(answered(stage, 'a')).toEqual([1]);
    stage.hear('a', 'b', { type: 'read-index-reply', number: second, index: 0 });
    expect(answered(stage, 'a')).toEqual([1, 2]);
  });

  test('is answered once, however often the answer comes, and not before it is applied that far', () => {
    const stage = playing('follower');
    stage.feed('a', { type: 'read', ticket: 1 });
    const [number = 0] = questions(stage);
    for (let times = 0; times < 3; times++) stage.hear('a', 'b', { type: 'read-index-reply', number, index: 2 });
    expect(answered(stage, 'a')).toEqual([]);
    stage.hear('a', 'b', append(5, [0, 0], [5, 5], 1));
    expect(answered(stage, 'a')).toEqual([]);
    stage.hear('a', 'b', heartbeat(5, { round: 2, commit: 2 }));
    stage.hear('a', 'b', { type: 'read-index-reply', number, index: 2 });
    expect(answered(stage, 'a')).toEqual([1]);
  });

  test('is asked again when no answer comes, and of the new leader when there is another', () => {
    const stage = playing('follower');
    stage.feed('a', { type: 'read', ticket: 1 });
    stage.run(240);
    expect(questions(stage).length).toBeGreaterThan(1);
    stage.forget();
    stage.hear('a', 'c', heartbeat(6));
    expect(stage.sent('a', 'read-index').map(({ to }) => to)).toEqual(['c']);
    const [number = 0] = questions(stage);
    stage.hear('a', 'b', { type: 'read-index-reply', number, index: 0 }); // the old leader says nothing that counts
    expect(answered(stage, 'a')).toEqual([]);
    stage.hear('a', 'c', { type: 'read-index-reply', number, index: 0 });
    expect(answered(stage, 'a')).toEqual([1]);
  });

  test('that was asked of a leader that leads no more is answered by the next', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.isolate('a');
    stage.heal('b', 'a');
    stage.feed('b', { type: 'read', ticket: 1 }); // its question arrives, the answer does not
    stage.run(2000);
    expect(stage.leading()).toHaveLength(1);
    expect(stage.leading()).not.toEqual(['a']);
    expect(answered(stage, 'b')).toEqual([1]);
  });

  test('is answered to no earlier life under the same id', () => {
    const stage = playing('follower');
    stage.feed('a', { type: 'read', ticket: 1 });
    const [earlier = 0] = questions(stage);
    stage.crash('a');
    stage.restart('a');
    stage.hear('a', 'b', heartbeat(5, { round: 2 }));
    stage.feed('a', { type: 'read', ticket: 1 });
    stage.hear('a', 'b', { type: 'read-index-reply', number: earlier, index: 0 });
    expect(answered(stage, 'a')).toEqual([]);
  });

  test('is answered by whoever leads, and by nobody else', () => {
    for (const role of ['follower', 'pre-candidate', 'candidate'] as const) {
      const stage = playing(role);
      stage.hear('a', 'c', { type: 'read-index', number: 1 });
      expect(stage.sent('a', 'read-index-reply')).toEqual([]);
    }
  });
});
