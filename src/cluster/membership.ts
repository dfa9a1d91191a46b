import type { DiscoveryStatus, View, ViewChange } from '../discovery/discovery.ts';
import type { ConflictSide, Election, ElectionEffect, Leadership, Memory } from '../electors/elector.ts';
import { Links } from '../links/links.ts';
import type { Platform, Undo } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import { freshPeerId, type PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane } from '../protocol/lane.ts';
import type { BadMessages } from './bad-messages.ts';
import { channelPrefix } from './channels.ts';
import type { ClusterEvents, ClusterOptions, ConflictParty } from './cluster.ts';
import { left, unknownPeer } from './failures.ts';
import { MemberTable } from './member-table.ts';
import type { MemberStorage, NetworkParts } from './network.ts';
import { WantedPaths } from './wanted-paths.ts';

export interface MembershipOptions {
  readonly cluster: ClusterOptions;
  readonly platform: Platform;
  readonly info: Json;
  readonly bad: BadMessages;
  readonly emit: <Name extends keyof ClusterEvents>(name: Name, event: ClusterEvents[Name]) => void;
  /** The first view of the room is there. */
  onFound(): void;
  onLeader(): void;
  /** This membership cannot begin, or go on. */
  onFailure(error: ClusterError): void;
  onChannel(topic: string, value: Json | Uint8Array, from: PeerId): void;
}

/** Round trips change with every message: `members` tells of them alone no more often than this. */
const roundTripsEveryMs = 250;

/** What messages are about, beside the application's channels. */
const topics = { election: 'election', presence: 'presence' } as const;

/** One life of this member in the room, under one id: discovery, links and an election, wired together. */
export class Membership {
  readonly id: PeerId;
  readonly table: MemberTable;
  /** Aborts when this member begins to leave. */
  readonly ending: AbortController = new AbortController();
  readonly #options: MembershipOptions;
  readonly #parts: NetworkParts;
  readonly #paths: WantedPaths;
  #memory: Memory | undefined;
  #discovery: DiscoveryStatus = 'connecting';
  #links: Links | undefined;
  #election: Election | undefined;
  /** Whom links and election know of: nobody before the first view. */
  #toldOf = '';
  /** Set while round trips that changed wait to be told of. */
  #untold: Undo | undefined;
  #isOver = false;

  constructor(options: MembershipOptions) {
    const { cluster, platform, info } = options;
    this.#options = options;
    this.id = cluster.network.id ?? freshPeerId(platform.randomBytes);
    this.#parts = cluster.network.open({ room: cluster.room, self: this.id, platform });
    this.#paths = new WantedPaths(platform.timers, (peers) => this.#links?.want(peers));
    this.table = new MemberTable({
      self: { id: this.id, info, host: platform.host() },
      link: (peer) => this.#links?.state(peer) ?? { path: null, rttMs: null },
      leader: () => this.leadership,
    });
    this.table.setVisible(this.id, platform.lifecycle.visible());
    this.table.refresh();
  }

  get discovery(): DiscoveryStatus {
    return this.#discovery;
  }

  /** Undefined before `elect`. */
  get election(): Election | undefined {
    return this.#election;
  }

  get leadership(): Leadership | null {
    return this.#isOver ? null : (this.#election?.leader() ?? null);
  }

  /** Reads the lease. */
  get isLeader(): boolean {
    return this.#election?.isLeader() ?? false;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  start(): void {
    const { storage } = this.#parts;
    if (storage) void this.#startWith(storage);
    else this.#join();
  }

  /** Nobody hears of this member's id before it holds the storage that belongs to it. */
  async #startWith(storage: MemberStorage): Promise<void> {
    try {
      this.#memory = await storage.open();
    } catch (error) {
      this.#options.onFailure(error as ClusterError);
      return;
    }
    this.#join();
  }

  #join(): void {
    if (this.#links || this.#isOver) return;
    try {
      this.#open();
    } catch (cause) {
      const message =
        'this page may not talk to others here: is it sandboxed, or are its cookies blocked? See the cause';
      this.#options.onFailure(new ClusterError('storage-failed', message, { cause }));
    }
  }

  #open(): void {
    const { platform, bad, emit } = this.#options;
    this.#links = new Links({
      self: this.id,
      platform,
      transports: this.#parts.transports,
      events: {
        onMessage: (from, topic, value) => this.#message(from, topic, value),
        onReset: (peer) => {
          this.#election?.feed({ type: 'reset', peer });
          this.#sayVisibility([peer]);
        },
        onLinkState: () => this.refresh(),
        onBadFrame: (peer, reason) => bad.add(peer, reason),
        onTransportError: (peer, error) => {
          if (error.code === 'bad-message') bad.add(peer, error.message);
          else emit('error', error);
        },
      },
    });
    this.#parts.discovery.start(this.table.self, {
      onView: (view, change) => this.#view(view, change),
      onHint: (peer) => this.#election?.feed({ type: 'hint', peer }),
      onStatus: (status) => this.#status(status),
      onError: (error) => this.#discoveryError(error),
    });
  }

  /** From now on this member takes part in electing, and can lead. */
  elect(priority: number): void {
    const { cluster, platform } = this.#options;
    this.#election = (cluster.elector ?? cluster.network.elector).start({
      self: this.id,
      room: cluster.room,
      platform,
      priority,
      minMembers: cluster.minMembers ?? 1,
      ...(this.#memory && { memory: this.#memory }),
      apply: (effect) => this.#apply(effect),
    });
    this.#election.feed({ type: 'visible', visible: this.table.isVisible(this.id) });
    this.#election.feed({ type: 'members', peers: this.table.ids });
  }

  setInfo(info: Json): void {
    this.table.setInfo(info);
    this.#parts.discovery.setInfo(info);
    this.refresh();
  }

  setVisible(visible: boolean): void {
    this.table.setVisible(this.id, visible);
    this.#election?.feed({ type: 'visible', visible });
    this.#sayVisibility(this.table.others);
    this.refresh();
  }

  /** Every other member that answers. Throws `left` once that is so. */
  reachable(): readonly PeerId[] {
    if (this.#isOver) throw left();
    return this.table.others.filter((peer) => this.table.isReachable(peer));
  }

  /** Rejects as `Channel.send` does. */
  async send(to: PeerId, topic: string, value: Json | Uint8Array): Promise<void> {
    if (this.#isOver) throw left();
    if (!this.#links || to === this.id || !this.table.members.has(to)) throw unknownPeer(to);
    this.#paths.talked(to);
    await this.#links.send(to, topic, value, 'bulk');
  }

  /** Tells of what has become of the members. */
  refresh(): void {
    const news = this.table.refresh();
    if (news === 'more') this.#tellMembers();
    if (news !== 'round trips') return;
    this.#untold ??= this.#options.platform.timers.after(roundTripsEveryMs, () => this.#tellMembers());
  }

  #tellMembers(): void {
    this.#untold?.();
    this.#untold = undefined;
    this.#options.emit('members', { members: this.table.members });
  }

  /**
   * Synchronous: this may be the last moment in which something can be said. The election speaks over the links, and the
   * links over the discovery's socket.
   */
  leave(): void {
    this.ending.abort(left());
    this.#isOver = true;
    this.#paths.close();
    this.#election?.leave();
    this.#links?.goodbye();
    if (this.#links) this.#parts.discovery.leave();
    this.refresh();
    this.#untold?.();
  }

  /** Resolves when nothing of it is left: after `leave`. */
  async closed(): Promise<void> {
    await this.#parts.storage?.close();
  }

  // What is heard

  #status(status: DiscoveryStatus): void {
    if (status === this.#discovery) return;
    this.#discovery = status;
    this.#options.emit('discovery', { discovery: status });
  }

  #discoveryError(error: ClusterError): void {
    if (error.code === 'bad-message') return this.#options.bad.add(null, error.message);
    // Refused before it was ever let in: no waiting changes that.
    const isRefusal = error.code === 'rejected' || error.code === 'options-differ';
    if (error.code === 'listen-failed' || (isRefusal && !this.#toldOf)) this.#options.onFailure(error);
    else this.#options.emit('error', error);
  }

  #view(view: View, change: ViewChange): void {
    const isFirst = !this.#toldOf;
    this.table.setView(view, change);
    // Goodbyes first: the election must not take them for members that it has merely lost sight of.
    for (const peer of change.bye) this.#election?.feed({ type: 'departed', peer });
    this.#membersChanged();
    // Nothing is said to those who would take it to be visible anyway.
    if (!this.table.isVisible(this.id)) this.#sayVisibility(change.joined);
    if (isFirst && !this.#isOver) this.#options.onFound();
  }

  #apply(effect: ElectionEffect): void {
    const { emit, bad, onLeader, onFailure } = this.#options;
    switch (effect.type) {
      case 'send':
        return this.#say(effect.to, topics.election, effect.message, effect.lane);
      case 'paths':
        return this.#paths.forElection(effect.peers);
      case 'leader':
        return onLeader();
      case 'reachable':
        this.table.setReachable(effect.peers);
        return this.#membersChanged();
      case 'published':
        return emit('published', { value: effect.value });
      case 'conflict':
        return emit('conflict', { winner: this.#party(effect.winner), loser: this.#party(effect.loser) });
      case 'bad-message':
        return bad.add(effect.from, effect.reason);
      case 'degraded':
        return emit('error', effect.error);
      case 'failed':
        return onFailure(effect.error);
    }
  }

  #message(from: PeerId, topic: string, value: Json | Uint8Array): void {
    if (topic.startsWith(channelPrefix)) {
      this.#paths.talked(from);
      this.#options.onChannel(topic, value, from);
    } else if (topic === topics.election && !(value instanceof Uint8Array)) {
      this.#election?.feed({ type: 'message', from, message: value });
    } else if (topic === topics.presence && typeof value === 'boolean') {
      this.table.setVisible(from, value);
      this.refresh();
    } else this.#options.bad.add(from, `nothing can be made of what it said under the topic "${topic}"`);
  }

  /** Who takes part may have changed. */
  #membersChanged(): void {
    const peers = this.table.ids;
    if (this.#toldOf !== peers.join()) {
      this.#toldOf = peers.join();
      this.#links?.setMembers(new Set(peers));
      this.#election?.feed({ type: 'members', peers });
    }
    this.refresh();
  }

  #party({ id, term, published }: ConflictSide): ConflictParty {
    return { id, term, info: this.table.infoOf(id), published };
  }

  // What is said

  #sayVisibility(to: readonly PeerId[]): void {
    for (const peer of to) this.#say(peer, topics.presence, this.table.isVisible(this.id));
  }

  /** Lost members and ended sessions are told of by other ways than the failure to send. */
  #say(to: PeerId, topic: string, value: Json, lane: Lane = 'urgent'): void {
    this.#links?.send(to, topic, value, lane).catch(() => {});
  }
}
