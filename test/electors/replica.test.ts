import { describe, expect, it, test } from 'vitest';
import type { CommittedEntry } from '../../src/core/quorum/entry.ts';
import { entryValue, publishedValue, Replica } from '../../src/electors/replica.ts';
import type { Json } from '../../src/protocol/json.ts';

const entry = (index: number, value: Json): CommittedEntry => ({ index, term: 1, value: entryValue(value) });
const published = (index: number, value: Json): CommittedEntry => ({ index, term: 1, value: publishedValue(value) });

/** What somebody reads who begins behind `index`. */
function read(replica: Replica, index = 0): string[] {
  const items: string[] = [];
  for (let item = replica.after(index); item; item = replica.after(item.index)) {
    items.push(item.type === 'entry' ? `${item.index} ${item.value}` : `to ${item.index}: ${item.state}`);
  }
  return items;
}

/** Applies one after the other, as the core tells them. */
function applied(...entries: readonly CommittedEntry[]): Replica {
  const replica = new Replica();
  for (const one of entries) replica.apply([one], one.index);
  return replica;
}

test('Q4: everyone reads the entries in their order, from any place', () => {
  const replica = applied(entry(2, 'a'), published(3, 'x'), entry(5, 'b'), entry(6, 'c'));
  expect(read(replica)).toEqual(['2 a', '5 b', '6 c']);
  expect([read(replica, 2), read(replica, 4), read(replica, 6)]).toEqual([['5 b', '6 c'], ['5 b', '6 c'], []]);
});

test('what was published last counts, and is no entry', () => {
  const replica = new Replica();
  expect(replica.apply([published(1, 'x'), entry(2, 'a')], 2)).toBe(true);
  expect(replica.apply([entry(3, 'b')], 3)).toBe(false);
  expect(replica.published).toBe('x');
});

test('Q11: values that nobody can have appended change nothing', () => {
  const replica = applied(
    { index: 1, term: 1, value: 'e{' },
    { index: 2, term: 1, value: '' },
    { index: 3, term: 1, value: 'p' },
    { index: 4, term: 1, value: 'e{"__proto__":1}' },
    entry(5, 'a'),
  );
  expect([read(replica), replica.published]).toEqual([['5 a'], undefined]);
});

describe('compacting', () => {
  it('gives whoever begins before it the state, and then what follows (Q5)', () => {
    const replica = applied(entry(1, 'a'), entry(2, 'b'), entry(4, 'c'));
    replica.compact(2, 'a+b');
    expect([read(replica), read(replica, 1), read(replica, 2)]).toEqual([
      ['to 2: a+b', '4 c'],
      ['to 2: a+b', '4 c'],
      ['4 c'],
    ]);
  });

  it('refuses what this member does not know, and passes over what is older than the last time', () => {
    const replica = applied(entry(1, 'a'), entry(2, 'b'));
    expect(() => replica.compact(3, 'too far')).toThrow(RangeError);
    replica.compact(2, 'a+b');
    replica.compact(1, 'a');
    expect(read(replica)).toEqual(['to 2: a+b']);
  });
});

/** A member that knows nothing but this snapshot. */
function installed(snapshot: { index: number; data: string } | null): Replica {
  const replica = new Replica();
  if (snapshot) replica.install(snapshot);
  return replica;
}

/** What the core counts for so many short entries. */
const logChars = (entries: number): number => 68 * entries;

describe('a snapshot for the core', () => {
  it('is given at once where there is nothing to tell but what was published', () => {
    const replica = applied(published(1, 'x'));
    const snapshot = replica.want(1, logChars(1));
    expect(snapshot?.index).toBe(1);
    expect(installed(snapshot).published).toBe('x');
  });

  it('waits until the application has compacted its log, and is then of the moment when it was wanted', () => {
    const replica = applied(entry(1, 'a'), published(2, 'x'), entry(3, 'b'));
    expect(replica.want(3, logChars(3))).toBeNull();
    replica.apply([entry(4, 'c'), published(5, 'y')], 5);
    const snapshot = replica.compact(1, 'just a');
    expect(snapshot?.index).toBe(3);
    const other = installed(snapshot);
    expect([read(other), other.published]).toEqual([['to 1: just a', '3 b'], 'x']);
  });

  it('holds the entries themselves where the application compacted past it', () => {
    const replica = applied(entry(1, 'a'), entry(2, 'b'));
    replica.want(1, logChars(1));
    const snapshot = replica.compact(2, 'a+b');
    expect(snapshot?.index).toBe(1);
    expect(read(installed(snapshot))).toEqual(['1 a']);
    expect(read(replica)).toEqual(['to 2: a+b']);
  });

  it('is not given twice for the same state of the application', () => {
    const replica = applied(entry(1, 'a'), entry(2, 'b'));
    replica.compact(1, 'just a');
    expect(replica.want(2, logChars(2))).not.toBeNull();
    replica.apply([entry(3, 'c')], 3);
    expect(replica.want(3, logChars(3))).toBeNull();
    expect(replica.compact(3, 'all')).not.toBeNull();
  });

  it('is given again if the last one was too long, and not before it has become shorter', () => {
    const replica = applied(entry(1, 'a'), published(2, 'long'.repeat(100)));
    replica.compact(1, 'just a');
    expect(replica.want(2, logChars(2))).not.toBeNull();
    expect(replica.want(2, 0)).toBeNull();
    expect(installed(replica.compact(1, 'a')).after(0)).toMatchObject({ state: 'a' });
    expect(replica.want(2, 0)).toBeNull();
    replica.apply([published(3, 'short')], 3);
    expect(installed(replica.want(3, 0)).published).toBe('short');
  });

  it('holds all entries, though none was compacted, where most of the log is of another kind', () => {
    const replica = applied(entry(1, 'a'), entry(2, 'b'));
    const enough = 2 * logChars(2);
    expect(replica.want(3, logChars(2))).toBeNull();
    const snapshot = replica.want(9, enough);
    expect(snapshot?.index).toBe(9);
    expect(read(installed(snapshot))).toEqual(['1 a', '2 b']);
    replica.apply([entry(10, 'c')], 10);
    expect(replica.want(10, logChars(1))).toBeNull();
    expect(read(installed(replica.want(30, 2 * enough)))).toEqual(['1 a', '2 b', '10 c']);
  });

  it('that makes no sense is told as such', () => {
    for (const data of ['', '{', '{}', 'null']) {
      expect(() => installed({ index: 1, data })).toThrow(expect.objectContaining({ code: 'protocol' }));
    }
  });
});
