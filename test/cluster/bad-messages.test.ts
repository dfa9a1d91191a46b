import { type ClusterError } from 'bellwether';
import { virtualClock } from 'bellwether/testing';
import { expect, it } from 'vitest';
import { BadMessages } from '../../src/cluster/bad-messages.ts';

it('Q11: every bad message is counted, and a flood of them is told of once a second', async () => {
  const clock = virtualClock();
  const told: ClusterError[] = [];
  const bad = new BadMessages(clock.platform().clock, (error) => told.push(error));
  for (let count = 0; count < 3_000; count++) {
    bad.add(count % 2 ? 'mallory' : null, 'it makes no sense');
    await clock.advance(1);
  }
  expect(bad.count).toBe(3_000);
  expect(told.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'bad-message: somebody sent a bad message: it makes no sense; it was dropped, 1 in all so far',
    'bad-message: somebody sent a bad message: it makes no sense; it was dropped, 1001 in all so far',
    'bad-message: somebody sent a bad message: it makes no sense; it was dropped, 2001 in all so far',
  ]);
});
