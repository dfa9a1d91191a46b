// Goodbyes that another one heard than the leader.
import { describe, expect, test } from 'vitest';
import { maxGoodbyes } from '../../../src/core/quorum/limits.ts';
import { Member } from '../../../src/core/quorum/member.ts';
import { Membership } from '../../../src/core/quorum/membership.ts';
import { Stage, configurationAt, configurationOf } from './stage.ts';

/** Where whoever is missing keeps its vote for long, and leases are short. */
function room(weights: Readonly<Record<string, number>>): Stage {
  const stage = new Stage({ limits: { missingMs: 15_000, maxLeaseMs: 250 } });
  stage.found(configurationOf(weights));
  stage.run(1_000);
  stage.tellMembers(...Object.keys(weights));
  stage.run(1_000);
  return stage;
}

test('Q8: who said goodbye to another than the leader keeps its vote for two leases, and not until it is missing', () => {
  const stage = room({ a: 1, b: 1, c: 1, w: 2 });
  stage.crash('c');
  stage.feed('b', { type: 'departed', peer: 'c' });
  stage.run(1_000);
  expect(configurationAt(stage, 'a')).toBe('a b w | c'); // it is in the view
  stage.tellMembers('a', 'b', 'w');
  stage.run(1_000);
  expect(configurationAt(stage, 'a')).toBe('a b w');
});

test('Q8: nobody loses a vote by what others say of it as long as it answers, nor later by what they said before', () => {
  const stage = room({ a: 1, b: 1, c: 1, w: 2 });
  for (let lies = 0; lies < 20; lies++) {
    stage.feed('b', { type: 'departed', peer: 'c' });
    stage.run(100);
  }
  stage.run(1_000);
  stage.pause('c');
  stage.run(10_000);
  expect(configurationAt(stage, 'a')).toBe('a b c w');
  stage.resume('c');
  stage.run(1_000);
  expect(configurationAt(stage, 'a')).toBe('a b c w');
});

test('Q8: so does a leader who said it to another than the one who leads next', () => {
  const stage = room({ a: 1, b: 1, c: 1, w: 2 });
  stage.crash('a');
  stage.feed('c', { type: 'departed', peer: 'a' });
  stage.run(3_000);
  expect(stage.leading()).toEqual(['b']);
  expect(configurationAt(stage, 'b')).toBe('b c w | a');
});

test('Q8: so does who said it to another while a leader was there who has gone as well', () => {
  const stage = room({ a: 1, b: 1, c: 1, d: 1, e: 1 });
  stage.crash('e');
  stage.feed('c', { type: 'departed', peer: 'e' });
  stage.crash('a');
  stage.run(3_000);
  expect(stage.leading()).toEqual(['b']);
  expect(configurationAt(stage, 'b')).toBe('a b c d | e');
});

test('Q8: what a voter had said before it left is late, and does not belie that it did', () => {
  const stage = room({ a: 1, b: 1, c: 1, w: 2 });
  const deliver = stage.deliver.bind(stage);
  const late: Parameters<typeof deliver>[0][] = [];
  stage.deliver = (letter) => {
    if (letter.from === 'c' && letter.to === 'a') late.push(letter);
    else deliver(letter);
  };
  stage.run(200);
  stage.crash('c');
  stage.feed('b', { type: 'departed', peer: 'c' });
  stage.run(50);
  expect(late.length).toBeGreaterThan(0);
  for (const letter of late) deliver(letter);
  stage.run(1_000);
  expect(configurationAt(stage, 'a')).toBe('a b w | c');
});

describe('of thousands who come and go while it follows, a member', () => {
  function membership(): Membership {
    const founding = { ...configurationOf({ a: 1, b: 1, c: 1 }), learners: ['d'] };
    return new Membership(new Member({ id: 'a', seed: 1, founding }));
  }

  function comeAndGo(one: Membership, guests: number): void {
    for (let guest = 0; guest < guests; guest++) one.hearDeparture(`guest-${guest}`);
  }

  test('remembers no more than the last', () => {
    const one = membership();
    comeAndGo(one, 5_000);
    expect([...one.departed]).toHaveLength(maxGoodbyes);
    expect([...one.departed].at(-1)).toBe('guest-4999');
  });

  test('and those who still have a place', () => {
    const one = membership();
    for (const id of ['c', 'd']) one.hearDeparture(id);
    comeAndGo(one, 5_000);
    expect([...one.departed].slice(0, 2)).toEqual(['c', 'd']);
    expect([...one.departed]).toHaveLength(maxGoodbyes);
  });
});
