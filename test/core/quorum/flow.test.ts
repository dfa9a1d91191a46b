// How much is on its way to a follower: etcd calls it progress.
import { describe, expect, test } from 'vitest';
import { Witnessed, append, appendReply, heartbeatReply, playing, three } from './witnessed.ts';

/** One more entry, for the test's sake. */
const grow = (stage: Witnessed, times = 1): void => {
  for (let count = 0; count < times; count++) {
    stage.hear('a', 'c', { type: 'register', nonce: 1000 + stage.core('a').lastIndex });
  }
};

/** Where each message with entries to b began, and how many it had. */
const sentToB = (stage: Witnessed): readonly string[] =>
  stage
    .sent('a', 'append', 'b')
    .map(({ message }) => `${message['prevIndex']}+${(message['entries'] as readonly unknown[]).length}`)
    .filter((text) => !text.endsWith('+0'));

/** The last round of heartbeats. */
const lastRound = (stage: Witnessed): number => Number(stage.sent('a', 'heartbeat', 'b').at(-1)?.message['round']);

describe('a follower whose log is not known yet', () => {
  test('is sent one message, and nothing more before it answers', () => {
    const stage = playing('leader', three, [1, 2]);
    grow(stage, 3);
    expect(sentToB(stage)).toEqual([]); // the first one was sent with the election
    stage.hear('a', 'b', appendReply(5, 3));
    expect(sentToB(stage)).toEqual(['3+3']);
  });

  test('is sent the message again when it answers a later heartbeat, and not for each answer', () => {
    const stage = playing('leader', three, [1, 2]);
    stage.hear('a', 'b', heartbeatReply(5, 1));
    stage.hear('a', 'c', heartbeatReply(5, 1));
    expect(sentToB(stage)).toEqual([]);
    stage.run(130);
    const round = lastRound(stage);
    for (let times = 0; times < 3; times++) stage.hear('a', 'b', heartbeatReply(5, round));
    expect(sentToB(stage)).toEqual(['2+1']);
  });

  test('is tried further back for each refusal, and streamed to once it agrees', () => {
    const stage = playing('leader', three, [1, 2, 3, 3, 3]);
    stage.hear('a', 'b', { type: 'append-rejected', term: 5, prevIndex: 5, hintIndex: 3, hintTerm: 1 });
    stage.hear('a', 'b', { type: 'append-rejected', term: 5, prevIndex: 5, hintIndex: 3, hintTerm: 1 }); // again: old
    expect(sentToB(stage)).toEqual(['1+5']);
    stage.hear('a', 'b', appendReply(5, 6));
    grow(stage, 2);
    expect(sentToB(stage)).toEqual(['1+5', '6+1', '7+1']);
  });
});

describe('a follower that is up to date', () => {
  test('is sent entries ahead of its answers; beyond four messages they gather', () => {
    const stage = playing('leader');
    stage.hear('a', 'b', appendReply(5, 1));
    grow(stage, 10);
    expect(sentToB(stage)).toEqual(['1+1', '2+1', '3+1', '4+1']);
    stage.hear('a', 'b', appendReply(5, 2));
    expect(sentToB(stage).slice(4)).toEqual(['5+6']);
  });

  test('is sent no more than the limit ahead of its answers, and with each answer as much more', () => {
    const stage = playing('leader', three, [], { maxInFlightEntries: 3, maxBatchEntries: 1 });
    stage.hear('a', 'b', appendReply(5, 1));
    grow(stage, 10);
    expect(sentToB(stage)).toEqual(['1+1', '2+1', '3+1']);
    stage.hear('a', 'b', appendReply(5, 2));
    expect(sentToB(stage).slice(3)).toEqual(['4+1']);
    stage.hear('a', 'b', appendReply(5, 2)); // again: makes no room
    expect(sentToB(stage).slice(4)).toEqual([]);
    stage.hear('a', 'b', appendReply(5, 5));
    expect(sentToB(stage).slice(4)).toEqual(['5+1', '6+1', '7+1']);
  });

  test('is limited by characters as well, but always gets one entry', () => {
    const stage = new Witnessed(three, { limits: { maxInFlightChars: 300, maxBatchChars: 150 } });
    stage.settle();
    stage.append('a', 'first');
    stage.run(100);
    stage.isHolding = true;
    stage.forget();
    stage.append('a', ...Array.from({ length: 20 }, () => 'x'.repeat(50)), 'y'.repeat(5000));
    const chars = stage.sent('a', 'append', 'b').map(({ message }) => JSON.stringify(message['entries']).length);
    expect(chars.length).toBe(3); // one entry of 114 a message
    stage.isHolding = false;
    stage.run(1000);
    expect(stage.values('b')).toHaveLength(21);
  });

  test('is sent again what its answer to a heartbeat shows to be lost, and goes on from there', () => {
    const stage = playing('leader', three, [], { maxInFlightEntries: 4, maxBatchEntries: 1 });
    stage.hear('a', 'b', appendReply(5, 1));
    stage.hear('a', 'b', heartbeatReply(5, 1, 1));
    grow(stage, 4);
    stage.run(130);
    stage.forget();
    stage.hear('a', 'b', heartbeatReply(5, 2, 3));
    expect(sentToB(stage)).toEqual(['3+1', '4+1']);
  });

  test('is sent everything again from what is certain when its session began anew, one message first', () => {
    const stage = playing('leader');
    stage.hear('a', 'b', appendReply(5, 1));
    grow(stage, 3);
    stage.forget();
    stage.feed('a', { type: 'reset', peer: 'b' });
    expect(sentToB(stage)).toEqual(['1+3']);
    grow(stage, 2);
    expect(sentToB(stage)).toEqual(['1+3']);
    stage.hear('a', 'b', appendReply(5, 4));
    expect(sentToB(stage)).toEqual(['1+3', '4+2']);
  });

  test('that says later what it said before moves nothing back', () => {
    const stage = playing('leader');
    stage.hear('a', 'b', appendReply(5, 1));
    grow(stage, 3);
    stage.hear('a', 'b', appendReply(5, 4));
    stage.hear('a', 'b', appendReply(5, 2));
    stage.hear('a', 'b', { type: 'append-rejected', term: 5, prevIndex: 1, hintIndex: 0, hintTerm: 0 });
    stage.forget();
    grow(stage);
    expect(sentToB(stage)).toEqual(['4+1']);
  });

  test('is answered by nothing when nothing is to be said: no message follows another for ever', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.append('a', 'x');
    stage.run(300);
    stage.forget();
    stage.run(1000);
    const kinds = new Set(stage.of('a', 'send').map(({ message }) => (message as { type: string }).type));
    expect([...kinds]).toEqual(['heartbeat']);
  });
});

describe('what is not committed yet', () => {
  test('is limited in the leader’s log; the rest waits where it was appended, and comes in order', () => {
    const stage = new Witnessed(three, { limits: { maxUncommittedEntries: 4 } });
    stage.settle();
    for (const id of ['a', 'b']) stage.append(id, 'first');
    stage.run(200);
    stage.isolate('b');
    stage.isolate('c');
    const before = stage.core('a').lastIndex;
    stage.append('a', ...Array.from({ length: 20 }, (_, at) => `a${at}`));
    stage.run(50);
    expect(stage.core('a').lastIndex - before).toBe(4);
    stage.append('b', ...Array.from({ length: 20 }, (_, at) => `b${at}`));
    stage.healAll();
    stage.run(3000);
    const values = stage.values('c').filter((value) => value !== 'first');
    expect(values).toHaveLength(40);
    for (const id of ['a', 'b']) {
      expect(values.filter((value) => value.startsWith(id))).toEqual(
        Array.from({ length: 20 }, (_, at) => `${id}${at}`),
      );
    }
  });

  test('is limited in characters, but an entry that is larger than the limit goes when it is alone', () => {
    const stage = new Witnessed(three, { limits: { maxUncommittedChars: 500 } });
    stage.settle();
    stage.append('a', 'x'.repeat(2000), 'y'.repeat(2000), 'z');
    stage.run(300);
    expect(stage.values('c').map((value) => value[0])).toEqual(['x', 'y', 'z']);
  });

  test('Q5: a slow follower holds nobody up: a quorum commits without it', () => {
    const stage = new Witnessed(three, { delayMs: (from, to) => (from === 'c' || to === 'c' ? 400 : 5) });
    stage.settle();
    for (let round = 0; round < 10; round++) {
      stage.append('a', `${round}`);
      stage.run(30);
    }
    expect(stage.values('a')).toHaveLength(10);
    expect(stage.leading()).toEqual(['a']);
    stage.run(5000);
    expect(stage.values('c')).toEqual(stage.values('a'));
  });
});

test('a message with entries is answered by how far the log is the leader’s, one without as well', () => {
  const stage = playing('follower', three, [1]);
  stage.hear('a', 'b', append(5, [1, 1], [5, 5]));
  stage.hear('a', 'b', append(5, [3, 5]));
  stage.hear('a', 'b', append(5, [0, 0], [1]));
  expect(stage.sent('a', 'append-reply', 'b').map(({ message }) => message['match'])).toEqual([3, 3, 3]);
});
