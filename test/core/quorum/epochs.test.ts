// A group that lost its quorum is founded again, in a later epoch, on a log that goes on.
import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../../src/core/quorum/configuration.ts';
import { termsPerEpoch } from '../../../src/core/quorum/limits.ts';
import { configurationOf } from './stage.ts';
import { Witnessed, append, storedOf, voteReply } from './witnessed.ts';

const peers = (...ids: readonly string[]) => ids.map((id) => ({ id, host: id, witness: id.startsWith('w') }));

/** a, b and their witness lead on through epoch 1, until b is lost with the witness: a pledges, and so do `others`. */
function pledged(values: readonly string[] = ['x', 'y'], options = {}): Witnessed {
  const stage = new Witnessed({ a: 1, b: 1, w: 1 }, { options: { epoch: 1 }, ...options });
  stage.settle();
  stage.append('a', ...values);
  stage.run(500);
  for (const id of ['b', 'w']) stage.crash(id);
  stage.run(2000);
  stage.feed('a', { type: 'pledge' });
  expect(stage.core('a').isPledged).toBe(true);
  return stage;
}

const alone: Configuration = configurationOf({ a: 1 });
const withWitness: Configuration = configurationOf({ a: 1, w2: 1 });

test('E3: whoever could not pledge gives up what it led and appended, keeps what is committed, and follows in the next epoch', () => {
  const stage = new Witnessed({ a: 1, b: 1, w: 1 }, { options: { epoch: 1 } });
  stage.settle();
  stage.append('a', 'x');
  stage.run(500);
  stage.isolate('a');
  stage.append('a', 'mine alone');
  const { lastIndex } = stage.core('a');
  stage.forget();
  stage.feed('a', { type: 'give-up' });
  expect(stage.leading()).toEqual([]);
  expect(stage.of('a', 'leader').map(({ leader }) => leader)).toEqual([null]);
  expect(stage.of('a', 'append-failed')).toEqual([{ type: 'append-failed', ticket: 2, reason: 'unknown' }]);
  stage.feed('a', { type: 'campaign' });
  stage.run(5000);
  expect([stage.sent('a', 'vote'), stage.sent('a', 'pre-vote'), stage.sent('a', 'heartbeat')]).toEqual([[], [], []]);
  stage.crash('w');
  stage.run(5000);
  stage.feed('b', { type: 'pledge' });
  stage.goOn('b', { epoch: 2, founding: configurationOf({ b: 1 }) });
  stage.goOn('a', { epoch: 2 });
  expect(stage.core('a').lastIndex).toBe(lastIndex);
  stage.healAll();
  for (const id of ['a', 'b']) stage.feed(id, { type: 'members', peers: peers('a', 'b') });
  stage.append('b', 'y');
  stage.run(2000);
  expect([stage.leading(), stage.values('a'), stage.values('b')]).toEqual([['b'], ['y'], ['y']]); // x was told before
});

describe('an epoch that is founded on an old log', () => {
  test('Q5: begins with its founding configuration, behind all that was committed before', () => {
    const stage = pledged();
    const { lastIndex } = stage.core('a');
    stage.goOn('a', { epoch: 7, founding: alone });
    stage.run(500);
    expect(stage.leading()).toEqual(['a']);
    expect(stage.core('a').configuration).toEqual(alone);
    expect(stage.core('a').entry(lastIndex + 1)).toEqual({
      type: 'configuration',
      term: 7 * termsPerEpoch + 1,
      configuration: alone,
    });
    expect(stage.committed('a')).toEqual(['x', 'y']);
    expect(stage.core('a').commitIndex).toBe(lastIndex + 1);
  });

  test('Q5: tells nobody again what it was told before, and goes on from there', () => {
    const stage = pledged();
    stage.goOn('a', { epoch: 2, founding: alone });
    stage.append('a', 'z');
    stage.run(1000);
    expect(stage.values('a')).toEqual(['x', 'y', 'z']);
    expect(stage.of('a', 'appended')).toHaveLength(3);
  });

  test('Q5: a copy of what was appended before still takes no effect: sessions go on as well', () => {
    const stage = pledged();
    stage.goOn('a', { epoch: 2, founding: alone });
    const session = stage.core('a').entry(2);
    expect(session).toMatchObject({ type: 'register', owner: 'a' });
    stage.add('b', { epoch: 2 });
    stage.feed('a', { type: 'members', peers: peers('a', 'b') });
    stage.run(1000);
    stage.hear('a', 'b', { type: 'propose', session: 2, first: 1, values: ['x', 'y'] });
    stage.run(1000);
    expect(stage.values('a')).toEqual(['x', 'y']);
  });

  test('Q5: a snapshot that the application has is not told again', () => {
    const stage = pledged(['x', 'y', 'z'], { limits: { snapshotEntries: 3, keptEntries: 1 } });
    const [wanted] = stage.of('a', 'snapshot-wanted');
    stage.goOn('a', { epoch: 2, founding: alone });
    stage.run(500);
    const again = stage.of('a', 'snapshot-wanted').at(-1)?.index ?? 0;
    expect(again).toBeGreaterThanOrEqual(wanted!.index);
    stage.feed('a', { type: 'snapshot', index: again, data: 'x y z' });
    stage.feed('a', { type: 'campaign' });
    stage.forget();
    stage.goOn('a', { epoch: 3, founding: alone });
    stage.run(500);
    expect(stage.of('a', 'snapshot-installed')).toEqual([]);
    expect(stage.values('a')).toEqual([]);
    expect(stage.leading()).toEqual(['a']);
  });

  test('Q10: terms go on above all of the epoch before', () => {
    const stage = pledged();
    const before = stage.term('a');
    expect(before).toBe(2 * termsPerEpoch); // a pledge is a vote in whatever comes next
    stage.goOn('a', { epoch: 2, founding: alone });
    stage.run(500);
    expect(stage.core('a').leader()).toEqual({ id: 'a', term: 2 * termsPerEpoch + 1 });
  });

  test('Q8: a founder that is behind the witness fetches what it is missing before it leads', () => {
    const stage = pledged(['x', 'y', 'z']);
    const { snapshot, log } = stage.core('a').state();
    const hardState = { term: 2 * termsPerEpoch, vote: null, promisedMs: 0 };
    const [whole, part] = [log.entries, log.entries.slice(0, -2)];
    for (const [id, entries] of [
      ['f', part],
      ['w9', whole],
    ] as const) {
      const founding = configurationOf({ f: 1, w9: 1 });
      stage.add(id, { epoch: 3, founding, stored: { hardState, snapshot, log: { from: 1, entries } } });
      stage.feed(id, { type: 'tick' });
    }
    stage.run(2000);
    expect(stage.leading()).toEqual(['f']);
    expect(stage.committed('f')).toEqual(['x', 'y', 'z']);
  });
});

describe('configurations of earlier epochs', () => {
  test('Q2: count no more: who voted then neither campaigns nor counts until it is taken in', () => {
    const stage = pledged();
    stage.goOn('a', { epoch: 2 });
    stage.run(10_000);
    expect(stage.core('a').role).toBe('follower');
    expect(stage.core('a').configuration).toEqual({ halves: [], learners: [] });
    expect(stage.core('a').standing({ fast: 1e9, slow: 1e9 })).toMatchObject({ configuration: [], promisedMs: 0 });
  });

  test('Q2: do not come back where the first entry of the epoch is replaced', () => {
    const stage = pledged();
    stage.goOn('a', { epoch: 2 });
    const { lastIndex } = stage.core('a');
    const lastTerm = stage.core('a').entry(lastIndex)!.term;
    const base = 2 * termsPerEpoch;
    const entry = { type: 'configuration', term: base + 1, configuration: configurationOf({ f: 1, a: 1 }) };
    stage.hear('a', 'f', { ...append(base + 1, [lastIndex, lastTerm]), entries: [entry] });
    expect(stage.core('a').configuration.halves).toHaveLength(1);
    stage.hear('a', 'g', append(base + 2, [lastIndex, lastTerm], [base + 2]));
    expect(stage.core('a').configuration).toEqual({ halves: [], learners: [] });
  });

  test('Q2: in a snapshot neither; and those who join get it like any other', () => {
    const stage = pledged(['x', 'y', 'z'], { limits: { snapshotEntries: 3, keptEntries: 0 } });
    const { index } = stage.of('a', 'snapshot-wanted').at(-1)!;
    stage.goOn('a', { epoch: 2, founding: alone });
    const stored = {
      ...stage.core('a').state(),
      snapshot: {
        index,
        term: termsPerEpoch + 1,
        configuration: configurationOf({ a: 1, b: 1, w: 1 }),
        sessions: [],
        data: 'old',
      },
      log: { from: index + 1, entries: [] },
    };
    stage.crash('a');
    for (const [id, founding] of [
      ['n', configurationOf({ n: 1 })],
      ['m', undefined],
    ] as const) {
      stage.add(id, { epoch: 3, ...(founding === undefined ? {} : { founding, stored }), limits: {} });
      stage.feed(id, { type: 'tick' });
    }
    stage.run(300);
    expect(stage.core('n').configuration).toEqual(configurationOf({ n: 1 }));
    stage.feed('n', { type: 'members', peers: peers('n', 'm') });
    stage.run(3000);
    expect(stage.of('m', 'snapshot-installed')).toEqual([{ type: 'snapshot-installed', index, data: 'old' }]);
    expect(stage.core('m').configuration).toEqual(stage.core('n').configuration);
    expect(
      stage
        .core('m')
        .configuration.halves.at(-1)!
        .map(({ id }) => id),
    ).toContain('n');
  });

  test('Q2: stay uncounted after a restart from the disk, until the epoch has its own', () => {
    const stage = pledged();
    stage.goOn('a', { epoch: 2, founding: withWitness });
    stage.run(50); // nobody votes for it: w2 is not there
    stage.crash('a');
    stage.restart('a');
    stage.run(5000);
    expect(stage.core('a').configuration).toEqual(withWitness);
    expect(stage.leading()).toEqual([]);
  });
});

describe('members of the new epoch', () => {
  test('get the whole log, with a log of the old epoch or without any', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1, w: 2 }, { options: { epoch: 1 } });
    stage.settle();
    stage.append('a', 'x');
    stage.run(300);
    stage.isolate('c');
    stage.append('a', 'y');
    stage.run(300);
    for (const id of ['b', 'w']) stage.crash(id);
    stage.run(3000);
    for (const id of ['a', 'c']) stage.feed(id, { type: 'pledge' });
    stage.healAll();
    stage.goOn('a', { epoch: 2, founding: alone });
    stage.goOn('c', { epoch: 2 });
    stage.add('d', { epoch: 2 });
    stage.feed('d', { type: 'tick' });
    stage.feed('a', { type: 'members', peers: peers('a', 'c', 'd') });
    stage.append('c', 'z');
    stage.run(5000);
    for (const id of ['a', 'c', 'd']) expect(stage.values(id)).toEqual(['x', 'y', 'z']);
    expect(stage.core('d').configuration.halves[0]).toHaveLength(3);
  });

  test('Q11: heed nothing that is said in another epoch', () => {
    const stage = pledged();
    stage.goOn('a', { epoch: 2, founding: withWitness });
    stage.forget();
    stage.hear('a', 'w2', voteReply(termsPerEpoch + 9));
    stage.hear('a', 'w2', voteReply(3 * termsPerEpoch + 1));
    expect(stage.of('a', 'bad-message').map(({ code }) => code)).toEqual(['other-epoch', 'other-epoch']);
  });
});

test('Q3: an epoch begins without a vote; what was promised before may last into it', () => {
  const founding = configurationOf({ a: 1, b: 1 });
  const before = storedOf({ term: termsPerEpoch + 3, vote: 'b', log: [termsPerEpoch + 1] });
  const stored = { ...before, hardState: { ...before.hardState, promisedMs: 1000 } };
  const stage = new Witnessed(founding, { options: { epoch: 2, stored } });
  expect(stage.core('a').hardState).toEqual({ term: 2 * termsPerEpoch, vote: null, promisedMs: 1000 });
  expect(stage.leading()).toEqual([]);
  stage.run(990);
  expect(stage.sent('a', 'pre-vote')).toEqual([]);
  stage.run(500);
  expect(stage.leading()).toHaveLength(1);
});
