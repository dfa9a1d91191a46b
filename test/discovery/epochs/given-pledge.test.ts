import { expect, test } from 'vitest';
import { GivenPledge } from '../../../src/discovery/epochs/given-pledge.ts';
import { virtualClock } from '../../../src/platform/virtual.ts';
import type { Pledge } from '../../../src/protocol/standing.ts';

const pledge: Pledge = { epoch: 7, standing: { lastIndex: 1, lastTerm: 1, configuration: [], promisedMs: 0 } };

function member() {
  const clock = virtualClock();
  const said: string[] = [];
  const given = new GivenPledge(clock.platform().timers, (type, { epoch }) => said.push(`${type} ${epoch}`));
  return { clock, said, given };
}

test('a pledge is said at once, and then stood by until a later epoch is seen', async () => {
  const { clock, said, given } = member();
  given.give(pledge);
  expect(said).toEqual(['pledge 7']);
  await clock.advance(6_500);
  expect(said).toEqual(['pledge 7', 'standing 7', 'standing 7']);
  given.see(7);
  await clock.advance(3_000);
  expect(said).toHaveLength(4);
  given.see(8);
  await clock.advance(60_000);
  expect(said).toHaveLength(4);
});

test('whoever asks for it again gets the same answer, in that epoch only', () => {
  const { said, given } = member();
  expect(given.repeat(7)).toBe(false);
  given.give(pledge);
  expect([given.repeat(7), given.repeat(8)]).toEqual([true, false]);
  given.see(8);
  expect(given.repeat(7)).toBe(false);
  expect(said).toEqual(['pledge 7', 'pledge 7']);
});

test('nothing more is said once it is stopped', async () => {
  const { clock, said, given } = member();
  given.give(pledge);
  given.stop();
  await clock.advance(60_000);
  expect(said).toEqual(['pledge 7']);
});
