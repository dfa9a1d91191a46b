import { expect, test } from 'vitest';
import { HandoverMeter, type Tick } from '../../demo/handover.ts';

/** The run of that leader in that term, which goes on from `after`, by default that of Ada in term 1. */
const tick = (leader: string, term: number, n: number, after: string | null = '1/ada'): Tick => ({
  leader,
  n,
  run: `${term}/${leader}`,
  after,
});

/** A meter that saw these ticks, 50 ms apart unless said otherwise. */
function seen(...ticks: [tick: Tick, atMs: number][]): HandoverMeter {
  const meter = new HandoverMeter();
  for (const [what, atMs] of ticks) meter.observe(what, atMs);
  return meter;
}

test('there is no handover before a second leader has counted', () => {
  expect(new HandoverMeter().report()).toBeNull();
  expect(seen([tick('ada', 1, 1), 0], [tick('ada', 1, 2), 50]).report()).toBeNull();
});

test('the gap runs from the last tick of one leader to the first of the next', () => {
  const meter = seen(
    [tick('ada', 1, 1), 0],
    [tick('ada', 1, 2), 50],
    [tick('bob', 2, 3), 68],
    [tick('bob', 2, 4), 118],
  );
  expect(meter.report()).toEqual({ from: 'ada', to: 'bob', gapMs: 18, lost: 0, twice: 0 });
});

test('numbers that nobody counted are lost', () => {
  expect(seen([tick('ada', 1, 7), 0], [tick('bob', 2, 10), 40]).report()).toMatchObject({ lost: 2, twice: 0 });
});

test('numbers that both leaders counted are counted twice, each once', () => {
  const meter = seen(
    [tick('ada', 1, 7), 0],
    [tick('ada', 1, 8), 50],
    [tick('bob', 2, 7), 60],
    [tick('bob', 2, 8), 110],
    [tick('bob', 2, 8), 111],
    [tick('bob', 2, 9), 160],
  );
  expect(meter.report()).toMatchObject({ lost: 0, twice: 2 });
});

test('a late tick of the old leader corrects what was taken for lost, and the gap', () => {
  const meter = seen([tick('ada', 1, 7), 0], [tick('bob', 2, 9), 90]);
  expect(meter.report()).toMatchObject({ gapMs: 90, lost: 1 });
  meter.observe(tick('ada', 1, 8), 95);
  expect(meter.report()).toEqual({ from: 'ada', to: 'bob', gapMs: 0, lost: 0, twice: 0 });
});

test('a late tick of the old leader that the new one has counted too is counted twice', () => {
  const meter = seen([tick('ada', 1, 7), 0], [tick('bob', 2, 8), 30]);
  meter.observe(tick('ada', 1, 8), 35);
  expect(meter.report()).toMatchObject({ lost: 0, twice: 1 });
});

test('a leader that goes on from another run than the one seen last has not taken over from it', () => {
  const meter = seen([tick('ada', 1, 1), 0], [tick('bob', 2, 2), 50], [tick('cy', 3, 20, '1/ada'), 90]);
  expect(meter.report()).toBeNull();
});

test('the report stays as it is however long the new leader goes on', () => {
  const meter = seen([tick('ada', 1, 1), 0], [tick('bob', 2, 3), 50]);
  for (let n = 4; n < 5000; n += 1) meter.observe(tick('bob', 2, n), n * 50);
  expect(meter.report()).toEqual({ from: 'ada', to: 'bob', gapMs: 50, lost: 1, twice: 0 });
});

test('what is forgotten is part of no handover', () => {
  const meter = seen([tick('ada', 1, 1), 0], [tick('bob', 2, 2), 50]);
  meter.forget();
  meter.observe(tick('cy', 3, 9), 100);
  expect(meter.report()).toBeNull();
});
