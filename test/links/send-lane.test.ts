import { expect, test } from 'vitest';
import type { PathHealth } from '../../src/links/path-health.ts';
import { SendLane } from '../../src/links/send-lane.ts';

const KiB = 1024;
/** By which nothing waits in any queue. */
const quick = { queueMs: 0, leastMs: 10 } as PathHealth;

function lane(bytes: number, nowMs = 0): SendLane {
  const out = new SendLane(1024 * KiB);
  void out.push([new Uint8Array(0), new Uint8Array(bytes)], nowMs).catch(() => undefined);
  return out;
}

/** Where the pieces begin and end that may be sent now. */
function cuts(out: SendLane, maxBytes = 16 * KiB): [number, number][] {
  const pieces: [number, number][] = [];
  for (let piece = out.cut(maxBytes); piece !== null; piece = out.cut(maxBytes))
    pieces.push([piece.offset, piece.offset + piece.bytes.byteLength]);
  return pieces;
}

test('as much is under way as the window of congestion holds, in pieces of a quarter of it at most', () => {
  const out = lane(200 * KiB);
  const ends = [16, 32, 48, 64].map((end) => end * KiB);
  expect(cuts(out, 32 * KiB)).toEqual(ends.map((end) => [end - 16 * KiB, end]));
});

test('T1: what was sent once may be acknowledged, also while it is being sent again; more may not', () => {
  const out = lane(100 * KiB);
  const furthest = cuts(out).at(-1)![1];
  out.rewind();
  out.cut(1_000);
  expect(out.acked(furthest + 1, quick, 1)).toBe(false);
  expect(out.acked(furthest, quick, 1)).toBe(true);
  expect(out.cut(1_000)?.offset, 'and is not sent again').toBe(furthest);
});

test('what is not acknowledged in time is sent again: after twice as long each time, up to a second, and as soon as at first once something was', () => {
  const out = lane(100 * KiB, 1_000);
  cuts(out);
  for (const waitMs of [300, 600, 1_000, 1_000]) {
    const dueMs = out.dueMs(300);
    out.tick(300, false, dueMs - 1);
    expect(cuts(out), 'not yet').toEqual([]);
    out.tick(300, false, dueMs);
    expect(out.dueMs(300) - dueMs).toBe(Math.min(2 * waitMs, 1_000));
    expect(cuts(out)[0]?.[0]).toBe(0);
  }
  expect(out.stuckMs).toBe(2_900);
  out.acked(1_000, quick, 9_000);
  expect([out.dueMs(300), out.stuckMs]).toEqual([9_300, 0]);
});

test('after a silence little is under way at first', () => {
  const out = lane(200 * KiB);
  cuts(out);
  out.tick(300, false, 300);
  expect(cuts(out).at(-1)?.[1]).toBe(16 * KiB);
});

test('what has not even left is not sent again, and yet something is stuck', () => {
  const out = lane(100 * KiB);
  cuts(out);
  out.tick(300, true, 300);
  expect([cuts(out), out.stuckMs, out.dueMs(300)]).toEqual([[], 300, 600]);
});

test('nothing is late before it was said', () => {
  const out = lane(10, 0);
  out.cut(1_000);
  out.acked(10, quick, 20);
  expect(out.dueMs(300)).toBe(Infinity);
  void out.push([new Uint8Array(0), new Uint8Array(10)], 5_000);
  expect(out.dueMs(300)).toBe(5_300);
});
