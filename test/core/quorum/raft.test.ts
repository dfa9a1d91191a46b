// One step: what goes in, and what comes out.
import { describe, expect, test } from 'vitest';
import { Witnessed, heartbeat, playing, three } from './witnessed.ts';

describe('the same seed and the same events', () => {
  test('give the same effects', () => {
    const record = (): string => {
      const stage = new Witnessed(three);
      stage.append('b', 'x');
      stage.run(1000);
      stage.crash('a');
      stage.run(1000);
      return JSON.stringify(stage.told);
    };
    expect(record()).toBe(record());
  });
});

describe('a step', () => {
  test('that comes early, late or again changes nothing that is not due', () => {
    const stage = new Witnessed(three);
    stage.settle();
    const before = ['a', 'b', 'c'].map((id) => stage.state(id));
    for (let times = 0; times < 50; times++) for (const id of ['a', 'b', 'c']) stage.feed(id, { type: 'tick' });
    stage.feed('a', { type: 'persisted', upTo: 1e9 });
    stage.feed('b', { type: 'persisted', upTo: 0 });
    stage.feed('b', { type: 'snapshot', index: 1, data: 'nobody asked' });
    expect(['a', 'b', 'c'].map((id) => stage.state(id))).toEqual(before);
  });

  test('with a clock that went back is taken as if it stood still', () => {
    const stage = playing('follower');
    stage.run(100);
    stage.feed('a', { type: 'tick' });
    const { core } = stage.actor('a');
    core.step({ type: 'message', from: 'b', message: heartbeat(5, { round: 2 }), at: { fast: 0, slow: 0 } });
    stage.run(240);
    expect(core.leader()?.id).toBe('b');
    stage.run(20);
    expect(core.leader()).toBeNull();
  });

  test('after leaving does nothing any more', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.feed('a', { type: 'leave' });
    stage.forget();
    stage.feed('a', { type: 'append', first: 1, values: ['x'] });
    stage.hear('a', 'b', heartbeat(9));
    stage.feed('a', { type: 'tick' });
    expect(stage.of('a', 'send')).toEqual([]);
    expect(stage.told.filter(({ id }) => id === 'a')).toEqual([]);
    expect(stage.term('a')).toBe(1);
  });
});
