import { describe, expect, test } from 'vitest';
import { configurationOf } from './stage.ts';
import { five, three, Witnessed } from './witnessed.ts';

const heartbeats = (stage: Witnessed, to: string): number => stage.sent('a', 'heartbeat', to).length;

/** Five vote, which are as many as may; f and g learn. */
function full(): Witnessed {
  const stage = new Witnessed({ ...configurationOf(five), learners: ['f', 'g'] });
  stage.settle();
  stage.run(3000);
  stage.forget();
  return stage;
}

describe('learners of a group whose votes are all given', () => {
  test('are sent a heartbeat a second, however short the lease is, and voters as many as ever', () => {
    const stage = full();
    stage.run(10_000);
    for (const id of ['b', 'c', 'd', 'e']) expect(heartbeats(stage, id)).toBeGreaterThanOrEqual(79);
    for (const id of ['f', 'g']) {
      expect(heartbeats(stage, id)).toBeGreaterThanOrEqual(9);
      expect(heartbeats(stage, id)).toBeLessThanOrEqual(12);
    }
    for (const id of stage.actors.keys()) expect(stage.sent(id, 'ask-beat')).toEqual([]);
  });

  test('follow the leader and are in its reach without a gap', () => {
    const stage = full();
    stage.run(10_000);
    expect(stage.core('f').leaseMs).toBe(stage.core('a').leaseMs);
    for (const id of ['a', 'f', 'g']) {
      expect(stage.of(id, 'leader')).toEqual([]);
      expect(stage.of(id, 'reachable')).toEqual([]);
    }
  });

  test('Q2: their longer promises lengthen no lease', () => {
    const stage = full();
    for (const id of ['b', 'c', 'd', 'e']) stage.isolate(id);
    stage.run(251);
    expect(stage.leading()).toEqual([]);
  });

  test('hear of the next leader when the voters do', () => {
    const stage = full();
    stage.crash('a');
    expect(stage.runUntil(() => stage.agreed(['b', 'c', 'd', 'e']) !== null, 1000)).toBe(true);
    stage.run(10);
    expect(stage.agreed(['b', 'c', 'd', 'e', 'f', 'g'])).not.toBeNull();
  });

  test('F1: are told that the next leader is ready when the voters are, also if it was not at once', () => {
    const stage = full();
    stage.append('a', 'x');
    stage.run(8); // the others have it, and do not know that it is committed
    stage.crash('a');
    stage.forget();
    stage.runUntil(() => stage.readyAt('c') < Infinity, 1000);
    stage.run(10);
    const [next] = stage.leading();
    expect(stage.sent(next!, 'heartbeat', 'f')[0]?.message).toMatchObject({ isPending: true });
    for (const id of ['b', 'c', 'd', 'e', 'f', 'g'].filter((other) => other !== next))
      expect(stage.readyAt(id)).toBeCloseTo(stage.readyAt(next!) + 5, 3);
  });

  test('whose heartbeat is lost ask for one, and get it', () => {
    const stage = full();
    stage.runUntil(() => heartbeats(stage, 'f') > 0, 1500);
    stage.run(10);
    stage.cut('a', 'f');
    stage.run(1200);
    stage.heal('a', 'f');
    stage.forget();
    stage.run(300);
    expect(stage.sent('f', 'ask-beat')).toHaveLength(1);
    expect(heartbeats(stage, 'f')).toBe(1);
    expect(stage.of('f', 'leader')).toEqual([]);
  });

  test('Q6: one that gets a vote is sent as many heartbeats as any voter, and its promise delays nobody for longer than itself', () => {
    const stage = full();
    stage.tellMembers('a', 'b', 'c', 'd', 'e', 'f', 'g');
    stage.feed('a', { type: 'departed', peer: 'e' });
    stage.crash('e');
    const isVoter = (id: string): boolean => stage.core('a').configuration.halves.length === 1 && vote(stage, id);
    expect(stage.runUntil(() => isVoter('f'), 1500)).toBe(true);
    stage.forget();
    stage.run(1000);
    expect(heartbeats(stage, 'f')).toBeGreaterThanOrEqual(7);
    stage.crash('a');
    expect(stage.runUntil(() => stage.agreed(['b', 'c', 'd', 'f', 'g']) !== null, 1000)).toBe(true);
  });
});

test('as long as there are votes to be given, learners are sent as many heartbeats as voters', () => {
  const stage = new Witnessed({ ...configurationOf(three), learners: ['f'] });
  stage.settle();
  stage.forget();
  stage.run(1000);
  expect(heartbeats(stage, 'f')).toBe(heartbeats(stage, 'b'));
});

function vote(stage: Witnessed, id: string): boolean {
  return stage.core('a').configuration.halves[0]?.some((voter) => voter.id === id) === true;
}
