// Nobody leads for longer than the charter without contact with whoever founds epochs: then that one may found another.
import { describe, expect, test } from 'vitest';
import { Witnessed } from './witnessed.ts';

const charterMs = 10_000;
/** What is left of it where clocks may be off by a hundredth, less their granularity. */
const reliableMs = (charterMs * 99) / 101 - 5;

/** Three voters that were in contact when they began. */
function chartered(): Witnessed {
  const stage = new Witnessed({ a: 1, b: 1, c: 1 }, { options: { charterMs } });
  for (const id of ['a', 'b', 'c']) stage.feed(id, { type: 'contact', askedAt: 0 });
  return stage;
}

function contact(stage: Witnessed, id: string): void {
  stage.feed(id, { type: 'contact', askedAt: stage.clock(stage.actor(id)).fast });
}

describe('without contact', () => {
  test('Q2: a leader leads until its charter is over, and not a moment longer', () => {
    const stage = chartered();
    stage.settle();
    stage.run(reliableMs - stage.nowMs - 1);
    expect(stage.leading()).toEqual(['a']);
    stage.run(2);
    expect(stage.leading()).toEqual([]);
    expect(stage.core('a').role).not.toBe('leader');
    stage.run(10_000);
    expect(stage.leading()).toEqual([]);
    expect(stage.of('a', 'leader').at(-1)?.leader).toBe(null);
  });

  test('Q2: the end of the charter is seen at the first read after a pause', () => {
    const stage = chartered();
    stage.settle();
    stage.pause('a');
    const { core } = stage.actor('a');
    expect(core.isLeader({ fast: reliableMs + 1, slow: 0 })).toBe(false);
  });

  test('Q2: nobody campaigns, not even when asked to', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1 }, { options: { charterMs } });
    stage.run(2000);
    stage.feed('b', { type: 'campaign' });
    stage.run(2000);
    expect(stage.sent('b', 'pre-vote')).toEqual([]);
    expect(stage.leading()).toEqual([]);
    contact(stage, 'b');
    stage.run(500);
    expect(stage.leading()).toEqual(['b']);
  });

  test('Q2: a campaign that was begun before does not outlast it', () => {
    const stage = chartered();
    stage.isHolding = true;
    stage.run(1);
    expect(stage.core('a').role).toBe('pre-candidate');
    stage.run(reliableMs + 1);
    for (const id of ['b', 'c']) stage.hear('a', id, { type: 'pre-vote-reply', term: 1, attempt: 1, granted: true });
    stage.run(500);
    expect(stage.term('a')).toBe(0);
    expect(stage.core('a').role).toBe('follower');
  });

  test('Q9: nobody takes over', () => {
    const stage = chartered();
    stage.settle();
    while (stage.nowMs < 2 * charterMs) {
      contact(stage, 'a');
      stage.run(500);
    }
    stage.feed('a', { type: 'transfer', to: 'b' });
    stage.run(2000);
    expect(stage.leading()).toEqual(['a']);
  });
});

describe('contact', () => {
  test('Q6: keeps a leader in office', () => {
    const stage = chartered();
    stage.settle();
    for (let times = 0; times < 20; times++) {
      contact(stage, 'a');
      stage.run(charterMs / 4);
      expect(stage.leading()).toEqual(['a']);
    }
    expect(stage.term('a')).toBe(1);
  });

  test('Q2: counts from when it was asked for, not from the answer, and never from the future', () => {
    const stage = chartered();
    stage.settle();
    stage.run(5000);
    stage.feed('a', { type: 'contact', askedAt: 100 });
    stage.run(reliableMs + 99 - stage.nowMs);
    expect(stage.leading()).toEqual(['a']);
    stage.run(2);
    expect(stage.leading()).toEqual([]);
    stage.feed('b', { type: 'contact', askedAt: 1e9 });
    const heardAt = stage.nowMs;
    stage.run(5000);
    expect(stage.leading()).toEqual(['b']);
    stage.run(heardAt + reliableMs + 1 - stage.nowMs);
    expect(stage.leading()).toEqual([]);
  });

  test('an older answer that comes later takes nothing back', () => {
    const stage = chartered();
    stage.settle();
    stage.run(5000);
    stage.feed('a', { type: 'contact', askedAt: 5000 });
    stage.feed('a', { type: 'contact', askedAt: 10 });
    stage.run(reliableMs - 600);
    expect(stage.leading()).toEqual(['a']);
  });

  test('of another member lets that one take over as soon as the promises are over', () => {
    const stage = chartered();
    stage.settle();
    stage.run(9000);
    contact(stage, 'b');
    stage.run(reliableMs - stage.nowMs + 700);
    expect(stage.leading()).toEqual(['b']);
  });
});
