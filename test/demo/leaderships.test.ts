import { expect, test } from 'vitest';
import { Leaderships } from '../../demo/leaderships.ts';

test('a leadership reaches from its first sighting to its last', () => {
  const leaderships = new Leaderships();
  leaderships.observe('ada', 1, 100, true);
  leaderships.observe('ada', 1, 400, true);
  leaderships.observe('bob', 2, 450, true);
  expect(leaderships.since(0)).toEqual([
    { id: 'ada', term: 1, fromMs: 100, toMs: 400, followed: true },
    { id: 'bob', term: 2, fromMs: 450, toMs: 450, followed: true },
  ]);
});

test('two leaders at once are two stretches that overlap', () => {
  const leaderships = new Leaderships();
  for (const atMs of [0, 100, 200]) {
    leaderships.observe('ada', 1, atMs, true);
    leaderships.observe('bob', 2, atMs, false);
  }
  const [ada, bob] = leaderships.since(0);
  expect(bob?.fromMs).toBeLessThan(ada?.toMs ?? 0);
  expect(bob?.followed).toBe(false);
});

test('what was heard of and is followed later counts as followed', () => {
  const leaderships = new Leaderships();
  leaderships.observe('ada', 1, 0, false);
  leaderships.observe('ada', 1, 10, true);
  leaderships.observe('ada', 1, 20, false);
  expect(leaderships.since(0)).toMatchObject([{ followed: true, toMs: 20 }]);
});

test('what ended before the time that is shown is forgotten', () => {
  const leaderships = new Leaderships();
  leaderships.observe('ada', 1, 0, true);
  leaderships.observe('bob', 2, 500, true);
  expect(leaderships.since(400)).toHaveLength(1);
  expect(leaderships.since(0)).toHaveLength(1);
});
