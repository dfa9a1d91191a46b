import { expect, test } from 'vitest';
import { BroadcastDiscovery } from '../../src/discovery/broadcast-channel.ts';
import { type Pausable, pausable } from '../../src/platform/pausable.ts';
import type { ElectorName } from '../../src/protocol/charter.ts';
import { ClusterError } from '../../src/protocol/errors.ts';
import type { Json } from '../../src/protocol/json.ts';
import { Browser } from '../links/pages.ts';
import { platformOn, Time } from '../links/world.ts';

const KiB = 1024;

/** One page, and what it was told. */
class Visitor {
  readonly id: string;
  readonly discovery: BroadcastDiscovery;
  /** Of each view: who is in it. */
  readonly views: string[] = [];
  readonly hints: string[] = [];
  readonly errors: ClusterError[] = [];
  readonly #timers: Pausable;
  readonly #browser: Browser;
  readonly infos = new Map<string, Json>();
  readonly statuses: string[] = [];

  constructor(
    id: string,
    browser: Browser,
    { info = null as Json, lookAroundMs = 0, elector = 'lock' as ElectorName } = {},
  ) {
    this.id = id;
    this.#browser = browser;
    this.#timers = pausable(platformOn(browser.time, () => 0.5));
    const { platform } = this.#timers;
    this.discovery = new BroadcastDiscovery({
      room: 'room',
      broadcast: browser.broadcastOf(id),
      platform,
      elector,
      lookAroundMs,
    });
    this.discovery.start(
      { id, info, host: 'host' },
      {
        onView: ({ members }) => {
          this.views.push([...members.keys()].toSorted().join(' '));
          for (const member of members.values()) this.infos.set(member.id, member.info);
        },
        onHint: (peer) => this.hints.push(peer),
        onStatus: (status) => this.statuses.push(status),
        onError: (error) => this.errors.push(error),
      },
    );
  }

  freeze(): void {
    this.#browser.freeze(this.id);
    this.#timers.pause();
  }

  /** Its timers are there before what others have said. */
  thaw(): void {
    this.#timers.resume();
    this.#browser.thaw(this.id);
  }
}

async function visitors(...ids: readonly string[]): Promise<{ time: Time; browser: Browser; all: Visitor[] }> {
  const time = new Time();
  const browser = new Browser(time);
  const all: Visitor[] = [];
  for (const id of ids) {
    all.push(new Visitor(id, browser));
    await time.run(10);
  }
  return { time, browser, all };
}

test('whoever is silent is asked, told of once as a hint when it does not answer, and out of the view half a minute later', async () => {
  const { time, all } = await visitors('a', 'b', 'c');
  const [a, b] = all as [Visitor, Visitor];
  await time.run(5_000);
  b.discovery.setInfo('still here');
  await time.run(10);
  b.freeze();
  await time.run(20_000);
  expect(a.hints).toEqual(['b']);
  await time.run(9_500); // it has been asked again
  expect([a.hints, a.views.at(-1)]).toEqual([['b'], 'a b c']);
  await time.run(15_000);
  expect([a.hints, a.views.at(-1)]).toEqual([['b'], 'a c']);
  b.thaw();
  await time.run(10);
  expect(a.views.at(-1)).toBe('a b c');
});

test('whoever answers again is told of again when it is silent the next time', async () => {
  const { time, all } = await visitors('a', 'b');
  const [a, b] = all as [Visitor, Visitor];
  for (const hints of [['b'], ['b', 'b']]) {
    b.freeze();
    await time.run(25_000);
    expect([a.hints, a.views.at(-1)]).toEqual([hints, 'a b']);
    b.thaw();
    await time.run(10);
  }
});

test('where who is there has to be known first, the first view waits for them, and shows them all', async () => {
  const { time, browser } = await visitors('a', 'b');
  const c = new Visitor('c', browser, { lookAroundMs: 100 });
  await time.run(99);
  expect(c.views).toEqual([]);
  await time.run(1);
  expect(c.views).toEqual(['a b c']);
});

test('a page that was frozen while it waited for answers blames nobody: it asks once more', async () => {
  const { time, browser, all } = await visitors('a', 'b');
  const [a] = all as [Visitor];
  const [{ posts }, views] = [browser, a.views.length];
  await time.run(25_000, () => browser.posts > posts);
  a.freeze(); // it has just asked
  await time.run(60_000);
  a.thaw();
  await time.run(25_000);
  expect([a.hints, a.views.slice(views)]).toEqual([[], []]);
});

test('what makes no sense is told as a bad message, each time, and changes nothing', async () => {
  const { time, browser, all } = await visitors('a', 'b');
  const [a] = all as [Visitor];
  const views = a.views.length;
  const here = { type: 'here', version: 3, id: 'x', info: null, host: 'h', elector: 'lock', ask: false };
  const nonsense = [
    undefined,
    null,
    7,
    'here',
    [],
    { type: 'gone' },
    { ...here, id: 'no id' },
    { ...here, version: '1' },
    { ...here, version: undefined },
    { ...here, id: 7 },
    { ...here, ask: 1 },
    { ...here, info: undefined },
    { ...here, info: () => 1 },
    { ...here, info: 'x'.repeat(64 * KiB) },
    { ...here, host: 'h'.repeat(129) },
    { type: 'bye' },
  ];
  for (const each of nonsense) browser.post('a', each);
  await time.run(10);
  expect(a.errors.map(({ code }) => code)).toEqual(nonsense.map(() => 'bad-message'));
  expect(a.views.length).toBe(views);
});

test('what somebody else says in the name of a page, that page does not believe: neither what it is nor that it is gone', async () => {
  const { time, browser, all } = await visitors('a', 'b');
  const [a] = all as [Visitor];
  const views = a.views.length;
  const forged = { type: 'here', version: 3, id: 'a', info: 'forged', host: 'h', elector: 'lock', ask: false };
  for (const each of [forged, { type: 'bye', id: 'a' }]) browser.post('a', each);
  await time.run(10);
  expect([a.views.length, a.infos.get('a'), a.errors]).toEqual([views, null, []]);
});

test('pages that speak another version, whatever they say by it, are told of once, then counted, and are not there; they hear the same', async () => {
  const { time, browser, all } = await visitors('a', 'b');
  const [a] = all as [Visitor];
  const { length } = a.views;
  const heard: unknown[] = [];
  browser.broadcastOf('x')(JSON.stringify(['bellwether', 'room', 'members']), (message) => heard.push(message));
  for (const version of [1, 1, 4])
    browser.post('a', { type: 'here', version, id: 'x', news: 'of a kind that is not known here', ask: true });
  await time.run(10);
  expect(a.errors.map(({ code, message }) => `${code} ${/version \d/.exec(message)}`)).toEqual([
    'protocol version 1',
    'bad-message version 1',
    'bad-message version 4',
  ]);
  expect(a.views).toHaveLength(length);
  expect(heard).toContainEqual(expect.objectContaining({ type: 'here', version: 3, id: 'a' }));
});

test('pages that elect otherwise are told of, and are not there: on both sides', async () => {
  const { time, browser } = await visitors('a');
  const lock = new Visitor('b', browser);
  const other = new Visitor('x', browser, { elector: 'available' });
  await time.run(10);
  for (const { errors } of [lock, other])
    expect(errors.map(({ code }) => code)).toEqual(['options-differ', ...errors.slice(1).map(() => 'bad-message')]);
  expect(lock.errors[0]!.message).toContain('elects by available(), and this one by lock()');
  expect(other.errors[0]!.message).toContain('elects by lock(), and this one by available()');
  expect([lock.views.at(-1), other.views.at(-1)]).toEqual(['a b', 'x']);
});

test('a page that elects otherwise is told so each time that it is loaded, by one that was told of it long ago', async () => {
  const { time, browser } = await visitors('a');
  for (const id of ['x', 'y']) {
    const other = new Visitor(id, browser, { elector: 'available' });
    await time.run(10);
    expect(other.errors.map(({ code }) => code)).toContain('options-differ');
    other.discovery.leave();
    await time.run(10);
  }
});

test('an info that others would not take is refused: when it is set, nothing changes; at the beginning, it is told', async () => {
  const { time, browser, all } = await visitors('a', 'b');
  const [a, b] = all as [Visitor, Visitor];
  const most = 'x'.repeat(64 * KiB - 2);
  b.discovery.setInfo(most);
  await time.run(10);
  expect(a.infos.get('b')).toBe(most);
  expect(() => b.discovery.setInfo(`${most}x`)).toThrow(expect.objectContaining({ code: 'too-large' }));
  await time.run(10);
  expect([a.infos.get('b'), a.errors]).toEqual([most, []]);

  const c = new Visitor('c', browser, { info: `${most}x` });
  await time.run(10);
  expect(c.errors.map(({ code }) => code)).toEqual(['too-large']);
  expect([c.views, c.statuses, a.views.at(-1), a.errors]).toEqual([[], [], 'a b', []]);
});
