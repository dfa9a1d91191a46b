import { expect, test } from 'vitest';
import { webLocks } from '../../src/platform/web-locks.ts';

interface Asked {
  readonly options: LockOptions;
  readonly hold: () => Promise<void> | undefined;
  readonly reject: (cause: unknown) => void;
}

/** A browser whose keeper of the locks does what the test does. Without `held` it shows nobody what is held. */
function browser(held?: readonly LockInfo[]) {
  const asked: Asked[] = [];
  const calls: string[] = [];
  const request = (name: string, options: LockOptions, hold: Asked['hold']): Promise<unknown> =>
    new Promise((_resolve, reject) => {
      calls.push(`request ${name}`);
      options.signal?.addEventListener('abort', () => {
        calls.push(`withdraw ${name}`);
        reject(options.signal?.reason);
      });
      asked.push({ options, hold, reject });
    });
  const query = (): Promise<LockManagerSnapshot> => {
    calls.push('query');
    if (held) return Promise.resolve({ held: [...held], pending: [] });
    return Promise.reject(new DOMException('no', 'SecurityError'));
  };
  return { asked, calls, locks: webLocks({ request, query } as unknown as LockManager) };
}

const settle = (): Promise<void> => Promise.resolve().then(() => undefined);
const theft = new DOMException("Lock broken by another request with the 'steal' option", 'AbortError');

test.each(['after', 'before'])(
  'L1: a lock that was stolen %s the grant was heard of is lost, not refused',
  async (when) => {
    const { asked, locks } = browser();
    const told: string[] = [];
    const tell = (what: string) => () => void told.push(what);
    locks.request('room', { steal: true }, { granted: tell('granted'), lost: tell('lost'), refused: tell('refused') });
    await settle();
    if (when === 'after') void asked[0]!.hold();
    asked[0]!.reject(theft);
    await settle();
    expect(told).toEqual(when === 'after' ? ['granted', 'lost'] : ['lost']);
    expect(await asked[0]!.hold()).toBeUndefined(); // a grant that comes late is given back
    expect(told.at(-1)).toBe('lost');
  },
);

test('a page that may have no locks is told why', async () => {
  const { asked, locks } = browser();
  const told: unknown[] = [];
  locks.request('room', {}, { granted: () => told.push('granted'), refused: (cause) => told.push(cause) });
  await settle();
  const cause = new DOMException('access is denied', 'SecurityError');
  asked[0]!.reject(cause);
  await settle();
  expect(told).toEqual([cause]);
});

test('a lock is waited for, alone or with others, or stolen at once; and it is given back', async () => {
  const { asked, locks } = browser();
  const nothing = { granted: () => {} };
  const undos = [{}, { shared: true }, { steal: true }].map((how) => locks.request('room', how, nothing));
  await settle();
  // Browsers refuse a theft that could be withdrawn.
  expect(asked.map(({ options: { mode, steal = false, signal } }) => [mode, steal, signal !== undefined])).toEqual([
    ['exclusive', false, true],
    ['shared', false, true],
    ['exclusive', true, false],
  ]);
  for (const [at, { hold }] of asked.entries()) {
    let isHeld = true;
    void hold()!.then(() => (isHeld = false));
    await settle();
    expect(isHeld).toBe(true);
    undos[at]!();
    await settle();
    await settle();
    expect([isHeld, asked[at]!.options.signal?.aborted ?? false]).toEqual([false, false]);
  }
});

test('who has taken back its request is told nothing more', async () => {
  const { asked, locks } = browser();
  const told: unknown[] = [];
  const tell = (): void => void told.push('something');
  const undo = locks.request('room', {}, { granted: tell, lost: tell, refused: tell });
  await settle();
  undo();
  undo();
  await settle();
  expect(asked[0]!.options.signal?.aborted).toBe(true);
  expect(asked[0]!.hold()).toBeUndefined();
  await settle();
  expect(told).toEqual([]);
});

test('what is held are exclusive locks whose names begin so: who waits for one by a share of it does not hold it up', async () => {
  const { locks } = browser([
    { name: 'room 1', mode: 'exclusive', clientId: 'a' },
    { name: 'room 2', mode: 'shared', clientId: 'b' },
    { name: 'a room', mode: 'exclusive', clientId: 'b' },
    { name: 'room 3', mode: 'exclusive', clientId: 'b' },
  ]);
  const told: string[] = [];
  locks.held('room', (names) => told.push(...names));
  await settle();
  await settle();
  expect(told).toEqual(['room 1', 'room 3']);
});

test('a lock is asked for within the job, whatever comes after in it; all else when it is done, in order', async () => {
  const { asked, calls, locks } = browser();
  const nothing = { granted: () => {} };
  const first = locks.request('first', {}, nothing);
  await settle();
  calls.length = 0;

  locks.request('second', { steal: true }, nothing);
  first();
  locks.held('second', () => {});
  locks.request('third', {}, nothing)();
  expect(calls).toEqual(['request second', 'request third']);
  await settle();
  expect(calls.slice(2)).toEqual(['withdraw first', 'query', 'withdraw third']);

  const isFree = asked[1]!.hold();
  await settle();
  expect(isFree).toBeInstanceOf(Promise);
});
