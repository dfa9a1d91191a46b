import { expect, test } from 'vitest';
import type { Claim } from '../../src/core/lock/claim.ts';
import { maxCount } from '../../src/core/lock/limits.ts';
import { isTooLong, LockNames } from '../../src/electors/lock-names.ts';

const claim: Claim = { id: 'ada', ticket: 3, beat: 7, freshMs: 1_600, term: 12, after: 0 };

test('a claim is read as it was written', () => {
  const names = new LockNames('room');
  expect(names.read([names.claim(claim)])).toEqual({ claims: [claim], otherVersions: [] });
});

test('rooms of any two names share no lock, and neither sees the claims of the other', () => {
  const rooms = [
    'room',
    'room"',
    'room","claim",',
    '["bellwether","room","claim",',
    'rööm',
    '\ud800',
    '\udc00',
    '-',
    '',
  ];
  const names = rooms.map((room) => new LockNames(room));
  const all = names.flatMap((one) => [one.main, one.claim(claim)]);
  expect(new Set(all).size).toBe(2 * rooms.length);
  for (const one of names) expect(all.filter((name) => name.startsWith(one.claims))).toEqual([one.claim(claim)]);
});

test('no lock is longer than browsers have them: a room too long for that has locks by its digest, which no name is like', () => {
  const longest = {
    id: 'i'.repeat(64),
    ticket: maxCount,
    beat: maxCount,
    freshMs: maxCount,
    term: maxCount,
    after: maxCount,
  };
  const rooms = ['x'.repeat(798), '"'.repeat(399), '\ud800'.repeat(133)];
  for (const room of rooms) {
    expect(isTooLong(room)).toBe(false);
    expect(new LockNames(room).claim(longest).length).toBeLessThanOrEqual(1_024);
    expect(isTooLong(`${room}xxx`)).toBe(true);
  }
  const sha256 = 'f'.repeat(64);
  const digested = new LockNames({ sha256 });
  expect(digested.read([digested.claim(longest)]).claims).toEqual([longest]);
  expect(new LockNames(JSON.stringify({ sha256 })).main).not.toBe(digested.main);
});

test('what somebody else calls a lock that begins like a claim is none: nobody could prevail over some of it', () => {
  const names = new LockNames('room');
  const strange = [
    '',
    '2]',
    '"ada"',
    '"2","ada",3,7,1600,12,0]',
    '-1,"ada",3,7,1600,12,0]',
    '1.5,"ada",3,7,1600,12,0]',
    '2,"ada",3,7,1600,12]',
    '2,"ada",3,7,1600,12,0,1]',
    '2,"ada", 3,7,1600,12,0]',
    '2,"ada",3,7,1600,"12",0]',
    '2,"ada",9007199254740991,7,1600,12,0]',
    '2,"ada",-3,7,1600,12,0]',
    '2,"ada",3,7,1.5,12,0]',
    '2,{"name":"ada"},3,7,1600,12,0]',
    '2,"a da",3,7,1600,12,0]',
    '[[[[',
  ];
  expect(names.read(strange.map((end) => names.claims + end))).toEqual({ claims: [], otherVersions: [] });
});

test('a claim of another version is one, whatever else it says', () => {
  const names = new LockNames('room');
  const others = ['1]', '0,"ada",3,7,1600,12,0]', '3,{"name":"ada"}]'].map((end) => names.claims + end);
  expect(names.read([...others, names.claim(claim)])).toEqual({ claims: [claim], otherVersions: [1, 0, 3] });
});
