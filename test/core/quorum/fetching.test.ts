import { describe, expect, test } from 'vitest';
import type { RaftOptions } from '../../../src/core/quorum/events.ts';
import type { Fetch, Message, Suffix } from '../../../src/core/quorum/messages.ts';
import { Stage, configurationAt, configurationOf } from './stage.ts';

/** a, b and their witness, of whom b has heard nothing of late; messages of these types are noted as they are sent. */
function lagging(limits: RaftOptions['limits'] = {}): { readonly stage: Stage; readonly sent: Message[] } {
  const sent: Message[] = [];
  const stage = new Stage({
    limits,
    onEffect: ({ id }, effect) => {
      if (effect.type === 'send') sent.push(effect.message);
      if (effect.type === 'snapshot-wanted' && id !== 'b') wanted.push([id, effect.index]);
    },
  });
  const wanted: [string, number][] = [];
  stage.found(configurationOf({ a: 1, b: 1, w: 1 }));
  stage.run(500);
  stage.cut('a', 'b');
  stage.cut('b', 'a');
  for (let round = 1; round <= 10; round++) {
    stage.append('a', `x${round}`, `y${round}`);
    stage.run(50);
    for (const [id, index] of wanted.splice(0)) stage.feed(id, { type: 'snapshot', index, data: `up to ${index}` });
  }
  return { stage, sent };
}

const ofType = <T extends Message['type']>(sent: readonly Message[], type: T): Extract<Message, { type: T }>[] =>
  sent.filter((message): message is Extract<Message, { type: T }> => message.type === type);

function entriesAt(stage: Stage, id: string): string {
  const { core } = stage.actor(id);
  return JSON.stringify(Array.from({ length: core.lastIndex }, (_, at) => core.entry(at + 1)));
}

describe('Q8: a candidate that is behind', () => {
  test('fetches from the witness what it is missing, a message at a time, and leads with everything', () => {
    const { stage, sent } = lagging({ maxBatchEntries: 3 });
    const { lastIndex } = stage.actor('a').core;
    const before = entriesAt(stage, 'a');
    stage.crash('a');
    stage.healAll();
    stage.run(2000);
    expect(stage.leading()).toEqual(['b']);
    expect(entriesAt(stage, 'b').startsWith(before.slice(0, -1))).toBe(true);
    expect(stage.actor('b').core.commitIndex).toBeGreaterThan(lastIndex);
    expect(ofType(sent, 'suffix').length).toBeGreaterThanOrEqual(7);
    for (const { entries } of ofType(sent, 'suffix')) expect(entries.length).toBeLessThanOrEqual(3);
  });

  test('gets the snapshot of the witness in pieces where the entries are gone', () => {
    const limits = { snapshotEntries: 8, keptEntries: 0, maxWitnessChars: 600 };
    const { stage, sent } = lagging({ ...limits, chunkChars: 10, maxBatchEntries: 2 });
    expect(stage.actor('w').core.firstIndex).toBeGreaterThan(10);
    stage.crash('a');
    stage.healAll();
    stage.run(4000);
    expect(stage.leading()).toEqual(['b']);
    expect(stage.actor('b').core.snapshot?.data).toBe(stage.actor('w').core.snapshot?.data);
    expect(ofType(sent, 'suffix-snapshot').length).toBeGreaterThan(2);
    expect(ofType(sent, 'suffix').length).toBeGreaterThan(0);
  });

  test('gives up what it has instead, a term at a time', () => {
    const sent: Message[] = [];
    const stage = new Stage({
      limits: { maxBatchEntries: 2 },
      onEffect: (_, effect) => effect.type === 'send' && sent.push(effect.message),
    });
    const founding = configurationOf({ a: 1, b: 1, w: 1 });
    const logs = { b: [1, 1, 2, 2, 2, 3, 3, 3, 3], w: [1, 1, 1, 1, 4, 4, 5, 6] };
    for (const [id, terms] of Object.entries(logs)) {
      const entries = terms.map((term) => ({ type: 'empty', term }) as const);
      const hardState = { term: 6, vote: null, promisedMs: 0 };
      stage.add(id, { founding, stored: { hardState, snapshot: null, log: { from: 1, entries } } });
    }
    stage.start();
    stage.run(2000);
    expect(stage.leading()).toEqual(['b']);
    const { core } = stage.actor('b');
    expect(Array.from({ length: 8 }, (_, at) => core.entry(at + 1)?.term)).toEqual(logs.w);
    expect(ofType(sent, 'fetch').length).toBeLessThanOrEqual(6);
  });

  test('asks for votes again when what it fetched is durable, not before', () => {
    const { stage, sent } = lagging();
    stage.actor('b').writeMs = 120;
    stage.crash('a');
    stage.healAll();
    let [claimed, durable] = [0, 0];
    for (let passed = 0; passed < 2000; passed++) {
      stage.run(1);
      for (const message of sent.splice(0)) {
        if (message.type !== 'pre-vote' && message.type !== 'vote') continue;
        claimed = Math.max(claimed, message.lastIndex);
        durable = stage.actor('b').core.durableIndex;
        expect(message.lastIndex).toBeLessThanOrEqual(durable);
      }
    }
    expect(claimed).toBe(stage.actor('w').core.lastIndex - 1);
    expect(stage.leading()).toEqual(['b']);
  });

  test('asks again when an answer gets lost', () => {
    const { stage } = lagging();
    stage.crash('a');
    stage.healAll();
    let lost = 0;
    for (let passed = 0; passed < 10_000 && stage.leading().length === 0; passed++) {
      stage.run(1);
      stage.letters = stage.letters.filter(({ message }) => (message as Message).type !== 'suffix' || ++lost > 2);
    }
    expect(lost).toBeGreaterThan(2);
    expect(stage.leading()).toEqual(['b']);
  });
});

test.each([
  ['entries', { maxBatchEntries: 1 }],
  ['pieces of a snapshot', { snapshotEntries: 8, keptEntries: 0, maxWitnessChars: 600, chunkChars: 10 }],
])('Q11: answers of %s that come three times are not asked for ever more often', (_, limits) => {
  const { stage, sent } = lagging(limits);
  stage.crash('a');
  stage.healAll();
  const isFetching = ({ message }: { readonly message: unknown }): boolean =>
    ['fetch', 'suffix', 'suffix-snapshot'].includes((message as Message).type);
  const known = new Set<object>();
  while (stage.leading().length === 0) {
    stage.letters = stage.letters.flatMap((letter) => {
      if (!isFetching(letter) || known.has(letter)) return [letter];
      const copies = [letter, { ...letter }, { ...letter }];
      for (const copy of copies) known.add(copy);
      return copies;
    });
    stage.run(1);
    expect(ofType(sent, 'fetch').length).toBeLessThan(150);
  }
  expect(stage.leading()).toEqual(['b']);
});

/** b hears nothing from when a begins to make it a voter; by the time it does again, a is gone. */
function promotedInSilence(): {
  readonly stage: Stage;
  readonly sent: { readonly to: string; readonly message: Message }[];
} {
  const sent: { readonly to: string; readonly message: Message }[] = [];
  const stage = new Stage({ onEffect: (_, effect) => effect.type === 'send' && sent.push(effect) });
  stage.found(configurationOf({ a: 1, w: 1 }), { maxVoters: 2 });
  stage.run(500);
  for (const id of ['b', 'c', 'd']) stage.join(id);
  stage.tellMembers('a', 'b', 'c', 'd', 'w');
  expect(stage.runUntil(() => configurationAt(stage, 'a').includes('→'), 1000)).toBe(true);
  stage.isolate('b');
  stage.run(30);
  expect(configurationAt(stage, 'a')).toBe('a w → a b w | c d');
  expect(configurationAt(stage, 'b')).toBe('a w | b c d');
  expect(stage.runUntil(() => configurationAt(stage, 'w') === 'a b w | c d', 20_000)).toBe(true);
  stage.crash('a');
  stage.healAll();
  return { stage, sent };
}

describe('Q8: who was silent while it got a vote, and has no leader then', () => {
  test('hears of it from the witness, and leads', () => {
    const { stage } = promotedInSilence();
    expect(stage.runUntil(() => stage.leading().length > 0, 10_000 + 1_000)).toBe(true);
    expect(stage.leading()).toEqual(['b']);
    stage.run(1_000);
    expect(stage.agreed(['b', 'c', 'd', 'w'])).toBe('b');
  });

  test('who got none is sent nothing, and asks seldom', () => {
    const { stage, sent } = promotedInSilence();
    stage.isolate('b');
    sent.length = 0;
    stage.run(60_000);
    const to = (id: string): readonly Message[] => sent.filter((one) => one.to === id).map(({ message }) => message);
    expect(stage.leading()).toEqual([]);
    expect([...to('c'), ...to('d')]).toEqual([]);
    expect(ofType(to('w'), 'fetch').length).toBeGreaterThan(2 * 5);
    expect(ofType(to('w'), 'fetch').length).toBeLessThan(3 * 12);
  });
});

test('who lost its vote while it was silent, and has no leader then, hears of that from the witness, and no more', () => {
  const sent: { readonly to: string; readonly message: Message }[] = [];
  const stage = new Stage({
    limits: { maxBatchEntries: 2 },
    onEffect: (_, effect) => effect.type === 'send' && sent.push(effect),
  });
  stage.found(configurationOf({ a: 1, b: 1, c: 1, w: 2 }), { maxVoters: 3 });
  stage.run(1_000);
  stage.tellMembers('a', 'b', 'c', 'w');
  stage.isolate('c');
  expect(stage.runUntil(() => configurationAt(stage, 'w') === 'a b w | c', 20_000)).toBe(true);
  const { lastIndex } = stage.actor('w').core;
  stage.append('a', ...Array.from({ length: 50 }, () => 'x'));
  stage.run(1_000);
  for (const id of ['a', 'b']) stage.crash(id);
  stage.healAll();
  stage.run(10_000);
  expect(configurationAt(stage, 'c')).toBe('a b w | c');
  expect(stage.actor('c').core.lastIndex).toBeLessThan(lastIndex + 3);
  sent.length = 0;
  stage.run(60_000);
  expect(sent.filter(({ message }) => message.type !== 'fetch')).toEqual([]);
});

describe('Q11: what was fetched', () => {
  const suffixOf = (stage: Stage): Suffix => {
    const { core } = stage.actor('w');
    const entries = [core.entry(core.lastIndex)!];
    const prevIndex = core.lastIndex - 1;
    const prevTerm = core.entry(prevIndex)!.term;
    return { type: 'suffix', term: 1, prevIndex, prevTerm, entries, lastIndex: core.lastIndex, lastTerm: 1 };
  };

  test('changes nothing while somebody leads, nor from anyone but a witness', () => {
    const { stage } = lagging();
    stage.healAll();
    stage.run(500);
    const { core } = stage.actor('b');
    const before = entriesAt(stage, 'b');
    const { lastIndex: prevIndex } = core;
    const entries = [{ type: 'empty', term: 3 }] as const;
    const suffix: Suffix = { ...suffixOf(stage), term: 3, prevIndex, entries, lastIndex: prevIndex + 1, lastTerm: 3 };
    for (const from of ['w', 'a']) stage.feed('b', { type: 'message', from, message: suffix });
    expect(entriesAt(stage, 'b')).toBe(before);
    stage.isolate('b');
    stage.run(2000);
    expect(core.leader()).toBeNull();
    stage.feed('b', { type: 'message', from: 'a', message: suffix });
    expect(entriesAt(stage, 'b')).toBe(before);
    stage.feed('b', { type: 'message', from: 'w', message: suffix });
    expect(core.entry(prevIndex + 1)).toEqual(entries[0]);
  });

  test('does not replace what is committed', () => {
    const { stage } = lagging();
    stage.healAll();
    stage.run(1000);
    const { commitIndex } = stage.actor('b').core;
    stage.isolate('b');
    stage.run(2000);
    const before = entriesAt(stage, 'b');
    const refused: string[] = [];
    const entries = [{ type: 'empty', term: 3 }] as const;
    const suffix: Suffix = {
      ...suffixOf(stage),
      term: 3,
      prevIndex: commitIndex - 1,
      prevTerm: 1,
      entries,
      lastTerm: 3,
    };
    const core = stage.actor('b').core;
    const at = stage.clock(stage.actor('b'));
    for (const effect of core.step({ type: 'message', from: 'w', message: suffix, at }))
      if (effect.type === 'bad-message') refused.push(effect.code);
    expect(refused).toEqual(['impossible']);
    expect(entriesAt(stage, 'b')).toBe(before);
  });

  test('is given by nobody but a witness', () => {
    const { stage, sent } = lagging();
    sent.length = 0;
    const fetch: Fetch = { type: 'fetch', term: 1, index: 1, indexTerm: 1, offset: 0 };
    stage.feed('a', { type: 'message', from: 'b', message: fetch });
    expect(ofType(sent, 'suffix')).toEqual([]);
    stage.feed('w', { type: 'message', from: 'b', message: fetch });
    expect(ofType(sent, 'suffix').length).toBe(1);
  });
});
