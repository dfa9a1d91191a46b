import { expect, test } from 'vitest';
import type { LockEffect } from '../../../src/core/lock/events.ts';
import type { Hello } from '../../../src/core/lock/messages.ts';
import { steadyForMs, takeMs } from '../../../src/core/lock/pace.ts';
import { heirOfB, other, Page } from './page.ts';

/** What a better leader says that has heard the one of that term. */
const betterIn = (term: number): Hello => ({
  type: 'hello',
  priority: 1,
  visible: true,
  term,
  version: 1,
  edition: null,
});

test('a leader whose better heir does not take the lead names it again only after twice the time', () => {
  const page = new Page();
  page.lead();
  page.feed({ type: 'message', from: 'b', message: betterIn(1) });
  /** When it is to hand over. */
  const outranked = (): number => {
    for (let steps = 0; steps < 100; steps++) {
      page.nowMs = page.wakeAt;
      const effects = page.feed({ type: 'tick' });
      if (effects.some(({ type }) => type === 'outranked')) return page.nowMs;
      page.look();
    }
    throw new Error('it goes on leading');
  };
  const since = page.nowMs;
  expect(outranked() - since).toBe(steadyForMs(0));
  const [handedOver] = page.feed({ type: 'transfer' });
  expect([handedOver, page.leads]).toEqual([{ type: 'leader', leader: null }, false]);
  while (!page.leads) {
    page.tick();
    page.look();
    if (page.nowMs >= since + steadyForMs(0) + takeMs) page.raise(2);
  }
  const again = page.nowMs;
  page.feed({ type: 'message', from: 'b', message: betterIn(2) });
  expect(outranked() - again).toBe(steadyForMs(1));
});

test('L1: a leader hands over to nobody that does not hear it, though it hears that one all the while', () => {
  const page = new Page();
  page.lead(5);
  const isOutranked = (effects: readonly LockEffect[]): boolean => effects.some(({ type }) => type === 'outranked');
  const say = (term: number): readonly LockEffect[] =>
    page.feed({ type: 'message', from: 'b', message: betterIn(term) });
  while (page.nowMs < 2 * steadyForMs(0)) {
    expect(isOutranked(say(4))).toBe(false);
    page.nowMs += 100;
    expect(isOutranked(page.feed({ type: 'tick' }))).toBe(false);
    page.look();
  }
  page.feed({ type: 'transfer', to: 'b' });
  expect([page.core.canTransfer('b'), page.leads]).toEqual([false, true]);
  expect([isOutranked(say(5)), page.core.canTransfer('b')]).toEqual([true, true]);
});

test('whoever names another term than that of the leader is asked whether it hears it: it may be handed the lead at once then', () => {
  const page = new Page();
  page.lead(5);
  const asked = (term: number): readonly unknown[] =>
    page
      .feed({ type: 'message', from: 'b', message: betterIn(term) })
      .flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
  expect(asked(4)).toEqual([expect.objectContaining({ type: 'beat', term: 5, ask: true })]);
  expect(page.core.canTransfer('b')).toBe(false);
  expect(asked(5)).toEqual([]);
  expect(page.core.canTransfer('b')).toBe(true);
});

test('L1: a leader hands over to nobody that was told of a later term, and so would not heed its word', () => {
  const page = new Page();
  page.lead(5);
  page.feed({ type: 'message', from: 'b', message: betterIn(6) });
  expect(page.core.canTransfer('b')).toBe(false);
  page.feed({ type: 'transfer', to: 'b' });
  expect(page.leads).toBe(true);
});

test('L1: whoever hears only now that a leader long past gave way to it takes the lock from nobody', () => {
  const page = heirOfB();
  const beat = { type: 'beat', term: other.term + 1, version: 1, line: ['d', 'a'], edition: null, ask: false };
  page.feed({ type: 'message', from: 'c', message: beat });
  // c in turn gives way, and to d.
  page.others = [{ ...other, id: 'c', ticket: other.ticket + 1, freshMs: 0, term: 0 }];
  const late = { type: 'yield', term: other.term, restless: 0, stays: false };
  const effects = [...page.feed({ type: 'message', from: 'b', message: late }), ...page.look()];
  page.feed({ type: 'changed' });
  effects.push(...page.look());
  expect(effects.map(({ type }) => type)).not.toContain('request');
});
