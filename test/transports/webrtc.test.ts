import wrtc from '@roamhq/wrtc';
import { afterEach, expect, test } from 'vitest';
import { type Standalone, serveSignaling } from '../../signaling-server/standalone.ts';
import { type SimplePeer, type SimplePeerConstructor, simplePeerOf } from '../../src/transports/webrtc/simple-peer.ts';
import { RealMember, until } from './real-member.ts';

let server: Standalone | null = null;
let members: RealMember[] = [];
let made: (SimplePeer & { readonly destroyed?: boolean })[] = [];
/** While true, no data channel carries anything, and none of them notices. */
let silent = false;

afterEach(async () => {
  for (const member of members) member.leave();
  // Connections linger for last words; wrtc ends the process badly while one is open.
  await until(() => made.every((peer) => peer.destroyed), 'all connections are closed');
  await server?.close();
  members = [];
  made = [];
  server = null;
}, 30_000);

/** simple-peer itself, whose channels can be made to die as the network kills them: without a word. */
async function mortalPeers(): Promise<SimplePeerConstructor> {
  const RealPeer = simplePeerOf(await import('simple-peer/simplepeer.min.js'));
  return class extends RealPeer {
    constructor(...options: ConstructorParameters<SimplePeerConstructor>) {
      super(...options);
      made.push(this);
    }

    override send(bytes: Uint8Array): void {
      if (!silent) super.send(bytes);
    }
  };
}

/** Two members, the second one with WebRTC or without. */
async function meet(second: 'with WebRTC' | 'without'): Promise<[RealMember, RealMember]> {
  const rtc = { wrtc, Peer: await mortalPeers() };
  server = await serveSignaling({ port: 0, host: '127.0.0.1' });
  const { url } = server;
  members = [new RealMember(url, rtc), new RealMember(url, second === 'without' ? undefined : rtc)];
  await until(() => members.every((member) => member.members.size === members.length), 'all know each other');
  return members as [RealMember, RealMember];
}

function pathsAre(path: string | null): boolean {
  const [a, b] = members as [RealMember, RealMember];
  return a.links.state(b.id)?.path === path && b.links.state(a.id)?.path === path;
}

test('T1: from the relay to a data channel, through its end and its silent death, and back: all arrives, once and in order', async () => {
  const [a, b] = await meet('with WebRTC');
  let next = 0;
  const pump = async (): Promise<void> => {
    for (let count = 0; count < 20; count++) {
      void a.links.send(b.id, 't', next, 'bulk');
      void b.links.send(a.id, 't', next++, 'bulk');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const pumpUntil = async (condition: () => boolean, what: string): Promise<void> => {
    const endMs = performance.now() + 20_000;
    do {
      if (performance.now() > endMs) throw new Error(`it did not come about: ${what}`);
      await pump();
    } while (!condition());
  };
  await pumpUntil(() => pathsAre('webrtc'), 'the data channel takes over');
  expect(made).toHaveLength(2);

  a.taken.length = 0;
  for (const peer of made) peer.destroy();
  await pumpUntil(() => a.taken.includes('relay'), 'the relay takes over from a channel that ended');
  await pumpUntil(() => pathsAre('webrtc'), 'a second data channel takes over');
  expect(made.length).toBeGreaterThan(2);

  silent = true;
  await pumpUntil(() => pathsAre('relay'), 'the relay takes over from a channel that is silent');
  silent = false;
  await pumpUntil(() => pathsAre('webrtc'), 'the data channel is taken again');

  await until(() => a.heard.length === next && b.heard.length === next, 'everything has arrived');
  const all = Array.from({ length: next }, (_, number) => number);
  expect(a.heard).toEqual(all);
  expect(b.heard).toEqual(all);
  expect([...a.resets, ...b.resets]).toEqual([]);
}, 60_000);

test('T1: when the server ends as soon as one side has the data channel, all arrives by that; when that ends, with the server', async () => {
  const [a, b] = await meet('with WebRTC');
  const sent: number[] = [];
  const send = (count: number): void => {
    for (let n = 0; n < count; n++) {
      void a.links.send(b.id, 't', sent.length, 'urgent');
      void b.links.send(a.id, 't', sent.length, 'urgent');
      sent.push(sent.length);
    }
  };
  send(20);
  await until(() => members.some(({ taken }) => taken.includes('webrtc')), 'one side has the data channel');
  const { port } = new URL(server!.url);
  await server!.close({ drainMs: 0 });
  send(20);
  await until(() => a.heard.length === sent.length && b.heard.length === sent.length, 'it arrives without the server');

  for (const peer of made) peer.destroy();
  await until(() => pathsAre(null), 'they have nothing to talk over');
  send(20);
  server = await serveSignaling({ port: Number(port), host: '127.0.0.1' });
  await until(() => pathsAre('webrtc'), 'another data channel takes over', 40_000);
  await until(() => a.heard.length === sent.length && b.heard.length === sent.length, 'the rest has arrived');
  expect([a.heard, b.heard]).toEqual([sent, sent]);
  expect([...a.resets, ...b.resets]).toEqual([]);
}, 60_000);

test('megabytes go through a data channel as they are', async () => {
  const [a, b] = await meet('with WebRTC');
  await until(() => pathsAre('webrtc'), 'the data channel takes over');
  const bytes = Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * 7 + (at >> 8)) & 255);
  await a.links.send(b.id, 't', bytes, 'bulk');
  await until(() => b.heard.length === 1, 'it has arrived');
  expect(Buffer.compare(b.heard[0] as Uint8Array, bytes)).toBe(0);
}, 60_000);

test('where one of two has no WebRTC, everything stays on the relay and nothing is reported', async () => {
  const [a, b] = await meet('without');
  await a.links.send(b.id, 't', 'one', 'urgent');
  await b.links.send(a.id, 't', 'two', 'urgent');
  await until(() => a.heard.length === 1 && b.heard.length === 1, 'both have heard');
  expect(pathsAre('relay')).toBe(true);
  expect([...a.errors, ...b.errors]).toEqual([]);
}, 60_000);
