import { expect, test } from 'vitest';
import { Pairing, type Verdict } from '../../src/links/pairing.ts';

const mine = 100;

/** A session of that number, which has heard of none. */
function fresh(): { pairing: Pairing; says: (from: number, to: number, received?: boolean) => Verdict } {
  const pairing = new Pairing();
  pairing.restart(mine);
  return { pairing, says: (from, to, received = false) => pairing.judge({ from, to, reset: false }, received) };
}

test('T1: a session hears the first one that does not know it, and goes on hearing it', () => {
  const { pairing, says } = fresh();
  expect([says(7, 0), says(7, mine), says(7, 0)]).toEqual(['current', 'current', 'current']);
  expect(pairing.theirs).toBe(7);
});

test('T1: who speaks to an earlier session is told the number of this one where they are a pair, and else that it is over', () => {
  const paired = fresh();
  expect([paired.says(7, 0), paired.says(7, mine - 1), paired.pairing.theirs]).toEqual(['current', 'unaware', 7]);

  const { says } = fresh();
  expect(says(7, mine - 1)).toBe('stale');
  expect([says(7, 0), says(7, mine), says(8, 0)], 'and what it says afterwards').toEqual(['stale', 'stale', 'current']);
});

test('T1: sessions before the one that is paired, and all up to it once that is over, are not heard', () => {
  const { pairing, says } = fresh();
  expect([says(7, 0), says(6, 0), says(6, mine)]).toEqual(['current', 'stale', 'stale']);
  pairing.restart(0);
  expect([says(7, 0), says(8, 0)]).toEqual(['stale', 'current']);
});

test('T1: nor are those before the one that asked to begin anew, however often this side does so by itself afterwards', () => {
  const { pairing, says } = fresh();
  pairing.restart(0, 9);
  pairing.restart(0);
  expect([says(8, 0), says(9, 0)]).toEqual(['stale', 'current']);
});

test('T1: a later session of the other side is taken for the earlier one only where nothing was exchanged with that', () => {
  const silent = fresh();
  expect([silent.says(7, 0), silent.says(9, mine), silent.pairing.theirs]).toEqual(['current', 'current', 9]);

  const unknown = fresh();
  expect([unknown.says(7, 0), unknown.says(9, 0)]).toEqual(['current', 'restart']);

  const taken = fresh();
  expect([taken.says(7, 0), taken.says(9, mine, true)]).toEqual(['current', 'restart']);

  const confirmed = fresh();
  const verdicts = [confirmed.says(7, mine), confirmed.says(7, 0), confirmed.says(9, mine)];
  expect(verdicts).toEqual(['current', 'current', 'restart']);
  confirmed.pairing.restart(0);
  expect([confirmed.says(9, 0), confirmed.says(11, mine + 1)], 'of the session before').toEqual(['current', 'current']);
});

test('T1: only who speaks of this very session makes it end', () => {
  const { pairing } = fresh();
  const reset = (to: number): Verdict => pairing.judge({ from: 7, to, reset: true }, false);
  expect([reset(mine - 1), reset(0), reset(mine)]).toEqual(['ignore', 'ignore', 'restart']);
});

test('T1: numbers only rise: by the wall clock, where it is set back by one, and above what the other side takes', () => {
  const { pairing } = fresh();
  const numbers = [[50], [500.7], [0, 0, 900], [0]].map(([wallMs = 0, heard, least]) => {
    pairing.restart(wallMs, heard, least);
    return pairing.mine;
  });
  expect(numbers).toEqual([101, 500, 900, 901]);
});
