import { afterEach, expect, test, vi } from 'vitest';
import { parseJson } from '../../src/protocol/foreign-json.ts';
import { Backoff } from '../../src/signaling/backoff.ts';
import type { RelayListener } from '../../src/signaling/relay.ts';
import { WebRtcTransport, type WebRtcTransportOptions } from '../../src/transports/webrtc.ts';
import { decodeSignal, encodeSignal } from '../../src/transports/webrtc/signal.ts';
import { seeded } from '../../src/platform/seeded.ts';
import { Time, platformOn } from '../links/world.ts';

const { module } = vi.hoisted(() => ({ module: { default: undefined as unknown } }));
vi.mock('simple-peer/simplepeer.min.js', () => ({
  get default() {
    return module.default;
  },
}));

/** On a machine that may be busy. */
const waiting = { timeout: 20_000 };

/** What stands for simple-peer: it only notes what is made of it, and what it hears. */
class Peer {
  static made: Peer[] = [];
  readonly heard: unknown[] = [];

  constructor() {
    Peer.made.push(this);
  }

  on(): void {}

  signal(signal: unknown): void {
    this.heard.push(signal);
  }

  destroy(): void {}
}

afterEach(() => {
  Peer.made = [];
  module.default = undefined;
});

function world(options: Partial<WebRtcTransportOptions> = { wrtc: {} }): {
  transport: WebRtcTransport;
  listeners: Set<RelayListener>;
  said: unknown[];
  errors: Error[];
} {
  const listeners = new Set<RelayListener>();
  const [said, errors]: [unknown[], Error[]] = [[], []];
  const transport = new WebRtcTransport({
    platform: platformOn(new Time(), seeded(1)),
    Backoff,
    relay: {
      listen: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      send: ({ payload }) => void said.push(decodeSignal(payload, parseJson)),
    },
    ...options,
  });
  const nothing = (): void => undefined;
  const onError = (_peer: unknown, error: Error): void => void errors.push(error);
  transport.start('b', { onPath: nothing, onFrame: nothing, onPathClosed: nothing, onError });
  return { transport, listeners, said, errors };
}

test('where there is no WebRTC nothing is begun, whatever is wanted or heard', () => {
  const { transport, listeners, said } = world({});
  transport.want(new Set(['a']));
  transport.close();
  expect(listeners.size).toBe(0);
  expect(said).toEqual([]);
});

test('signals that come before WebRTC is loaded are heard when it is, in their order', async () => {
  module.default = Peer;
  const { listeners } = world();
  const signals = [
    { type: 'offer', sdp: 'v=0' },
    { type: 'candidate', candidate: { candidate: 'one', sdpMLineIndex: 0, sdpMid: '0' } },
    { type: 'candidate', candidate: { candidate: 'two', sdpMLineIndex: 0, sdpMid: '0' } },
  ] as const;
  for (const signal of signals) {
    const payload = encodeSignal({ type: 'signal', connection: 'x', signal });
    for (const listener of listeners) listener.onRelay({ peer: 'a', port: 1, payload });
  }
  expect(Peer.made).toEqual([]);
  await vi.waitFor(() => expect(Peer.made.map(({ heard }) => heard)).toEqual([signals]), waiting);
});

test('what cannot be loaded is reported as webrtc-failed, and loaded when the server is back', async () => {
  const { transport, listeners, said, errors } = world();
  transport.want(new Set(['a']));
  await vi.waitFor(() => expect(errors).toHaveLength(1), waiting);
  expect(errors[0]).toMatchObject({ code: 'webrtc-failed', cause: expect.any(TypeError) as unknown });
  expect(said).toEqual([]);

  module.default = Peer;
  for (const listener of listeners) listener.onStatus?.('online');
  await vi.waitFor(() => expect(said[0]).toEqual({ type: 'want', want: true, lost: null }), waiting);
  expect(errors).toHaveLength(1);
});

test('what is loaded after the end begins nothing', async () => {
  module.default = Peer;
  const { transport, listeners, said } = world();
  transport.want(new Set(['a']));
  transport.close();
  expect(listeners.size).toBe(0);
  await vi.dynamicImportSettled();
  expect(said).toEqual([]);
});
