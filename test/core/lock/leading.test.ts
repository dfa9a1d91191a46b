import { expect, test } from 'vitest';
import type { LockEffect } from '../../../src/core/lock/events.ts';
import { maxMembers } from '../../../src/core/lock/limits.ts';
import { steadyForMs } from '../../../src/core/lock/pace.ts';
import { parseMessage } from '../../../src/core/lock/parse.ts';
import { Page } from './page.ts';

const hello = { type: 'hello', priority: 0, visible: true, term: 1, version: 1, edition: null };

test('a leader that does not hand over names its better again after a while, and not before', () => {
  const page = new Page();
  page.lead();
  page.feed({ type: 'message', from: 'b', message: { ...hello, priority: 1 } });
  const named: number[] = [];
  const note = (effects: readonly LockEffect[]): void => {
    for (const effect of effects) if (effect.type === 'outranked') named.push(page.nowMs);
  };
  while (named.length < 4) {
    if (page.nowMs > 60_000) throw new Error('it goes on leading');
    page.nowMs += 50;
    note(page.feed({ type: 'tick' }));
    note(page.look());
  }
  const between = named.slice(1).map((atMs, at) => atMs - (named[at] ?? 0));
  expect(between).toEqual(between.map(() => steadyForMs(0)));
});

test('Q11: a room has so many members as the others can be told of, whoever else says that it is there', () => {
  const page = new Page();
  page.lead();
  const told: unknown[] = [];
  let reachable: readonly string[] = [];
  const note = (effects: readonly LockEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === 'reachable') reachable = effect.peers;
      if (effect.type === 'send') told.push(parseMessage(effect.message));
    }
  };
  for (let count = 0; count < maxMembers + 10; count++)
    note(page.feed({ type: 'message', from: `p${count}`, message: { ...hello, term: 0 } }));
  expect(reachable).toHaveLength(maxMembers);
  expect(told.filter((message) => typeof message === 'string')).toEqual([]);
  // There is room for another as soon as one of them is gone.
  note(page.feed({ type: 'departed', peer: 'p0' }));
  note(page.feed({ type: 'message', from: 'late', message: { ...hello, term: 0 } }));
  expect(reachable).toContain('late');
});
