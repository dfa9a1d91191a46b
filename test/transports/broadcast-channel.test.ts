import { virtualClock } from 'bellwether/testing';
import { expect, test } from 'vitest';
import { BroadcastTransport } from '../../src/transports/broadcast-channel.ts';
import type { Path } from '../../src/transports/transport.ts';
import { BrowserOrigin } from './browser-origin.ts';

const clock = virtualClock();

function join(origin: BrowserOrigin, self: string, heard: string[], bad: string[] = []) {
  const paths = new Map<string, Path>();
  const closed: Path[] = [];
  const transport = new BroadcastTransport({
    room: 'room',
    broadcast: origin.broadcast(),
    timers: clock.platform().timers,
  });
  transport.start(self, {
    onPath: (path) => paths.set(path.peer, path),
    onFrame: ({ peer }, frame) => heard.push(`${peer} to ${self}: ${frame.byteLength}`),
    onPathClosed: (path) => closed.push(path),
    onError: (_, { code }) => bad.push(code),
  });
  return { transport, paths, closed };
}

test('a frame is copied for the page that it is for, and for no other: twelve pages or two', () => {
  const origin = new BrowserOrigin();
  const heard: string[] = [];
  const ids = Array.from({ length: 12 }, (_, at) => `page-${at}`);
  const pages = ids.map((id) => join(origin, id, heard));
  for (const { transport } of pages) transport.want(new Set(ids));
  for (const id of ids.slice(1)) pages[0]!.paths.get(id)!.send(new Uint8Array(65_536), 'bulk');
  expect(heard).toEqual(ids.slice(1).map((id) => `page-0 to ${id}: 65536`));
  expect(origin.copies).toBe(11);
});

test('a channel to somebody else stays open while it is used, and no longer', async () => {
  const origin = new BrowserOrigin();
  const [one] = ['one', 'other'].map((id) => join(origin, id, []));
  one!.transport.want(new Set(['other']));
  const send = (): void => one!.paths.get('other')!.send(new Uint8Array(1), 'urgent');
  expect(origin.ports.size).toBe(2);
  for (let times = 0; times < 5; times++) {
    send();
    expect(origin.ports.size).toBe(3);
    await clock.advance(90);
  }
  await clock.advance(200);
  expect(origin.ports.size).toBe(2);
  send();
  one!.transport.close();
  expect([...origin.ports].map(({ name }) => name)).toEqual([expect.stringContaining('other')]);
});

test('a path to a page that is none of those beside it any more is closed, and leads nowhere', () => {
  const origin = new BrowserOrigin();
  const heard: string[] = [];
  const [one] = ['one', 'other'].map((id) => join(origin, id, heard));
  one!.transport.want(new Set(['one', 'other']));
  const path = one!.paths.get('other')!;
  one!.transport.want(new Set(['one']));
  expect(one!.closed).toEqual([path]);
  path.send(new Uint8Array(1), 'urgent');
  expect(heard).toEqual([]);
  one!.transport.want(new Set(['one', 'other']));
  expect(one!.paths.get('other')).not.toBe(path);
  one!.paths.get('other')!.send(new Uint8Array(2), 'urgent');
  expect(heard).toEqual(['one to other: 2']);
});

test('a frame over the limit is not sent: nobody would take it', () => {
  const origin = new BrowserOrigin();
  const [heard, bad]: string[][] = [[], []];
  const [one] = ['one', 'other'].map((id) => join(origin, id, heard!, bad));
  one!.transport.want(new Set(['other']));
  const { send, maxFrameBytes } = one!.paths.get('other')!;
  send(new Uint8Array(maxFrameBytes + 1), 'bulk');
  send(new Uint8Array(maxFrameBytes), 'bulk');
  expect([heard, bad]).toEqual([[`one to other: ${maxFrameBytes}`], []]);
});

test('what is no frame is dropped and counted', () => {
  const origin = new BrowserOrigin();
  const [heard, bad]: string[][] = [[], []];
  join(origin, 'one', heard!, bad);
  const [inlet] = origin.ports;
  const stranger = origin.broadcast()(inlet!.name);
  const nonsense = [
    undefined,
    null,
    'one',
    [],
    ['b'],
    ['', new Uint8Array(1)],
    ['b', [1]],
    ['b', new Uint8Array(1), 1],
  ];
  for (const message of [...nonsense, ['b', new Uint8Array(256 * 1024 + 1)]]) stranger.post(message);
  expect(bad).toEqual(Array.from({ length: nonsense.length + 1 }, () => 'bad-message'));
  expect(heard).toEqual([]);
});

test('it is for those of the same host, and stays away where the browser refuses its channel', () => {
  const events: string[] = [];
  const broadcast = (): never => {
    throw new DOMException('denied', 'SecurityError');
  };
  const refused = new BroadcastTransport({ room: 'room', broadcast, timers: clock.platform().timers });
  expect(refused.only).toBe('near');
  refused.start('one', {
    onPath: () => events.push('path'),
    onFrame: () => events.push('frame'),
    onPathClosed: () => events.push('closed'),
    onError: () => events.push('error'),
  });
  refused.want(new Set(['other']));
  refused.want(new Set());
  refused.close();
  expect(events).toEqual([]);
});
