// What other Raft cores were seen to get wrong, a sentence each. More of it stands in raft.test.ts, under its rule.
import { expect, test } from 'vitest';
import { Stage, configurationOf } from './stage.ts';

interface Sent {
  readonly from: string;
  readonly to: string;
  readonly message: Record<string, unknown>;
}

function stageOf(weights: Readonly<Record<string, number>>): { readonly stage: Stage; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const stage = new Stage({
    onEffect: ({ id }, effect) => {
      if (effect.type !== 'send') return;
      sent.push({ from: id, to: effect.to, message: effect.message as unknown as Record<string, unknown> });
    },
  });
  stage.found(configurationOf(weights));
  return { stage, sent };
}

const three = { a: 1, b: 1, c: 1 };

test('Q2: a heartbeat of a term that is over extends no promise', () => {
  const { stage } = stageOf(three);
  stage.run(500);
  stage.feed('a', { type: 'transfer', to: 'c' });
  stage.run(500);
  stage.isolate('b');
  const old = { type: 'heartbeat', term: 1, round: 50, leaseMs: 250, rttMs: 5, commit: 0, order: [] };
  for (let times = 0; times < 60; times++) {
    stage.feed('b', { type: 'message', from: 'a', message: old });
    stage.run(10);
  }
  expect(stage.actor('b').core.leader()).toBeNull();
  expect(stage.actor('b').core.role).toBe('pre-candidate');
});

test('Q6: who has granted a vote gives the candidate time before it campaigns itself', () => {
  const { stage, sent } = stageOf(three);
  stage.run(500);
  stage.crash('a');
  stage.isolate('b');
  stage.run(400);
  stage.actor('b').inbox = [];
  sent.length = 0;
  const { term, lastIndex } = { term: stage.actor('b').core.hardState.term + 1, lastIndex: 99 };
  stage.feed('b', {
    ...{ type: 'message', from: 'c' },
    message: { type: 'vote', term, lastIndex, lastTerm: term - 1, leaseMs: 250, released: null },
  });
  sent.length = 0;
  stage.run(249);
  expect(sent.filter(({ from, message }) => from === 'b' && message['type'] === 'pre-vote')).toEqual([]);
});

test('Q5: entries are acknowledged only when they are durable', () => {
  const { stage, sent } = stageOf(three);
  stage.run(500);
  stage.actor('b').writeMs = Infinity;
  sent.length = 0;
  stage.append('a', 'x');
  stage.run(300);
  const last = stage.actor('a').core.lastIndex;
  const acknowledged = (): unknown[] =>
    sent.filter(({ from, message }) => from === 'b' && message['type'] === 'append-reply' && message['match'] === last);
  expect(acknowledged()).toEqual([]);
  stage.write('b');
  expect(acknowledged().length).toBeGreaterThan(0);
});

test('Q3: a term entered without a vote is reloaded without one', () => {
  const { stage } = stageOf(three);
  stage.run(500);
  expect(stage.actor('b').core.hardState).toMatchObject({ term: 1, vote: 'a' });
  stage.isolate('b');
  stage.feed('a', { type: 'transfer', to: 'c' });
  stage.run(1000);
  stage.healAll();
  stage.run(500);
  expect(stage.actor('b').core.hardState).toMatchObject({ term: 2, vote: null });
  stage.crash('b');
  stage.restart('b');
  expect(stage.actor('b').core.hardState).toMatchObject({ term: 2, vote: null });
});

test('Q4: a log that was truncated and written over is reloaded as it was left', () => {
  const { stage } = stageOf(three);
  stage.run(500);
  stage.isolate('a');
  stage.append('a', 'lost', 'lost too');
  stage.run(1000);
  const [leader] = stage.leading();
  stage.append(leader ?? 'b', 'kept');
  stage.run(200);
  stage.healAll();
  stage.run(500);
  const logOf = (id: string): string => {
    const { core } = stage.actor(id);
    return JSON.stringify(Array.from({ length: core.lastIndex }, (_, at) => core.entry(at + 1)));
  };
  const before = logOf('a');
  expect(before).toContain('kept');
  stage.crash('a');
  stage.restart('a');
  expect(logOf('a')).toBe(before);
});

test('Q2: bulk traffic does not delay a heartbeat', () => {
  const { stage } = stageOf(three);
  stage.run(500);
  const { term } = stage.actor('a').core.hardState;
  for (let part = 0; part < 200; part++) {
    stage.append('a', ...Array.from({ length: 40 }, () => 'x'.repeat(500)));
    stage.run(10);
    expect(stage.leading()).toEqual(['a']);
  }
  expect(stage.actor('a').core.hardState.term).toBe(term);
});

test('a follower that is told that its session began anew sends again what it had appended', () => {
  const { stage, sent } = stageOf(three);
  stage.run(500);
  stage.append('b', 'first');
  stage.run(100);
  stage.cut('b', 'a');
  stage.append('b', 'second');
  stage.heal('b', 'a');
  sent.length = 0;
  stage.feed('b', { type: 'reset', peer: 'a' });
  expect(sent.filter(({ from, message }) => from === 'b' && message['type'] === 'propose')).toHaveLength(1);
  stage.run(100);
  expect(stage.actor('b').core.commitIndex).toBe(stage.actor('a').core.commitIndex);
});
