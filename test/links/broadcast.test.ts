import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { platform } from '#platform';
import { BroadcastLinks } from '../../src/links/broadcast-links.ts';
import type { Word } from '../../src/links/word.ts';
import { webBroadcast } from '../../src/platform/web-broadcast.ts';
import { ClusterError } from '../../src/protocol/errors.ts';
import { valuesOf } from './at-limit.ts';
import { noWord } from './no-word.ts';
import { Browser, Page } from './pages.ts';
import { Station, Time } from './world.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

function pair(maxMessageBytes?: number): { time: Time; browser: Browser; a: Page; b: Page } {
  const time = new Time();
  const browser = new Browser(time);
  const [a, b] = [new Page('a', browser, maxMessageBytes), new Page('b', browser, maxMessageBytes)] as const;
  a.meet(['b']);
  b.meet(['a']);
  return { time, browser, a, b };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof ClusterError ? error.code : String(error);
}

const valuesHeard = ({ heard }: Station): unknown[] => heard.map(({ value }) => value);

/** A page whose channel takes whatever is posted, and what it answers. */
function victim(): { time: Time; a: Page; say(said: object): Promise<void>; answers: Word[] } {
  const time = new Time();
  const browser = new Browser(time);
  const a = new Page('a', browser, 300 * KiB);
  const answers: Word[] = [];
  browser.broadcastOf('evil')(JSON.stringify(['bellwether', 'room', 'frames', 'evil']), (message) =>
    answers.push(message as Word),
  );
  a.meet(['evil']);
  const say = async (said: object): Promise<void> => {
    browser.post('a', { ...silence, ...said });
    await time.run(5);
  };
  return { time, a, say, answers };
}

const silence: Word = { ...noWord, by: 'evil', from: 7 };
const piece = { lane: 0, offset: 0, topic: 't', body: '"one"', isLast: true };

test('pages: the first message is there after one trip, and the round trip is measured by the answer to it', async () => {
  const { time, browser, a, b } = pair();
  browser.tripMs = () => 4;
  void a.links.send('b', 'hello', { first: true }, 'urgent');
  await time.run(4);
  expect(b.heard).toEqual([{ from: 'a', topic: 'hello', value: { first: true }, atMs: 4 }]);
  expect(a.links.state('b')).toEqual({ path: 'broadcast', rttMs: null });
  await time.run(4);
  expect(a.links.state('b')).toEqual({ path: 'broadcast', rttMs: 8 });
});

test('pages: values stay values and bytes stay bytes, also large ones in many pieces', async () => {
  const { time, a, b } = pair();
  const bytes = Uint8Array.from({ length: 3 * MiB + 1 }, (_, at) => at % 251);
  const values = [null, 0, '', 'ä€😀', [1, [2]], { a: { b: null } }, '😀'.repeat(MiB), bytes, new Uint8Array(0)];
  for (const value of values) void a.links.send('b', 'Thema ä', value, 'bulk');
  await time.run(2_000);
  const plain = (value: unknown): unknown =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
  expect(b.heard.map(({ value }) => plain(value))).toEqual(values.map(plain));
  expect(b.heard.every(({ topic }) => topic === 'Thema ä')).toBe(true);
});

test('pages: hardly anything is posted beside what is said', async () => {
  const { time, browser, a } = pair();
  for (let count = 0; count < 100; count++) {
    void a.links.send('b', 'beat', count, 'urgent');
    await time.run(100);
  }
  expect(browser.posts).toBeLessThan(115);
  await time.run(60_000);
  expect(browser.posts).toBeLessThan(115);
});

test('pages: what is urgent passes by what is large, up to a window', async () => {
  const { time, browser, a, b } = pair();
  browser.tripMs = () => 5;
  void a.links.send('b', 'file', new Uint8Array(8 * MiB), 'bulk');
  void a.links.send('b', 'beat', 1, 'urgent');
  await time.run(200);
  expect(b.heard.map(({ topic }) => topic)).toEqual(['beat', 'file']);
  expect(b.heard[0]?.atMs).toBe(5);
});

test('pages: a message at the limit passes, whatever it is written in, and one byte more is too-large, at the sender', async () => {
  const { time, a, b } = pair(100_000);
  for (const value of valuesOf(100_001)) expect(await codeOf(a.links.send('b', 't', value, 'bulk'))).toBe('too-large');
  for (const value of valuesOf(100_000)) {
    void a.links.send('b', 'Thema ä', value, 'bulk');
    await time.run(1_000);
  }
  expect(isDeepStrictEqual(valuesHeard(b), valuesOf(100_000))).toBe(true);
});

test('pages: a sender that awaits is stopped by a frozen page, which hears it all when it thaws', async () => {
  const { time, browser, a, b } = pair();
  browser.freeze('b');
  const progress = { taken: 0, isOver: false };
  const sending = (async () => {
    for (; !progress.isOver; progress.taken++) await a.links.send('b', 't', new Uint8Array(10 * KiB), 'bulk');
  })();
  await time.run(20_000);
  expect(progress.taken * 10 * KiB).toBeLessThanOrEqual(MiB + 10 * KiB);
  const takenWhileFrozen = progress.taken;
  browser.thaw('b');
  await time.run(100);
  expect(progress.taken).toBeGreaterThan(takenWhileFrozen + 100);
  progress.isOver = true;
  await time.run(100);
  await sending;
  expect(b.heard).toHaveLength(progress.taken);
  expect([...a.resets, ...b.resets]).toEqual([]);
});

test('pages: a sender that does not await queues no more than a bound for a page that does not answer', async () => {
  const { time, browser, a } = pair();
  browser.freeze('b');
  const send = (): Promise<string> => codeOf(a.links.send('b', 't', new Uint8Array(MiB), 'bulk'));
  const waiting = Array.from({ length: 20 }, send);
  await time.run(2_000);
  expect(await send()).toBe('too-large');
  browser.thaw('b');
  await time.run(2_000);
  waiting.push(send());
  await time.run(2_000);
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['null']));
});

test('T1: pages: a page that takes nothing for half a minute is given up, and what waits for it rejects', async () => {
  const { time, browser, a } = pair();
  browser.freeze('b');
  const waiting = codeOf(a.links.send('b', 't', new Uint8Array(2 * MiB), 'bulk'));
  for (let seconds = 0; seconds < 31; seconds++) {
    await time.run(1_000);
    void a.links.send('b', 't', 'more', 'bulk').catch(() => {});
  }
  expect(await waiting).toBe('peer-reset');
  expect(a.resets).toEqual(['b']);
});

test('T1: pages: a page that was frozen itself blames nobody for it: it goes on with what was waiting', async () => {
  const { time, browser, a, b } = pair();
  const large = codeOf(a.links.send('b', 't', new Uint8Array(2 * MiB), 'bulk'));
  browser.freeze('a'); // and so hears of no acknowledgement
  await time.run(60_000);
  const late = codeOf(a.links.send('b', 't', 'late', 'bulk')); // a timer that thaws before the messages do
  browser.thaw('a');
  await time.run(100);
  expect(await Promise.all([large, late])).toEqual(['null', 'null']);
  expect([...a.resets, ...b.resets]).toEqual([]);
  expect(b.heard).toHaveLength(2);
});

test('T1: pages: where something got lost the session ends on both sides, and the next one works', async () => {
  const { time, browser, a, b } = pair();
  void a.links.send('b', 't', 'before', 'urgent');
  void b.links.send('a', 't', 'before', 'urgent');
  await time.run(100);
  browser.isDeaf = true;
  void a.links.send('b', 't', 'lost', 'urgent');
  await time.run(100);
  browser.isDeaf = false;
  void a.links.send('b', 't', 'notices', 'urgent');
  await time.run(100);
  expect([a.resets, b.resets]).toEqual([['b'], ['a']]);
  void a.links.send('b', 't', 'after', 'urgent');
  await time.run(100);
  expect(valuesHeard(b)).toEqual(['before', 'after']);
});

test('T1: pages: whoever was no member for a while begins anew, and what it said before is not taken for news', async () => {
  const { time, browser, a, b } = pair();
  for (const value of [1, 2]) void a.links.send('b', 't', value, 'urgent');
  await time.run(100);
  browser.tripMs = () => 50;
  void a.links.send('b', 't', 'on its way', 'urgent');
  b.meet([]);
  b.meet(['a']);
  await time.run(200);
  void a.links.send('b', 't', 'new', 'urgent');
  await time.run(200);
  expect(valuesHeard(b)).toEqual([1, 2, 'new']);
  expect([a.resets, b.resets]).toEqual([['b'], []]);
});

test('T1: pages: who was no member for a while, and does not know it, loses nothing of what it says once it is one again', async () => {
  const { time, a, b } = pair();
  void a.links.send('b', 't', 'before', 'urgent');
  await time.run(100);
  b.meet([]);
  await time.run(100);
  b.meet(['a']);
  await time.run(100);
  void a.links.send('b', 't', 'after', 'urgent');
  await time.run(100);
  expect(valuesHeard(b)).toEqual(['before', 'after']);
  expect([a.resets, b.resets]).toEqual([['b'], []]);
});

test('T1: pages: who is taken in again while it speaks begins anew, and both are quiet then, whatever they say about that', async () => {
  const { time, browser, a, b } = pair();
  browser.tripMs = () => 3;
  for (const [page, other] of [
    [a, 'b'],
    [b, 'a'],
  ] as const)
    page.onReset = () => void page.links.send(other, 't', 'anew', 'urgent').catch(() => undefined);
  void a.links.send('b', 't', 'one', 'urgent');
  await time.run(1);
  a.meet([]);
  void b.links.send('a', 't', 'two', 'urgent');
  await time.run(4);
  void b.links.send('a', 't', 'three', 'urgent').catch(() => undefined);
  await time.run(1);
  a.meet(['b']);
  await time.run(100);
  const { posts } = browser;
  await time.run(100);
  expect(browser.posts).toBe(posts);
  for (const page of [a, b]) page.heard.length = 0;
  void a.links.send('b', 't', 'last', 'urgent');
  void b.links.send('a', 't', 'last', 'urgent');
  await time.run(100);
  expect([a, b].map(valuesHeard)).toEqual([['last'], ['last']]);
});

test('T1: pages: who was given up more often than it gave up others loses nothing of what it says once both are members again', async () => {
  const { time, a, b } = pair();
  void b.links.send('a', 't', 'before', 'urgent');
  await time.run(100);
  a.meet([]);
  b.meet([]);
  a.meet(['b']); // this is kept for a moment, and paired with a session that is over by then
  await time.run(10);
  a.meet([]);
  b.meet(['a']);
  a.meet(['b']);
  await time.run(100);
  void a.links.send('b', 't', 'after', 'urgent');
  void b.links.send('a', 't', 'after', 'urgent');
  await time.run(100);
  expect([a, b].map(valuesHeard)).toEqual([['before', 'after'], ['after']]);
});

test('T1: pages: who begins anew for what the other side says loses nothing of what that says to the session before', async () => {
  const { time, a, b } = pair();
  a.meet([]);
  void b.links.send('a', 't', 'before', 'urgent');
  await time.run(10);
  a.meet(['b']); // and says so, and answers what was kept
  await time.run(0);
  b.meet([]);
  await time.run(10);
  b.meet(['a']); // and says so to a session that is over for that
  await time.run(0);
  void b.links.send('a', 't', 'last', 'urgent');
  await time.run(100);
  expect(valuesHeard(a)).toEqual(['before', 'last']);
  expect([a.resets, b.resets]).toEqual([['b'], []]);
});

test('T1: pages: what is acknowledged of a session before is not taken for this one, and what is said with that is heard', async () => {
  const { a, say } = victim();
  await say({ piece });
  await say({ to: 1, acks: [50, 0], piece: { ...piece, offset: 6, body: '"two"' } });
  expect([valuesHeard(a), a.resets]).toEqual([['one', 'two'], []]);
});

test('T1: pages: first words of one that is not known yet are kept until it is; those of strangers are dropped and counted', async () => {
  const time = new Time();
  const browser = new Browser(time);
  const [a, b, c] = ['a', 'b', 'c'].map((id) => new Page(id, browser)) as [Page, Page, Page];
  a.meet(['b']);
  void a.links.send('b', 't', 'early', 'urgent');
  await time.run(20_000);
  b.meet(['a']);
  b.meet([]);
  await time.run(0);
  b.meet(['a']);
  await time.run(0);
  expect(valuesHeard(b)).toEqual(['early']);
  c.meet(['b']);
  void c.links.send('b', 't', 'first', 'urgent');
  await time.run(20_000);
  void c.links.send('b', 't', 'second', 'urgent');
  await time.run(100);
  expect(b.bad).toEqual(['c: a frame from somebody who is not a member']);
  expect(b.heard).toHaveLength(1);
});

test('T1: pages: whoever said something that was dropped, as it was no member yet, is told once it is one', async () => {
  const time = new Time();
  const browser = new Browser(time);
  const [a, b] = ['a', 'b'].map((id) => new Page(id, browser)) as [Page, Page];
  a.meet(['b']);
  void a.links.send('b', 't', 'dropped', 'bulk');
  await time.run(20_000);
  void a.links.send('b', 't', 'of the same session', 'urgent');
  await time.run(100);
  expect(b.bad).toEqual(['a: a frame from somebody who is not a member']);
  b.meet(['a']);
  await time.run(100);
  expect([a.resets, b.resets, b.heard]).toEqual([['b'], [], []]);
  void a.links.send('b', 't', 'after', 'urgent');
  await time.run(100);
  expect(valuesHeard(b)).toEqual(['after']);
  expect([a.resets, b.resets]).toEqual([['b'], []]);
});

test('pages: sends to one that is no member, or no more, reject with unknown-peer, and after the goodbye with left', async () => {
  const { browser, a, time } = pair();
  expect(await codeOf(a.links.send('nobody', 't', 1, 'urgent'))).toBe('unknown-peer');
  browser.freeze('b');
  const waiting = codeOf(a.links.send('b', 't', new Uint8Array(2 * MiB), 'bulk'));
  await time.run(10);
  a.meet([]);
  expect(await waiting).toBe('unknown-peer');
  a.meet(['b']);
  const last = codeOf(a.links.send('b', 't', new Uint8Array(2 * MiB), 'bulk'));
  a.links.goodbye();
  expect(await last).toBe('left');
  expect(await codeOf(a.links.send('b', 't', 1, 'urgent'))).toBe('left');
});

test('pages: last words that are urgent leave within the call, however much is not acknowledged, and nothing else does', async () => {
  const { browser, a, b, time } = pair();
  browser.freeze('b');
  void a.links.send('b', 't', new Uint8Array(60 * MiB), 'bulk').catch(() => {});
  await time.run(10);
  const { posts } = browser;
  for (let count = 0; count < 10; count++)
    void a.links.send('b', 't', `${count} `.padEnd(100 * KiB), 'urgent').catch(() => {});
  a.links.goodbye();
  expect(browser.posts - posts).toBe(10);
  await time.run(10);
  browser.thaw('b');
  expect(b.heard.map(({ value }) => parseInt(String(value)))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('Q11: pages: whatever is posted that is no word is dropped and counted, and says what is wrong', async () => {
  const { a, say, answers } = victim();
  const wrong: object[] = [
    { by: 7 },
    { by: 'not an id' },
    { from: 0 },
    { to: -1 },
    { floor: -1 },
    { reset: 1 },
    { acks: [1, 2, 3] },
    { acks: [0.5, 0] },
    { askedMs: NaN },
    { piece: { ...piece, lane: 2 } },
    { piece: { ...piece, topic: 'x'.repeat(257) } },
    { piece: { ...piece, body: 5 } },
    { piece: { ...piece, body: 'x'.repeat(MiB) } },
  ];
  for (const said of wrong) await say(said);
  expect(a.bad).toHaveLength(wrong.length);
  expect(a.bad[0]).toBe('null: what was posted on the channel of this member by is no id');
  expect(answers).toEqual([]);
  await say({ piece });
  expect(valuesHeard(a)).toEqual(['one']);
});

test('pages: a message that is no JSON, too deep, or has __proto__ as a key is dropped and counted; the next one arrives', async () => {
  const { a, say } = victim();
  let offset = 0;
  for (const body of ['{"__proto__":{"x":1}}', '['.repeat(30_000) + ']'.repeat(30_000), '{"a":', '"fine"']) {
    await say({ piece: { ...piece, offset, body } });
    offset += body.length + 1;
  }
  expect(valuesHeard(a)).toEqual(['fine']);
  expect(a.bad).toHaveLength(3);
  expect(({} as { x?: number }).x).toBeUndefined();
});

test('pages: whoever sends a message over the limit, or acknowledges what was never sent, ends the session', async () => {
  const large = victim();
  const body = 'x'.repeat(128 * KiB);
  for (let count = 0; count < 3; count++)
    await large.say({ piece: { ...piece, body, offset: count * (body.length + 1), isLast: false } });
  expect(large.a.resets).toEqual(['evil']);
  expect(large.answers.at(-1)).toMatchObject({ reset: true, to: 7 });

  const liar = victim();
  await liar.say({ piece });
  const mine = 1_000_000;
  await liar.say({ to: mine, acks: [1, 0] });
  expect(liar.a.resets).toEqual(['evil']);
  expect(valuesHeard(liar.a)).toEqual(['one']);
});

test('T1: pages: whoever begins anew for words to a session long over says in which it goes on: the other may be in a later one', async () => {
  const { say, answers } = victim();
  await say({});
  await say({ from: 8, to: 5 });
  const [first, last] = [answers.find(({ reset }) => !reset), answers.at(-1)];
  expect(last).toMatchObject({ reset: true, to: 8 });
  expect(first).toMatchObject({ from: last?.from, to: 0 });
});

test('pages: an error thrown by a listener surfaces, and the next message arrives all the same', async () => {
  const { time, a, b } = pair();
  b.onMessage = (_from, _topic, value) => {
    if (value === 1) throw new Error('from the listener');
  };
  const surfaced: unknown[] = [];
  for (const value of [1, 2]) void a.links.send('b', 't', value, 'bulk');
  for (let turn = 0; turn < 2; turn++) await time.run(100).catch((error: unknown) => surfaced.push(error));
  expect(surfaced.map(String)).toEqual(['Error: from the listener']);
  expect(valuesHeard(b)).toEqual([1, 2]);
});

test('pages: where the browser refuses the channel, that is thrown: there is no other way', () => {
  const browser = new Browser(new Time());
  browser.broadcastOf = () => () => {
    throw new DOMException('denied', 'SecurityError');
  };
  expect(() => new Page('a', browser)).toThrow('denied');
});

test('T1: over the real BroadcastChannel: large and small, both ways, in order', async () => {
  const room = `links ${String(platform.randomBytes(8))}`;
  const time = new Time();
  const real = { ...platform, broadcast: webBroadcast };
  const open = (id: string): Station =>
    new Station(id, time, (parts) => new BroadcastLinks({ ...parts, room, platform: real, transports: [] }));
  const [one, other] = [open('one'), open('other')];
  one.meet(['other']);
  other.meet(['one']);
  const bytes = platform.randomBytes(65_536);
  const large = new Uint8Array(5 * MiB);
  for (let at = 0; at < large.length; at += bytes.length) large.set(bytes, at);
  const sends = [one.links.send('other', 'file', large, 'bulk'), other.links.send('one', 'file', large, 'bulk')];
  for (let number = 0; number < 500; number++)
    for (const [from, to] of [
      [one, 'other'],
      [other, 'one'],
    ] as const)
      sends.push(from.links.send(to, 'n', number, 'urgent'));
  await Promise.all(sends);
  await new Promise<void>((resolve) => {
    const look = (): unknown =>
      [one, other].every(({ heard }) => heard.length === 501) ? resolve() : platform.timers.after(5, look);
    look();
  });
  for (const { heard, links, bad, resets } of [one, other]) {
    expect(heard.filter(({ topic }) => topic === 'n').map(({ value }) => value)).toEqual(
      Array.from({ length: 500 }, (_, number) => number),
    );
    expect(Buffer.from(heard.find(({ topic }) => topic === 'file')!.value as Uint8Array).equals(large)).toBe(true);
    expect([...bad, ...resets]).toEqual([]);
    links.goodbye();
  }
});

test('what is urgent is handed on before it is answered, as it may say whose turn it is', async () => {
  const { time, browser, a, b } = pair();
  const answered: number[] = [];
  for (const lane of ['bulk', 'urgent'] as const) {
    await time.run(2_000); // the next piece asks to be answered
    const before = browser.posts;
    b.onMessage = () => void answered.push(browser.posts - before - 1);
    void a.links.send('b', 'turn', 1, lane);
    await time.run(5);
    expect(browser.posts - before).toBe(2);
  }
  expect(answered).toEqual([1, 0]);
});
