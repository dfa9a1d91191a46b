import { FoundedParticipation } from '../cluster/founded-participation.ts';
import type { Talk } from '../cluster/talk.ts';
import { SessionLinks } from '../links/session-links.ts';
import { broadcastOf } from '../platform/web-broadcast.ts';
import type { Charter } from '../protocol/charter.ts';
import type { SignalingConnection } from '../signaling/connection.ts';
import { Relay } from '../signaling/relay.ts';
import { SignalingWitnessLine } from '../signaling/witness-line.ts';
import { BroadcastTransport } from '../transports/broadcast-channel.ts';
import { RelayTransport } from '../transports/relay.ts';
import type { Transport } from '../transports/transport.ts';
import { WebRtcTransport, type WebRtcTransportOptions } from '../transports/webrtc.ts';

export interface WebTalkOptions extends Omit<WebRtcTransportOptions, 'relay'> {
  readonly connection: SignalingConnection;
  readonly room: string;
  /** Whether to open data channels. */
  readonly rtc: boolean;
  /** Under `quorum` a witness at the server may vote. */
  readonly charter: Charter;
}

/** What the members of `web()` say to each other, and how: no page needs it before its connection stands. */
export function webTalk(options: WebTalkOptions): Talk {
  const { connection, room, platform, rtc, charter } = options;
  const broadcast = broadcastOf(platform);
  const relay = new Relay(connection, platform);
  const transports: Transport[] = [new RelayTransport(relay)];
  if (rtc) transports.unshift(new WebRtcTransport({ ...options, relay }));
  if (broadcast) transports.unshift(new BroadcastTransport({ room, broadcast, timers: platform.timers }));
  const witness = charter.quorum ? new SignalingWitnessLine(relay) : undefined;
  return { Links: SessionLinks, Participation: FoundedParticipation, transports, witness };
}
