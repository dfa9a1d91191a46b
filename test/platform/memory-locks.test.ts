import { describe, expect, test } from 'vitest';
import { LockKeeper, type MemoryLocks } from '../../src/platform/memory-locks.ts';

const atOnce = { to: (run: () => void) => run(), from: (run: () => void) => run() };

/** Pages that note what they are told. */
function pages(count: number) {
  const keeper = new LockKeeper();
  const notes: string[] = [];
  const all = Array.from({ length: count }, () => keeper.page(atOnce));
  const ask = (page: MemoryLocks, who: string, how: { shared?: boolean; steal?: boolean } = {}): (() => void) =>
    page.request('lock', how, { granted: () => notes.push(`${who} has it`), lost: () => notes.push(`${who} lost it`) });
  const held = (page: MemoryLocks, prefix = ''): readonly string[] => {
    let names: readonly string[] = [];
    page.held(prefix, (now) => (names = now));
    return names;
  };
  return { all, notes, ask, held };
}

describe('the keeper of locks in memory does as browsers do', () => {
  test('a lock goes to those who ask in the order of their asking', () => {
    const { all, notes, ask } = pages(3);
    const [a, b, c] = all as [MemoryLocks, MemoryLocks, MemoryLocks];
    const release = ask(a, 'a');
    const withdraw = ask(b, 'b');
    ask(c, 'c');
    withdraw();
    release();
    expect(notes).toEqual(['a has it', 'c has it']);
  });

  test('a stolen one is told lost, and those who wait go on waiting', () => {
    const { all, notes, ask } = pages(3);
    const [a, b, c] = all as [MemoryLocks, MemoryLocks, MemoryLocks];
    ask(a, 'a');
    ask(b, 'b');
    const release = ask(c, 'c', { steal: true });
    expect(notes).toEqual(['a has it', 'a lost it', 'c has it']);
    release();
    expect(notes.at(-1)).toBe('b has it');
  });

  test('a page that dies loses all it had and asked for', () => {
    const { all, notes, ask, held } = pages(2);
    const [a, b] = all as [MemoryLocks, MemoryLocks];
    ask(a, 'a');
    ask(b, 'b');
    a.die();
    expect(notes).toEqual(['a has it', 'b has it']);
    expect(held(b)).toEqual(['lock']);
  });

  test('shared locks are had together, after the exclusive one, and are not shown', () => {
    const { all, notes, ask, held } = pages(3);
    const [a, b, c] = all as [MemoryLocks, MemoryLocks, MemoryLocks];
    const release = ask(a, 'a');
    ask(b, 'b', { shared: true });
    ask(c, 'c', { shared: true });
    expect(held(c)).toEqual(['lock']);
    expect(held(c, 'other')).toEqual([]);
    release();
    expect(notes).toEqual(['a has it', 'b has it', 'c has it']);
    expect(held(c)).toEqual([]);
  });
});
