import { platform } from '#platform';
import { SignalingDiscovery } from '../../src/discovery/signaling.ts';
import { Clocks } from '../../src/driver/clocks.ts';
import { SessionLinks } from '../../src/links/session-links.ts';
import { freshPeerId } from '../../src/protocol/ids.ts';
import { SignalingConnection } from '../../src/signaling/connection.ts';
import { Backoff } from '../../src/signaling/backoff.ts';
import { Relay } from '../../src/signaling/relay.ts';
import { RelayTransport } from '../../src/transports/relay.ts';
import type { PathKind } from '../../src/transports/transport.ts';
import { WebRtcTransport, type WebRtcTransportOptions } from '../../src/transports/webrtc.ts';

/** A member on real sockets: discovery, relay, WebRTC and links, and nothing above them. */
export class RealMember {
  readonly id: string;
  readonly links: SessionLinks;
  readonly discovery: SignalingDiscovery;
  readonly heard: unknown[] = [];
  readonly resets: string[] = [];
  readonly errors: Error[] = [];
  /** The paths that messages took, one after the other: short stays too, that nobody would see who looks now and then. */
  readonly taken: (PathKind | null)[] = [];
  members: ReadonlySet<string> = new Set();

  constructor(url: string, rtc?: Pick<WebRtcTransportOptions, 'wrtc' | 'Peer'>) {
    this.id = freshPeerId(platform.randomBytes);
    const connection = new SignalingConnection({ url, room: 'room', self: this.id, platform });
    const relay = new Relay(connection, platform);
    const webrtc = rtc && new WebRtcTransport({ ...rtc, relay, Backoff, platform });
    this.links = new SessionLinks({
      self: this.id,
      room: 'room',
      platform,
      transports: [...(webrtc ? [webrtc] : []), new RelayTransport(relay)],
      events: {
        onMessage: (_from, _topic, value) => void this.heard.push(value),
        onReset: (peer) => void this.resets.push(peer),
        onGoodbye: () => undefined,
        onLinkState: (_peer, { path }) => {
          if (path !== (this.taken.at(-1) ?? null)) this.taken.push(path);
        },
        onError: (_peer, error) => void this.errors.push(error),
      },
    });
    this.discovery = new SignalingDiscovery(connection, platform.timers, new Clocks(platform.clock));
    this.discovery.start(
      { id: this.id, info: null, host: 'here' },
      {
        onView: ({ members }) => {
          this.members = new Set(members.keys());
          this.links.setMembers([...members.values()]);
          this.links.want(this.members);
        },
        onHint: () => undefined,
        onStatus: () => undefined,
        onError: (error) => void this.errors.push(error),
      },
    );
  }

  leave(): void {
    this.links.goodbye();
    this.discovery.leave();
  }
}

/** Waits for what a real runtime does in its own time. */
export async function until(condition: () => boolean, what: string, withinMs = 20_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`it did not come about within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
