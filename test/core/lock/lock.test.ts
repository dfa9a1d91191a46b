import { expect, test } from 'vitest';
import type { Claim } from '../../../src/core/lock/claim.ts';
import type { LockEffect, LockEvent } from '../../../src/core/lock/events.ts';
import { freshMs, introductionMs, outlastMs, promptMs } from '../../../src/core/lock/pace.ts';
import { heirOfB, other, Page } from './page.ts';

test('L1: it leads no earlier than the term is raised, and that no earlier than a look found its own claim alone', () => {
  const page = new Page();
  page.feed({ type: 'tick' });
  expect(page.grant().map(({ type }) => type)).toEqual(expect.arrayContaining(['claim', 'look']));
  expect(page.leads).toBe(false);
  expect(page.look().map(({ type }) => type)).toContain('raise');
  expect(page.leads).toBe(false);
  page.raise(7);
  expect(page.leads).toBe(true);
  expect(page.core.leader()).toEqual({ id: 'a', term: 7 });
});

test('L1: it waits for the claim of another until that is gone, or over by the clock', () => {
  for (const isGone of [true, false]) {
    const page = new Page();
    page.others = [other];
    page.feed({ type: 'tick' });
    page.grant();
    page.look();
    page.look(); // its ticket was too low at first
    const effects = [...page.look()];
    const until = page.nowMs + outlastMs(other.freshMs);
    if (isGone) page.others = [];
    for (let beats = 0; beats < 10 && !effects.some(({ type }) => type === 'raise'); beats++) {
      page.tick();
      effects.push(...page.look());
    }
    expect(effects.map(({ type }) => type)).toContain('raise');
    if (isGone) expect(page.nowMs).toBeLessThan(until);
    else expect(page.nowMs).toBeGreaterThanOrEqual(until);
  }
});

test('L1: a claim is good from the beginning of a look on, not from its answer', () => {
  const page = new Page();
  page.lead();
  const renewedAt = page.nowMs;
  page.nowMs = renewedAt + freshMs(0) - 10;
  expect(page.leads).toBe(true);
  page.nowMs = renewedAt + freshMs(0);
  expect(page.leads).toBe(false);
});

test('L1: whoever renews its claim for a shorter time relies no longer on the one before', () => {
  const page = new Page();
  page.lead();
  for (const lateMs of [900, 900, 900]) {
    page.tick(lateMs);
    page.look();
  }
  expect(page.own?.freshMs).toBe(freshMs(900));
  page.tick();
  for (let inTime = 1; page.own?.freshMs !== freshMs(0) && inTime < 20; inTime++) {
    page.look();
    page.tick();
  }
  expect(page.own?.freshMs).toBe(freshMs(0));
  // Nobody has answered yet; others see the shorter one.
  page.nowMs += freshMs(0);
  expect(page.leads).toBe(false);
});

test('L1: it stops at the first look that finds a claim that prevails', () => {
  const page = new Page();
  page.lead();
  page.others = [other];
  page.tick();
  expect(page.leads).toBe(true);
  expect(page.look()).toContainEqual({ type: 'leader', leader: null });
  expect(page.leads).toBe(false);
});

test('L2: after a pause that outlasted its claim it leads in no term but a new one', () => {
  const page = new Page();
  page.lead(5);
  page.tick(60_000);
  expect(page.core.leader()).toBeNull();
  page.look();
  expect(page.leads).toBe(false);
  page.raise(6);
  expect(page.core.leader()).toEqual({ id: 'a', term: 6 });
});

/** With a term of its own, reserved. */
function readyHeirOfB(term: number): Page {
  const page = heirOfB();
  page.look();
  page.raise(term);
  page.look();
  return page;
}

const goodbye: LockEvent = {
  type: 'message',
  from: 'b',
  message: { type: 'yield', term: other.term, restless: 0, stays: false },
};

test('L1: the first in line claims to lead after the leader, and leads at its goodbye, ahead of lock and storage', () => {
  const page = heirOfB();
  expect(page.own).toMatchObject({ after: other.term, term: 0 });
  expect(page.look().map(({ type }) => type)).toContain('raise');
  page.raise(9);
  page.look();
  expect(page.leads).toBe(false);
  const effects = page.feed(goodbye);
  expect(page.leads).toBe(true);
  expect(page.core.leader()).toEqual({ id: 'a', term: 9 });
  expect(page.own).toMatchObject({ after: 0, term: 9 });
  expect(effects).toContainEqual(expect.objectContaining({ type: 'request', steal: true }));
});

test('L1: the first in line leads when the claim of the leader is gone, and not while it stands', () => {
  const page = readyHeirOfB(9);
  for (let beats = 0; beats < 3; beats++) {
    page.others = [{ ...other, beat: beats + 1 }];
    page.tick();
    page.look();
    expect(page.leads).toBe(false);
  }
  page.others = [];
  page.feed({ type: 'changed' });
  page.look();
  expect(page.leads).toBe(true);
});

test.each(['before', 'after'])(
  'L1: it leads without a look %s it is given the lock, once the leader is gone',
  (when) => {
    const page = readyHeirOfB(9);
    if (when === 'after') page.grant();
    expect(page.leads).toBe(false);
    page.feed({ type: 'gone', id: other.id });
    expect(page.leads).toBe(true);
    expect(page.core.leader()).toEqual({ id: 'a', term: 9 });
    page.look(); // begun before, it finds that claim still
    expect(page.leads).toBe(true);
  },
);

test('who leads asks no more what becomes of the claims that it waited for', () => {
  const page = readyHeirOfB(9);
  const effects = page.feed({ type: 'gone', id: other.id });
  expect(effects).toContainEqual({ type: 'await', claims: [] });
});

test('L1: whoever is gone is waited for no longer, though a look finds its claim still', () => {
  const page = new Page();
  page.others = [{ ...other, term: 0 }];
  page.feed({ type: 'tick' });
  page.grant();
  page.look();
  expect(page.look().map(({ type }) => type)).not.toContain('raise'); // its ticket was too low before
  page.feed({ type: 'gone', id: other.id });
  page.tick();
  expect(page.look().map(({ type }) => type)).toContain('raise');
});

test('L1: an heir that has reserved no term yet leads nobody when the leader is gone, and goes on as one that has the lock', () => {
  const page = heirOfB();
  page.look();
  page.feed({ type: 'gone', id: other.id });
  expect(page.leads).toBe(false);
  page.others = [];
  page.raise(9);
  page.look();
  expect(page.core.leader()).toEqual({ id: 'a', term: 9 });
});

test('L1: an heir gives up as soon as it sees anybody else claim to lead, and is not led by its own claim', () => {
  const page = readyHeirOfB(9);
  page.others = [{ ...other, id: 'c', ticket: 1, term: 0 }];
  page.tick();
  page.look();
  expect(page.own).toBeNull();
  page.feed(goodbye);
  expect(page.leads).toBe(false);
});

test.each([
  ['of another term', { ...goodbye, message: { type: 'yield', term: other.term + 1, restless: 0, stays: false } }],
  ['of another member', { ...goodbye, from: 'c' }],
] as const)('L1: a goodbye %s than that of the leader before makes no heir lead', (_whose, said) => {
  const page = readyHeirOfB(9);
  page.feed(said);
  expect(page.leads).toBe(false);
});

/** Whoever is heir to b as well, and was later: its claim does not prevail. */
const lesser: Claim = { ...other, id: 'c', ticket: 1, term: 0, after: other.term };

test.each([
  ['hears of another heir that is gone', { type: 'gone', id: lesser.id }, false],
  ['hears of that once it has the lock', { type: 'gone', id: lesser.id }, true],
  ['hears somebody else say goodbye', { ...goodbye, from: 'd' }, false],
  ['hears that once it has the lock', { ...goodbye, from: 'd' }, true],
] as const)(
  'L1: an heir that slept for longer than the claim of the leader was good leads nobody when it %s: the leader has renewed it',
  (_what, heard, hasLock) => {
    const page = readyHeirOfB(9);
    // Where timers come late, its own claim is good for longer.
    for (let beat = 1; beat <= 3; beat++) {
      page.others = [
        { ...other, beat },
        { ...lesser, beat },
      ];
      page.tick(200);
      page.look();
    }
    const { freshMs: ownMs } = page.own!;
    expect(ownMs).toBeGreaterThan(outlastMs(other.freshMs));
    if (hasLock) page.grant();
    page.nowMs += outlastMs(other.freshMs);
    page.feed(heard);
    expect(page.leads).toBe(false);
    page.feed({ type: 'gone', id: other.id });
    expect(page.leads).toBe(true);
  },
);

test('L1: nor does it when it is given the lock, and its term is raised only now: a leader that was robbed has not heard of that', () => {
  const page = heirOfB();
  for (let beat = 1; beat <= 3; beat++) {
    page.others = [{ ...other, beat }];
    page.tick(200);
    page.look();
  }
  page.grant();
  page.nowMs += outlastMs(other.freshMs);
  page.raise(9);
  expect(page.leads).toBe(false);
  page.look(); // it finds its own claim, over which that of the leader does not prevail
  expect(page.leads).toBe(true);
});

test('L1: an heir that got the lock waits no longer for a leader that hangs than anybody else', () => {
  const page = heirOfB();
  page.look();
  page.nowMs += outlastMs(other.freshMs);
  page.grant();
  page.look();
  page.raise(9);
  expect(page.leads).toBe(true);
});

test('L1, L2: an heir that slept for longer than its claim was good has reserved nothing, whatever it hears then', () => {
  const page = readyHeirOfB(9);
  page.nowMs += freshMs(0);
  page.feed(goodbye);
  expect(page.leads).toBe(false);
  page.others = [];
  page.look();
  page.look(); // it takes the lock as anybody would
  expect(page.leads).toBe(false);
  page.raise(10);
  expect(page.core.leader()).toEqual({ id: 'a', term: 10 });
});

test('an heir whose timers begin to run late takes its claim back: others would wait for it too long', () => {
  const page = readyHeirOfB(9);
  for (let beats = 0; beats < 3; beats++) page.tick(promptMs + 1);
  expect(page.own).toBeNull();
});

test('a term that came too late is not led in', () => {
  const page = new Page();
  page.feed({ type: 'tick' });
  page.grant();
  page.look();
  page.nowMs += freshMs(0);
  page.raise(5);
  expect(page.leads).toBe(false);
});

test.each([
  [null],
  ['beat'],
  [{ type: 'beat', term: 1 }],
  [{ type: 'beat', term: 1, version: 1, line: ['a', 3], edition: null, ask: false }],
  [{ type: 'hello', priority: Number.NaN, visible: true, term: 0, version: 0, edition: null }],
  [{ type: 'yield', term: 0, restless: 0, stays: false }],
  [{ type: 'value', edition: { term: 1, version: 1 }, value: 'x'.repeat(70_000) }],
])('Q11: %j is reported, and changes nothing', (message) => {
  const page = new Page();
  page.lead();
  const effects = page.feed({ type: 'message', from: 'b', message });
  expect(effects).toEqual([{ type: 'bad-message', from: 'b', reason: expect.any(String) }]);
  expect(page.leads).toBe(true);
});

test('a newcomer follows a leader whose claim it sees once it has heard who that is, or has had no answer to that', () => {
  const told = (effects: readonly LockEffect[]): readonly unknown[] =>
    effects.flatMap((effect) => (effect.type === 'leader' ? [effect.leader?.id] : []));
  const looking = (peers: readonly string[]): Page => {
    const page = new Page();
    page.others = [other];
    page.feed({ type: 'members', peers });
    return page;
  };
  expect(told(looking(['a', 'b']).look())).toEqual(['b']);
  const alone = looking(['a']);
  expect(told(alone.look())).toEqual([]);
  while (alone.nowMs < introductionMs) {
    alone.tick();
    const heard = told(alone.look());
    expect(heard).toEqual(alone.nowMs < introductionMs ? [] : ['b']);
    alone.others = [{ ...other, beat: alone.nowMs }];
  }
});

test.each([
  ['at once takes the lock', 100, true],
  ['only after it was asleep does not: somebody else may lead since', 2_100, false],
])('L1: whoever is given the lead, and hears what the locks are like %s', (_, afterMs, isTaken) => {
  const page = new Page();
  page.others = [{ ...other, freshMs: 0, term: 0 }];
  page.feed({ type: 'tick' });
  page.look();
  page.feed({
    type: 'message',
    from: other.id,
    message: { type: 'yield', term: other.term, restless: 0, stays: false },
  });
  page.nowMs += afterMs;
  const requests = page.look().filter(({ type }) => type === 'request');
  expect(requests).toEqual(isTaken ? [expect.objectContaining({ steal: true })] : []);
});
