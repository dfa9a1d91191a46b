import { beforeEach, expect, it } from 'vitest';
import type { Append, Message } from '../../src/core/quorum/messages.ts';
import { Lanes } from '../../src/electors/lanes.ts';

let lanes: Lanes;
beforeEach(() => void (lanes = new Lanes()));

const value = (chars: number): Append['entries'][number] => ({
  ...{ type: 'value', term: 1, value: 'x'.repeat(chars), session: 1, sequence: 1 },
});
const append = (prevIndex: number, ...entries: Append['entries']): Message => ({
  ...{ type: 'append', term: 1, prevIndex, prevTerm: 1, entries, commit: 0 },
});
const answer = { type: 'append-reply', term: 1, match: 9 };
const learners = Array.from({ length: 60 }, (_, at) => `learner-${at}`.padEnd(21, '-'));
const everybody = append(8, { type: 'configuration', term: 1, configuration: { halves: [], learners } });

it('T1: entries are urgent, until many are under way to that member; then what follows them is not, until they have arrived', () => {
  expect(lanes.laneOf('a', append(0, value(16_000)))).toBe('urgent');
  expect(lanes.laneOf('a', append(1, value(1_000)))).toBe('bulk');
  expect(lanes.laneOf('a', append(2, value(1)))).toBe('bulk');
  expect(lanes.laneOf('b', append(0, value(1)))).toBe('urgent');
  expect(lanes.laneOf('b', append(1, value(17_000)))).toBe('bulk');
  lanes.heard('a', { ...answer, match: 2 });
  expect(lanes.laneOf('a', append(3, value(1)))).toBe('bulk');
  lanes.heard('a', { ...answer, match: 4 });
  expect(lanes.laneOf('a', append(4, value(1)))).toBe('urgent');
});

it('T1: what names everybody counts, and so does what goes to all: of sixty at once the first are told of it urgently', () => {
  const told = learners.map((id) => lanes.laneOf(id, everybody));
  const urgent = told.filter((lane) => lane === 'urgent').length;
  expect([urgent > 5, urgent < 20]).toEqual([true, true]);
  expect(told).toEqual(learners.map((_, at) => (at < urgent ? 'urgent' : 'bulk')));
});

it('T1: who does not answer, or is not there any more, makes nobody else wait', () => {
  for (let index = 0; index < 100; index++) lanes.laneOf('dead', append(index, value(1_000)));
  expect(lanes.laneOf('a', append(0, value(1_000)))).toBe('urgent');
  for (const id of learners) lanes.laneOf(id, append(0, value(300)));
  expect(lanes.laneOf('b', append(0, value(1_000)))).toBe('bulk');
  lanes.keep(['a', 'c', null]);
  expect(lanes.laneOf('c', append(0, value(1_000)))).toBe('urgent');
});
