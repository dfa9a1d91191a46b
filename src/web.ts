import type { Network } from './cluster/network.ts';
import { checkPlainRoom } from './cluster/options.ts';
import type { Talk } from './cluster/talk.ts';
import { SignalingDiscovery } from './discovery/signaling.ts';
import { Clocks } from './driver/clocks.ts';
import { lazyQuorum } from './electors/lazy-quorum.ts';
import type { SocketConstructor } from './platform/platform.ts';
import { checkOptions, type OptionRule } from './protocol/options.ts';
import { Backoff } from './signaling/backoff.ts';
import { SignalingConnection } from './signaling/connection.ts';
import type { IceServer, SimplePeerConstructor } from './transports/webrtc/simple-peer.ts';

export type { SocketConstructor } from './platform/platform.ts';
export type {
  IceServer,
  SimplePeer,
  SimplePeerConstructor,
  SimplePeerOptions,
} from './transports/webrtc/simple-peer.ts';

export interface WebOptions {
  /** The signaling server: `ws:` or `wss:`. */
  readonly url: string;
  /** Asked before each attempt to connect, so that it may be short-lived. Default: none is sent. */
  readonly token?: () => Promise<string>;
  /** Asked before each data channel, so that TURN credentials may be short-lived. Default: none. */
  readonly iceServers?: () => Promise<readonly IceServer[]>;
  /** WebRTC for runtimes that have none, such as what `@roamhq/wrtc` exports. */
  readonly wrtc?: object;
  /** A class compatible with simple-peer's, in its stead. */
  readonly Peer?: SimplePeerConstructor;
  /** A class compatible with the standard one. Default: the runtime's, and in Node that of `ws`. */
  readonly WebSocket?: SocketConstructor;
  /** False opens no data channels. Default true. */
  readonly rtc?: boolean;
}

const rules: { readonly [Name in keyof WebOptions]-?: OptionRule } = {
  url: { mayBe: 'a ws: or wss: URL, such as "wss://example.org"', type: 'string', test: isSocketUrl },
  token: { mayBe: 'a function that returns a promise of a text', type: 'function' },
  iceServers: { mayBe: 'a function that returns a promise of a list of ICE servers', type: 'function' },
  wrtc: { mayBe: 'WebRTC, such as what "@roamhq/wrtc" exports', type: 'object' },
  Peer: { mayBe: 'a class like that of simple-peer', type: 'function' },
  WebSocket: { mayBe: 'a WebSocket class', type: 'function' },
  rtc: { mayBe: 'true or false', type: 'boolean' },
};

function isSocketUrl(value: unknown): boolean {
  try {
    return /^wss?:$/.test(new URL(String(value)).protocol);
  } catch {
    return false;
  }
}

/**
 * Members find each other through a signaling server, talk through it from the first round trip, and over WebRTC data
 * channels as soon as those open. Pages of one browser profile and origin talk to each other over BroadcastChannel, and
 * only those of them that vote or lead open data channels to others.
 *
 * @throws TypeError or RangeError for wrong options, naming the option and what it may be.
 */
export function web(options: WebOptions): Network {
  checkOptions('web', options, rules, ['url']);
  const { rtc = true, ...parts } = options;
  return {
    name: 'web',
    elector: lazyQuorum(),
    electors: ['quorum', 'available'],
    open({ room, self, platform, charter }) {
      checkPlainRoom('web()', room);
      const connection = new SignalingConnection({ ...parts, room, self, platform, charter });
      const load = async (): Promise<Talk> =>
        (await import('./web/talk.ts')).webTalk({ ...parts, room, rtc, charter, connection, platform, Backoff });
      const clocks = new Clocks(platform.clock);
      return { discovery: new SignalingDiscovery(connection, platform.timers, clocks), clocks, talk: { load } };
    },
  };
}
