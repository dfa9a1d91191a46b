import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Backstage } from '../../demo/backstage.ts';
import { freshMs, type Report, startReports } from '../../demo/reports.ts';
import { room } from '../cluster/room.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const nowhere: Backstage = {
  sendReport: () => {},
  onReport: () => {},
  sendWish: () => {},
  onWish: () => {},
  close: () => {},
};

/** Two pages of different browsers: all that they hear of each other comes over a link. */
async function twoPages() {
  const { clock, gather } = room();
  const [one, other] = (await gather(2)).map(({ cluster }) => ({ cluster, reports: startReports(cluster, nowhere) }));
  const reportOf = ({ cluster }: NonNullable<typeof one>, frozen: boolean): Report => ({
    id: cluster.id,
    leader: null,
    term: null,
    leads: false,
    naiveHost: cluster.id,
    paths: {},
    frozen,
  });
  return { clock, one: one!, other: other!, reportOf };
}

test('who said that it is frozen is so until it says otherwise, though nothing else that it said counts by then', async () => {
  const { clock, one, other, reportOf } = await twoPages();
  one.reports.tell(reportOf(one, true));
  await clock.advance(100);
  expect([...other.reports.heard().keys()]).toEqual([one.cluster.id]);

  vi.advanceTimersByTime(freshMs + 1);

  expect([...other.reports.heard().keys()]).toEqual([]);
  expect([...other.reports.frozen()]).toEqual([one.cluster.id]);
  one.reports.tell(reportOf(one, false));
  await clock.advance(100);
  expect([...other.reports.frozen()]).toEqual([]);
});

test('a frozen member that is gone is forgotten', async () => {
  const { clock, one, other, reportOf } = await twoPages();
  one.reports.tell(reportOf(one, true));
  await clock.advance(100);
  expect(other.reports.frozen().size).toBe(1);
  await one.cluster.leave();
  await clock.advance(100);
  expect(other.reports.frozen().size).toBe(0);
});

test('a page that is frozen says so over its links once, and then no more', async () => {
  const { clock, one, other, reportOf } = await twoPages();
  one.reports.tell(reportOf(one, true));
  await clock.advance(100);
  vi.advanceTimersByTime(freshMs + 1);
  one.reports.tell(reportOf(one, true));
  await clock.advance(100);
  expect([...other.reports.heard().keys()]).toEqual([]);
});
