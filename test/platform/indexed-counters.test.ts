import { describe, expect, test } from 'vitest';
import { openCounters } from '../../src/platform/begin-origin.ts';
import { indexedCounters } from '../../src/platform/indexed-counters.ts';
import { virtualClock } from '../../src/platform/virtual.ts';
import { FakeDatabases } from './fake-databases.ts';

function page(disk: FakeDatabases, clock = virtualClock(), begun?: ReturnType<typeof openCounters>) {
  const platform = clock.platform();
  const { timers } = platform;
  const counters = indexedCounters({ factory: () => disk.factory, begun, clock: platform.clock, timers });
  const raise = async (above = 0): Promise<{ readonly value: number; readonly problem?: unknown }> => {
    let told: { readonly value: number; readonly problem?: unknown } | undefined;
    counters.raise('room', above, (value, problem) => (told = { value, problem }));
    await clock.runUntil(() => told !== undefined);
    return told!;
  };
  return { clock, platform, raise, close: () => counters.close() };
}

describe('L2: numbers that outlive all pages', () => {
  test('each is above all before it, and above what the page has heard of', async () => {
    const disk = new FakeDatabases();
    const [one, other] = [page(disk), page(disk)];
    const { value: first } = await one.raise();
    const { value: second } = await other.raise();
    expect(second).toBeGreaterThan(first);
    expect((await one.raise(second + 1_000)).value).toBe(second + 1_001);
    expect((await other.raise()).value).toBe(second + 1_002);
  });

  test('one that was told without the storage, as that was slow, is below all that are stored later', async () => {
    const disk = new FakeDatabases();
    const clock = virtualClock();
    const before = await page(disk, clock).raise();
    disk.mood = 'hangs';
    const slow = await page(disk, clock).raise(before.value);
    expect(slow.problem).toMatchObject({ message: expect.stringContaining('did not answer') });
    expect(slow.value).toBeGreaterThan(before.value);
    disk.mood = 'answers';
    await clock.advance(10_000);
    const after = await page(disk, clock).raise(); // by a page that has heard of nobody
    expect(after.problem).toBeUndefined();
    expect(after.value).toBeGreaterThan(slow.value);
  });

  test('they grow also when the user has cleared the storage', async () => {
    const disk = new FakeDatabases();
    const clock = virtualClock();
    const { value } = await page(disk, clock).raise();
    disk.values.clear();
    await clock.advance(10_000);
    expect((await page(disk, clock).raise()).value).toBeGreaterThan(value);
  });

  test.each([
    ['seconds', 2 ** 33],
    ['numbers', 2 ** 50],
    ['safe integers', Number.MAX_SAFE_INTEGER],
  ])(
    'one that somebody else wrote, near the end of all %s, is none: they go on from the clock, and grow',
    async (_, lie) => {
      const disk = new FakeDatabases();
      const { raise, clock } = page(disk);
      const seconds = Math.floor(clock.platform().clock.wallMs() / 1_000);
      disk.values.set('room', lie);
      expect((await raise()).value).toBe(seconds + 1);
      expect((await raise()).value).toBe(seconds + 2);
    },
  );

  test('one that a clock was ahead of for a while goes on, however far back that is set: up to a century', async () => {
    const { platform, raise } = page(new FakeDatabases());
    const century = 100 * 366 * 24 * 3_600_000;
    platform.jumpWall(century);
    const { value } = await raise();
    platform.jumpWall(-century);
    expect((await raise()).value).toBe(value + 1);
  });

  test('they grow also when the wall clock is set back', async () => {
    const { platform, raise } = page(new FakeDatabases());
    const { value } = await raise();
    platform.jumpWall(-1_000_000);
    expect((await raise()).value).toBe(value + 1);
  });

  test.each(['is blocked', 'is full'] as const)('where the storage %s, that is told with the number', async (mood) => {
    const disk = new FakeDatabases();
    disk.mood = mood;
    const { raise, platform } = page(disk);
    const { value, problem } = await raise(7);
    expect(value).toBeGreaterThan(7);
    expect(value).toBeGreaterThanOrEqual(Math.floor(platform.clock.wallMs() / 1_000)); // also by one that has heard of nobody
    expect((await raise(value)).value).toBe(value + 1);
    expect(problem).toBeInstanceOf(DOMException);
  });
});

test('a database that somebody wants to change or delete is let go of, and opened again when it is needed', async () => {
  const disk = new FakeDatabases();
  const { raise } = page(disk);
  const { value } = await raise();
  const [database] = disk.open;
  database!.dispatchEvent(new Event('versionchange'));
  expect(disk.open.size).toBe(0);
  expect((await raise()).value).toBe(value + 1);
  expect(disk.open.size).toBe(1);
});

test('one that the browser has closed is opened again', async () => {
  const disk = new FakeDatabases();
  const { raise } = page(disk);
  const { value } = await raise();
  disk.open.clear();
  expect(await raise()).toEqual({ value: value + 1 });
});

test('a database is let go of when it is not needed any more, by then open or not, and opened again if it is', async () => {
  const disk = new FakeDatabases();
  const { clock, raise, close } = page(
    disk,
    virtualClock(),
    openCounters(() => disk.factory),
  );
  close();
  await clock.settle();
  expect(disk.open.size).toBe(0);
  const { value } = await raise();
  expect(disk.open.size).toBe(1);
  close();
  await clock.settle();
  expect(disk.open.size).toBe(0);
  expect((await raise()).value).toBeGreaterThan(value);
});

test('a database that was begun with is let go of also while nobody has used it yet', async () => {
  const disk = new FakeDatabases();
  const clock = virtualClock();
  const begun = openCounters(() => disk.factory);
  (await begun).dispatchEvent(new Event('versionchange'));
  expect(disk.open.size).toBe(0);
  expect((await page(disk, clock, begun).raise()).problem).toBeUndefined();
});

test('a database that was begun with before is not opened a second time', async () => {
  const disk = new FakeDatabases();
  const { raise } = page(
    disk,
    virtualClock(),
    openCounters(() => disk.factory),
  );
  expect((await raise()).problem).toBeUndefined();
  expect(disk.open.size).toBe(1);
});

test('a database that was refused when it was begun with is asked for again when it is needed', async () => {
  const disk = new FakeDatabases();
  disk.mood = 'is blocked';
  const { raise } = page(
    disk,
    virtualClock(),
    openCounters(() => disk.factory),
  );
  expect((await raise()).problem).toBeInstanceOf(DOMException);
  disk.mood = 'answers';
  expect((await raise()).problem).toBeUndefined();
});
