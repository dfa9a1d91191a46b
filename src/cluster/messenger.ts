import { Links, type LinkState, type LinksEvents } from '../links/links.ts';
import type { Platform } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Transport } from '../transports/transport.ts';
import { BadMessages } from './bad-messages.ts';
import { Channels, isChannelTopic } from './channels.ts';
import type { Channel } from './cluster.ts';
import { left, unknownPeer } from './failures.ts';
import type { MemberTable } from './member-table.ts';
import { WantedPaths } from './wanted-paths.ts';

/** What messages are about, beside the application's channels. */
const topics = { election: 'election', presence: 'presence' } as const;

export interface MessengerOptions {
  readonly self: PeerId;
  readonly platform: Platform;
  readonly transports: readonly Transport[];
  readonly table: MemberTable;
  onElectionMessage(from: PeerId, message: Json): void;
  /** The session with that member began anew. */
  onReset(peer: PeerId): void;
  /** A link or a member's presence is not what it was. */
  onChange(): void;
  onError(error: ClusterError): void;
}

/** All that this member says to others and hears from them, by its topic. */
export class Messenger {
  readonly #options: MessengerOptions;
  readonly #bad: BadMessages;
  readonly #channels: Channels;
  readonly #paths: WantedPaths;
  #links: Links | undefined;
  #over = false;

  constructor(options: MessengerOptions) {
    const { platform, table, onError } = options;
    this.#options = options;
    this.#bad = new BadMessages(platform, onError);
    this.#paths = new WantedPaths(platform.timers, (peers) => this.#links?.want(peers));
    this.#channels = new Channels({
      send: (to, topic, value) => this.#sendOnChannel(to, topic, value),
      reachable: () => {
        if (this.#over) throw left();
        return table.others().filter((peer) => table.isReachable(peer));
      },
    });
  }

  get badMessages(): number {
    return this.#bad.count;
  }

  start(): void {
    const { self, platform, transports } = this.#options;
    this.#links = new Links({ self, platform, transports, events: this.#linksEvents() });
  }

  channel<T>(name: string): Channel<T> {
    return this.#channels.channel<T>(name);
  }

  link(peer: PeerId): LinkState {
    return this.#links?.state(peer) ?? { path: null, rttMs: null };
  }

  setMembers(peers: ReadonlySet<PeerId>): void {
    this.#links?.setMembers(peers);
  }

  wantPaths(peers: ReadonlySet<PeerId>): void {
    this.#paths.forElection(peers);
  }

  badMessage(from: PeerId | null, reason: string): void {
    this.#bad.add(from, reason);
  }

  toElection(to: PeerId, message: Json): void {
    this.#send(to, topics.election, message);
  }

  /** Says whether this member can be seen. Nothing is said to those who would take it to be visible anyway. */
  introduce(to: readonly PeerId[]): void {
    if (!this.#options.table.selfVisible) this.visibility(to);
  }

  visibility(to: readonly PeerId[]): void {
    for (const peer of to) this.#send(peer, topics.presence, this.#options.table.selfVisible);
  }

  /** Synchronous. Sends that wait reject with `left`. */
  goodbye(): void {
    this.#over = true;
    this.#paths.close();
    this.#bad.close();
    this.#links?.goodbye();
  }

  #linksEvents(): LinksEvents {
    const { onReset, onChange } = this.#options;
    return {
      onMessage: (from, topic, value) => this.#message(from, topic, value),
      onReset: (peer) => {
        onReset(peer);
        this.introduce([peer]);
      },
      onLinkState: onChange,
      onBadFrame: (peer, reason) => this.#bad.add(peer, reason),
      onTransportError: (peer, error) => this.#transportError(peer, error),
    };
  }

  #transportError(peer: PeerId | null, error: Error): void {
    if (!(error instanceof ClusterError)) {
      const about = peer === null ? '' : ` to member ${peer}`;
      const message = `a direct path${about} could not be opened; messages take the relay`;
      this.#options.onError(new ClusterError('webrtc-failed', message, { cause: error }));
    } else if (error.code === 'bad-message') this.#bad.add(peer, error.message);
    else this.#options.onError(error);
  }

  #message(from: PeerId, topic: string, value: Json | Uint8Array): void {
    if (isChannelTopic(topic)) {
      this.#paths.talked(from);
      this.#channels.receive(topic, value, from);
    } else if (value instanceof Uint8Array) this.#bad.add(from, `bytes under the topic "${topic}"`);
    else if (topic === topics.election) this.#options.onElectionMessage(from, value);
    else if (topic === topics.presence && typeof value === 'boolean') {
      this.#options.table.setVisible(from, value);
      this.#options.onChange();
    } else this.#bad.add(from, `nothing is known of its topic "${topic}"`);
  }

  async #sendOnChannel(to: PeerId, topic: string, value: Json | Uint8Array): Promise<void> {
    if (this.#over) throw left();
    const { self, table } = this.#options;
    if (to === self || !this.#links || !table.has(to)) throw unknownPeer(to);
    this.#paths.talked(to);
    await this.#links.send(to, topic, value, 'bulk');
  }

  /** Lost members and ended sessions are told of by other ways than the failure to send. */
  #send(to: PeerId, topic: string, value: Json): void {
    this.#links?.send(to, topic, value, 'urgent').catch(() => {});
  }
}
