import { expect, test } from 'vitest';
import { PathHealth } from '../../src/links/path-health.ts';
import type { Path } from '../../src/transports/transport.ts';

const path: Path = { kind: 'relay', peer: 'ada', maxFrameBytes: 1024, bufferedBytes: () => 0, send: () => {} };

/** One that has measured this round trip often. */
function measured(rttMs: number): { health: PathHealth; sample(rttMs: number, afterMs: number): void } {
  const health = new PathHealth(path, 0);
  let nowMs = 0;
  const sample = (sampleMs: number, afterMs: number): void => {
    nowMs += afterMs;
    health.heard({ stampMs: nowMs, echoMs: nowMs - sampleMs }, nowMs);
  };
  for (let times = 0; times < 50; times++) sample(rttMs, 200);
  return { health, sample };
}

test('the round trip of a path on which little is said is known again after a few answers', () => {
  const { health, sample } = measured(200);
  for (let times = 0; times < 5; times++) sample(10, 1_200);
  expect(health.rttMs).toBeLessThan(20);
});

test('one slow answer among many changes the round trip little', () => {
  const { health, sample } = measured(10);
  sample(200, 100);
  expect(health.rttMs).toBeLessThan(40);
});
