import { expect, test } from 'vitest';
import type { Claim } from '../../../src/core/lock/claim.ts';
import type { LockEffect } from '../../../src/core/lock/events.ts';
import { maxCount } from '../../../src/core/lock/limits.ts';
import { disprovedMs, mostFreshMs, outlastMs } from '../../../src/core/lock/pace.ts';
import { heirOfB, other, Page } from './page.ts';

/** Terms that nobody can be in. */
const far = maxCount;
const lie = { type: 'beat', term: far, version: 1, line: [], edition: null, ask: false };
const hello = { type: 'hello', priority: 0, visible: true, term: 0, version: 0, edition: null };
const refusals = (effects: readonly LockEffect[]): readonly unknown[] =>
  effects.flatMap((effect) => (effect.type === 'bad-message' ? [[effect.from, effect.code]] : []));

test.each([
  ['a beat', lie],
  ['the edition of a beat', { ...lie, term: 3, edition: { term: far, version: 1 } }],
  ['a hello', { ...hello, term: far }],
  ['the edition of a hello', { ...hello, edition: { term: far, version: 1 } }],
  ['a value', { type: 'value', edition: { term: far, version: 1 }, value: 1 }],
  ['a yield', { type: 'yield', term: far, restless: 0, stays: false }],
])('L2, Q11: a term in which nobody can be, in %s, is reported, and changes nothing', (_, message) => {
  const page = heirOfB();
  const effects = page.feed({ type: 'message', from: 'c', message });
  expect(refusals(effects)).toEqual([['c', 'term-jump']]);
  expect(effects).toHaveLength(1);
  expect(page.look()).toContainEqual(expect.objectContaining({ type: 'raise', above: other.term }));
});

test('what is believed of terms goes on with time', () => {
  const page = heirOfB();
  const term = Page.maxTerm + 1;
  expect(refusals(page.feed({ type: 'message', from: 'c', message: { ...lie, term } }))).toEqual([['c', 'term-jump']]);
  page.nowMs += 1_000;
  expect(refusals(page.feed({ type: 'message', from: 'c', message: { ...lie, term } }))).toEqual([]);
});

test('L2: the term of a claim in which nobody can be is reported once, and no term is raised above it', () => {
  const page = new Page();
  page.feed({ type: 'members', peers: ['a', 'c'] });
  const told: unknown[] = [];
  for (let beat = 0; beat < 10; beat++) {
    page.others = [{ ...other, id: 'c', ticket: 1, term: far, beat }];
    told.push(...refusals(page.look()));
    expect(page.core.leader()).toBeNull();
    page.tick();
  }
  expect(told).toEqual([['c', 'impossible']]);
  page.others = [];
  page.grant();
  expect(page.look()).toContainEqual(expect.objectContaining({ type: 'raise', above: 0 }));
});

const unbeatable: Claim = { ...other, ticket: maxCount };

test.each([
  ['before somebody leads', { ...unbeatable, term: 0, freshMs: 60_000 }],
  ['as of a leader', unbeatable],
  ['to be good for ever', { ...unbeatable, freshMs: maxCount }],
])(
  'L1: a claim with a ticket that nobody prevails over, %s, is waited for until it is over, and no longer',
  (_, claim) => {
    const page = new Page();
    page.feed({ type: 'tick' });
    page.others = [claim];
    page.grant();
    let looks = 0;
    let tickets = 0;
    const told: unknown[] = [];
    for (let effects = page.look(); !effects.some(({ type }) => type === 'raise'); effects = page.look(), looks++) {
      told.push(...refusals(effects));
      tickets = Math.max(tickets, page.own?.ticket ?? 0);
      if (looks > 1_000) throw new Error('it is waited for, for ever');
      page.tick();
    }
    expect(page.nowMs).toBeGreaterThanOrEqual(outlastMs(claim.freshMs));
    expect(page.nowMs).toBeLessThanOrEqual(outlastMs(claim.freshMs) + 2_000);
    expect(told).toEqual([['b', 'impossible']]);
    expect(Math.max(tickets, page.own!.ticket)).toBeLessThan(10);
    page.raise(3);
    expect(page.leads).toBe(true);
    page.look();
    for (let beats = 0; beats < 10; beats++) {
      page.tick();
      page.look();
      expect(page.leads).toBe(true);
    }
  },
);

test('L1: a claim that is to be good for longer than any is reported', () => {
  const page = new Page();
  page.others = [{ ...other, freshMs: mostFreshMs }];
  page.feed({ type: 'tick' });
  expect(refusals(page.look())).toEqual([]);
  page.others = [{ ...other, freshMs: mostFreshMs + 1, beat: 1 }];
  page.tick();
  expect(refusals(page.look())).toEqual([['b', 'impossible']]);
});

/** It follows b; c, who leads nobody, says that it does, in a later term than b. */
function deceived(): Page {
  const page = new Page();
  page.others = [other];
  page.feed({ type: 'members', peers: ['a', 'b', 'c', 'd'] });
  page.look();
  const line = ['d', 'a'];
  page.feed({ type: 'message', from: 'b', message: { ...lie, term: other.term, line } });
  page.feed({ type: 'message', from: 'c', message: { ...lie, term: 900, version: maxCount } });
  expect(page.core.leader()).toEqual({ id: 'c', term: 900 });
  return page;
}

test('L1, L2: whoever was told of a leader that is none follows the one again that renews its claim all the while', () => {
  const page = deceived();
  const told: unknown[] = [];
  for (let beat = 1; page.core.leader()?.id !== 'b'; beat++) {
    if (page.nowMs > 60_000) throw new Error('it believes the liar still');
    page.tick();
    page.others = [{ ...other, beat }];
    told.push(...refusals(page.look()));
  }
  expect(page.nowMs).toBeGreaterThanOrEqual(disprovedMs);
  expect(told).toEqual([['c', 'impossible']]);
  expect(page.core.leader()).toEqual({ id: 'b', term: other.term });
  const message = { ...lie, term: other.term, version: 2, line: ['a'] };
  page.feed({ type: 'message', from: 'b', message });
  expect(page.own).toMatchObject({ after: other.term });
});

const asLeader: Claim = { ...other, beat: 1, freshMs: mostFreshMs };

test.each<[string, (beat: number) => readonly Claim[]]>([
  ['does not renew its claim', () => [asLeader]],
  ['does not lead', (beat) => [{ ...asLeader, term: 0, beat }]],
  [
    'leads beside the other',
    (beat) => [
      { ...asLeader, beat },
      { ...asLeader, id: 'c', ticket: 1, term: 900, beat },
    ],
  ],
])('L2: somebody who %s disproves no later term', (_, claims) => {
  const page = deceived();
  const told: unknown[] = [];
  for (let beat = 2; page.nowMs < 60_000; beat++) {
    page.tick();
    page.others = claims(beat);
    page.feed({ type: 'changed' });
    told.push(...refusals(page.look()));
    expect(page.core.leader()?.id).not.toBe('b');
  }
  expect(told).toEqual([]);
});

test('a published value that nobody could have published is gone beyond by the next one that is', () => {
  const page = new Page();
  page.lead(5);
  page.feed({ type: 'message', from: 'c', message: { ...hello, term: 5, version: 1 } });
  for (const edition of [
    { term: 900, version: 7 },
    { term: 901, version: maxCount },
  ]) {
    page.feed({ type: 'message', from: 'c', message: { type: 'value', edition, value: 'lie' } });
    expect(page.core.published()).toBe('lie');
    const sent = page.feed({ type: 'publish', value: 'truth' }).flatMap((effect) => {
      return effect.type === 'send' ? [effect.message as { edition: typeof edition }] : [];
    });
    expect(page.core.published()).toBe('truth');
    const [{ edition: own }] = sent as [{ edition: typeof edition }];
    expect([own.term > edition.term || own.version > edition.version, own.version <= maxCount]).toEqual([true, true]);
  }
});
