import { describe, expect, test } from 'vitest';
import { isQuorum } from '../../../src/core/quorum/configuration.ts';
import type { Configuration } from '../../../src/core/quorum/configuration.ts';
import { wantedConfiguration } from '../../../src/core/quorum/electorate.ts';
import type { Attendance } from '../../../src/core/quorum/electorate.ts';
import { Random } from '../../../src/core/random.ts';
import { configurationOf } from './stage.ts';

/** `a@x?`: a on host x, ready. `!`: gone, `-`: silent, `+`: ready, otherwise just present. `w*` are witnesses. */
function attendance(word: string): Attendance {
  const state = { '!': 'gone', '-': 'silent', '+': 'ready' } as const;
  const [name = '', mark] = word.split(/(?=[!+-])/);
  const [id = '', host = id] = name.split('@');
  return { id, host, witness: id.startsWith('w'), state: state[mark as '!' | '-' | '+'] ?? 'present' };
}

/** What becomes of a configuration led by `a`, in words. */
function wanted(voters: Readonly<Record<string, number>>, members: string, maxVoters = 5): string {
  const { halves, learners } = wantedConfiguration(configurationOf(voters), members.split(' ').map(attendance), {
    ...{ leader: 'a', maxVoters },
  });
  const words = halves[0]?.map(({ id, weight }) => (weight === 1 ? id : `${id}=${weight}`)).join(' ');
  return learners.length === 0 ? String(words) : `${words}, learning ${learners.join(' ')}`;
}

const [a, b, c, d, e] = [1, 1, 1, 1, 1];
const w = 1;

describe('a joiner', () => {
  test('learns before it votes', () => {
    expect(wanted({ a }, 'a+ b')).toBe('a, learning b');
    expect(wanted({ a, b, c }, 'a+ b c d')).toBe('a b c, learning d');
  });

  test('votes once it is ready, as long as there are fewer voters than there may be', () => {
    expect(wanted({ a, b, c }, 'a+ b c d+ e+')).toBe('a b c d e');
    expect(wanted({ a, b, c }, 'a+ b c d+ e+ f+ g+')).toBe('a b c d e, learning f g');
    expect(wanted({ a, b, c }, 'a+ b c d+ e+', 3)).toBe('a b c, learning d e');
  });

  test('waits for another without a witness, for an even number of voters is no better than one less', () => {
    expect(wanted({ a }, 'a+ b+')).toBe('a, learning b');
    expect(wanted({ a, b }, 'a+ b c+')).toBe('a b c');
    expect(wanted({ a, b }, 'a+ b c+ d+')).toBe('a b c, learning d');
    expect(wanted({ a, w }, 'a+ w b+')).toBe('a b w');
  });

  test('of a host without a voter is preferred, and takes the place of one of a crowded host', () => {
    expect(wanted({ a }, 'a@x+ b@x+ c@x+ d@y+ e@z+', 3)).toBe('a d e, learning b c');
    expect(wanted({ a, b, c }, 'a@x+ b@x+ c@x+ d@y+', 3)).toBe('a d c, learning b');
    expect(wanted({ a, b, c }, 'a@x+ b@y+ c@z+ d@y+', 3)).toBe('a b c, learning d');
    expect(wanted({ a, b, c }, 'a@x+ b@x+ c@y+ d@z', 3)).toBe('a b c, learning d');
  });
});

describe('a voter', () => {
  test('that is gone loses its vote, to another that is ready', () => {
    expect(wanted({ a, b, c }, 'a+ b c!')).toBe('a b');
    expect(wanted({ a, b, c }, 'a+ b c! d+')).toBe('a b d');
    expect(wanted({ a, b, c }, 'a+ b- c!')).toBe('a b'); // one that is silent may come back
  });

  test('that is silent learns, so that it can come back', () => {
    expect(wanted({ a, b, c, d, e }, 'a+ b c d e-')).toBe('a b c d, learning e');
  });

  test('that is dead goes before anyone else comes', () => {
    expect(wanted({ a, b, c }, 'a+ b c- d+ e+ f+')).toBe('a b d, learning c e f');
  });

  test('beside a witness keeps its vote while nobody else could have it: it may still come back', () => {
    expect(wanted({ a, b, w }, 'a+ b- w')).toBe('a b w');
    expect(wanted({ a, b, w }, 'a+ b- w c+')).toBe('a c w, learning b');
    expect(wanted({ a, b, w }, 'a+ b! w')).toBe('a w');
  });

  test('is not taken out to make room: not more than there may be is a bound for newcomers', () => {
    expect(wanted({ a, b, c, d, e }, 'a+ b c d e f+', 3)).toBe('a b c d e, learning f');
  });
});

describe('a witness', () => {
  test('weighs one less than there are other voters, in each configuration anew', () => {
    expect(wanted({ a, b, w }, 'a+ b w c+')).toBe('a b c w=2');
    expect(wanted({ a, b, w }, 'a+ b w c+ d+ e+')).toBe('a b c d e w=4');
    expect(wanted({ a, b, c, w: 2 }, 'a+ b c! w')).toBe('a b w');
  });

  test('becomes one of the voters when it is ready, whatever their number', () => {
    expect(wanted({ a, b, c }, 'a+ b c w+', 3)).toBe('a b c w=2');
    expect(wanted({ a, b, c }, 'a+ b c w')).toBe('a b c, learning w');
  });

  test('that is lost is swapped for its successor in one change', () => {
    expect(wanted({ a, b, w }, 'a+ b w- w2+')).toBe('a b w2, learning w');
    expect(wanted({ a, b, w }, 'a+ b w! w2+')).toBe('a b w2');
  });

  test('that is lost without one is taken out if three voters or more are all there', () => {
    expect(wanted({ a, b, c, w: 2 }, 'a+ b c w-')).toBe('a b c, learning w');
    expect(wanted({ a, b, w }, 'a+ b w-')).toBe('a b w');
    expect(wanted({ a, b, c, w: 2 }, 'a+ b c- w-')).toBe('a b w, learning c');
  });
});

test('what is wanted is a fixed point after a few changes, keeps the leader, and can be decided by those who are there', () => {
  const random = new Random(5);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)] as T;
  for (let round = 0; round < 3000; round++) {
    const ids = ['b', 'c', 'd', 'e', 'f', 'g'].filter(() => random.next() < 0.6);
    const isAnchored = random.next() < 0.5;
    const members: Attendance[] = [...ids, ...(isAnchored ? ['w'] : [])].map((id) => ({
      ...{ id, host: pick(['x', 'y', 'z']), witness: id === 'w' },
      state: pick(['gone', 'silent', 'present', 'ready', 'ready'] as const),
    }));
    members.push({ id: 'a', host: 'x', witness: false, state: 'ready' });
    let now: Configuration = configurationOf(Object.fromEntries([['a', 1], ...ids.map((id) => [id, 1] as const)]));
    let changes = 0;
    for (let next = step(now, members); JSON.stringify(next) !== JSON.stringify(now); next = step(now, members)) {
      now = next;
      changes++;
    }
    expect(changes).toBeLessThan(6);
    const [half = []] = now.halves;
    expect(half.some(({ id }) => id === 'a')).toBe(true);
    expect(half.filter(({ witness }) => !witness).length).toBeLessThanOrEqual(Math.max(5, ids.length + 1));
    const isDead = (id: string): boolean =>
      members.some((one) => one.id === id && (one.state === 'gone' || one.state === 'silent'));
    const hasWitness = half.some(({ id, witness }) => witness && !isDead(id));
    const living = half.filter(({ id, witness }) => !witness && !isDead(id)).length;
    const isWitnessDead = half.some(({ id, witness }) => witness && isDead(id));
    if (hasWitness || (living >= 2 && !isWitnessDead)) expect(isQuorum(now, (id) => !isDead(id))).toBe(true);
  }
});

function step(now: Configuration, members: readonly Attendance[]): Configuration {
  return wantedConfiguration(now, members, { leader: 'a', maxVoters: 5 });
}
