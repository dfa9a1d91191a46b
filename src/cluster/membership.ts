import type { Leadership } from '../core/leadership.ts';
import type { DiscoveryStatus, View, ViewChange, WitnessLine } from '../discovery/discovery.ts';
import { Clocks } from '../driver/clocks.ts';
import type {
  ConflictSide,
  Election,
  ElectionEffect,
  ElectionEvent,
  Elector,
  LazyElector,
  Memory,
} from '../electors/elector.ts';
import { neverVoted } from '../electors/never-voted.ts';
import type { Links } from '../links/links.ts';
import type { Undo } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import { freshPeerId, type PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane } from '../protocol/lane.ts';
import { channelPrefix, topics } from './channels.ts';
import type { ConflictParty } from './cluster.ts';
import { left, notLoaded, silenced, unknownPeer } from './failures.ts';
import { GroupNews } from './group-news.ts';
import { whenLoaded } from './lazy.ts';
import { MemberTable } from './member-table.ts';
import type { MembershipOptions } from './membership-options.ts';
import type { NetworkParts } from './network.ts';
import type { Talk } from './talk.ts';

/** Round trips change with every message: `members` tells of them alone no more often than this. */
const roundTripsEveryMs = 250;

/** One life of this member in the room, under one id: discovery, links and an election, wired together. */
export class Membership {
  readonly id: PeerId;
  readonly table: MemberTable;
  /** Aborts when this member begins to leave. */
  readonly ending: AbortController = new AbortController();
  readonly #options: MembershipOptions;
  readonly #parts: NetworkParts;
  /** Contact is told by them, and the election runs by them. */
  readonly #clocks: Clocks;
  readonly #group: GroupNews;
  #elector: Elector | LazyElector;
  #memory: Memory | undefined;
  #discovery: DiscoveryStatus = 'connecting';
  /** From when the code is there by which members talk. */
  #links: Links | undefined;
  #witness: WitnessLine | undefined;
  /** What was seen of the room before all of it was. */
  #early: (readonly [view: View, change: ViewChange])[] | null = [];
  #isLooking = false;
  #election: Election | undefined;
  /** Whom links and election know of, where those are, and of what group: of nobody before the first view. */
  #toldOf = '';
  /** Of round trips that changed. */
  #untold: Undo | undefined;
  #isOver = false;

  constructor(options: MembershipOptions) {
    const { cluster, platform, info } = options;
    this.#options = options;
    this.id = cluster.network.id ?? freshPeerId(platform.randomBytes);
    this.#clocks = new Clocks(platform.clock);
    this.#group = new GroupNews(this.#clocks, (event) => this.#feed(event));
    this.#elector = cluster.elector;
    const { charter } = this.#elector;
    this.#parts = cluster.network.open({ room: cluster.room, self: this.id, platform, clocks: this.#clocks, charter });
    this.table = new MemberTable({
      self: { id: this.id, info, host: platform.host() },
      link: (peer) => this.#links?.state(peer),
      leader: () => this.leadership,
      isOnline: () => this.#discovery === 'online',
    });
    if (charter.quorum) this.table.setRoles(new Map()); // nobody votes before the election says so
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

  get foundsInMs(): number | null {
    return this.#isOver ? null : this.#group.foundsInMs;
  }

  get leadership(): Leadership | null {
    return this.#isOver ? null : (this.#election?.leader() ?? null);
  }

  get isLeader(): boolean {
    return this.#election?.isLeader() ?? false;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Nobody hears of this member's id before it holds the storage that belongs to it. */
  start(): void {
    const { storage } = this.#parts;
    if (!storage) return this.#join();
    const opened = (memory: Memory): void => {
      this.#memory = memory;
      this.#join();
    };
    storage.open().then(opened, (error) => this.#attempt(() => this.#options.onFailure(error)));
  }

  #join(): void {
    if (this.#isLooking) return;
    const { talk } = this.#parts;
    // Who is seen listens, where that can be: what a page posts to another before that is lost.
    if (!('load' in talk)) this.#attempt(() => this.#listen(talk));
    whenLoaded(
      [this.#elector, talk],
      (elector, loaded) => this.#attempt(() => this.#open(elector, loaded)),
      (cause) => this.#attempt(() => this.#options.onFailure(notLoaded(cause))),
    );
    this.#attempt(() => this.#look());
  }

  #attempt(run: () => void): void {
    if (this.#isOver) return;
    try {
      run();
    } catch (cause) {
      this.#options.onFailure(silenced(cause));
    }
  }

  #listen({ Links: LinksOver, transports, witness }: Talk): void {
    const { cluster, platform, bad } = this.#options;
    this.#witness = witness;
    this.#links = new LinksOver({
      self: this.id,
      room: cluster.room,
      platform,
      transports,
      events: {
        onMessage: (from, topic, value) => this.#message(from, topic, value),
        onReset: (peer) => {
          this.#feed({ type: 'reset', peer });
          this.#sayVisibility([peer]);
        },
        onLinkState: () => this.refresh(),
        onError: (peer, error) => this.#error(peer, error),
      },
    });
    witness?.listen({
      onMessage: (from, message) => {
        if (from === this.#group.witness) this.#feed({ type: 'message', from, message });
      },
      onBadMessage: (from, reason) => bad.add(from, reason),
    });
  }

  #open(elector: Elector, talk: Talk): void {
    this.#elector = elector;
    if (!this.#links) this.#listen(talk);
    if (elector.charter.quorum) this.#links?.paths?.setRoles(new Map());
    const early = this.#early ?? [];
    this.#early = null;
    for (const one of early) if (!this.#isOver) this.#view(...one);
  }

  /** The room shows when it can be talked to. */
  #look(): void {
    this.#isLooking = true;
    this.#parts.discovery.start(this.table.self, {
      onView: (view, change) => (this.#early ? void this.#early.push([view, change]) : this.#view(view, change)),
      onHint: (peer) => this.#feed({ type: 'hint', peer }),
      onStatus: (status) => this.#status(status),
      onError: (error) => this.#discoveryError(error),
      onAskPledge: (epoch) => this.#feed({ type: 'ask-pledge', epoch }),
      onContact: (askedAt) => this.#group.contact(askedAt),
    });
  }

  /** From now on this member takes part in electing, and can lead: not before `onFound`. */
  elect(priority: number): void {
    const { cluster, platform } = this.#options;
    this.#election = (this.#elector as Elector).start({
      self: this.id,
      room: cluster.room,
      platform,
      clocks: this.#clocks,
      priority,
      minMembers: cluster.minMembers ?? 1,
      ...(this.#memory && { memory: this.#memory }),
      apply: (effect) => this.#apply(effect),
    });
    this.#feed({ type: 'visible', visible: this.table.isVisible(this.id) });
    this.#group.tellContact();
    this.#feed({ type: 'members', peers: this.table.ids });
    this.#tellGroup();
  }

  setInfo(info: Json): void {
    this.#parts.discovery.setInfo(info); // it may throw: then nothing changes
    this.table.setInfo(info);
    this.refresh();
  }

  setVisible(visible: boolean): void {
    this.table.setVisible(this.id, visible);
    this.#feed({ type: 'visible', visible });
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
    if (!this.#links || !this.table.others.includes(to)) throw unknownPeer(to);
    this.#links.paths?.talked(to);
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
    const pledge = this.#election ? this.#election.leave() : null;
    const isFree = pledge === null && this.#elector.charter.quorum;
    this.#links?.goodbye();
    if (this.#isLooking) this.#parts.discovery.leave(isFree ? neverVoted : (pledge ?? undefined));
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

  #error(from: PeerId | null, error: ClusterError): void {
    if (error.code === 'bad-message') this.#options.bad.add(from, error.message);
    else this.#options.emit('error', error);
  }

  #discoveryError(error: ClusterError): void {
    if (error.code === 'superseded') return this.#supersede(error);
    // Refused before it was ever let in: no waiting changes that.
    const isRefusal = ['rejected', 'options-differ', 'too-large'].includes(error.code);
    if (error.code === 'listen-failed' || (isRefusal && !this.#toldOf)) this.#options.onFailure(error);
    else this.#error(null, error);
  }

  #view(view: View, change: ViewChange): void {
    const isFirst = !this.#toldOf;
    this.#group.take(view);
    this.table.setView(view, change);
    // Goodbyes first: the election must not take them for members that it has merely lost sight of.
    for (const peer of change.bye) this.#feed({ type: 'departed', peer });
    this.#membersChanged();
    // Nothing is said to those who would take it to be visible anyway.
    if (!this.table.isVisible(this.id)) this.#sayVisibility(change.joined);
    if (isFirst && !this.#isOver) this.#options.onFound();
  }

  #apply(effect: ElectionEffect): void {
    const { emit, bad, onLeader, onOutranked, onFailure } = this.#options;
    switch (effect.type) {
      case 'send':
        if (effect.to === this.#group.witness) return this.#witness?.send(effect.to, effect.message, effect.lane);
        return this.#say(effect.to, topics.election, effect.message, effect.lane);
      case 'paths':
        return this.#links?.paths?.forElection(effect.peers);
      case 'roles':
        this.table.setRoles(effect.roles);
        this.#links?.paths?.setRoles(effect.roles);
        return this.#membersChanged();
      case 'leader':
        this.table.settle();
        onLeader();
        return this.#membersChanged();
      case 'reachable':
        this.table.setReachable(effect.peers);
        return this.#membersChanged();
      case 'outranked':
        return onOutranked(effect.by);
      case 'published':
        return emit('published', { value: effect.value });
      case 'conflict':
        return emit('conflict', { winner: this.#party(effect.winner), loser: this.#party(effect.loser) });
      case 'bad-message':
        return bad.add(effect.from, effect.reason, effect.code);
      case 'other-epoch':
        bad.otherEpoch++;
        return;
      case 'degraded':
        return emit('error', effect.error);
      case 'standing':
      case 'pledge':
        return this.#parts.discovery.stand?.(effect);
      case 'superseded':
        return this.#supersede(effect.error);
      case 'failed':
        return onFailure(effect.error);
    }
  }

  /** What has happened is told to the end first. */
  #supersede(error: ClusterError): void {
    queueMicrotask(() => {
      if (!this.#isOver) this.#options.onSuperseded(error);
    });
  }

  #message(from: PeerId, topic: string, value: Json | Uint8Array): void {
    if (topic.startsWith(channelPrefix)) {
      this.#links?.paths?.talked(from);
      this.#options.onChannel(topic, value, from);
    } else if (topic === topics.election && !(value instanceof Uint8Array)) {
      this.#feed({ type: 'message', from, message: value });
    } else if (topic === topics.presence && typeof value === 'boolean') {
      this.table.setVisible(from, value);
      this.refresh();
    } else this.#options.bad.add(from, `nothing can be made of what it said under the topic "${topic}"`);
  }

  /** Who takes part may have changed, or in what. */
  #membersChanged(): void {
    const { ids: peers, neighbours } = this.table;
    const news = JSON.stringify([neighbours, this.#group.group]);
    if (this.#toldOf !== news) {
      this.#toldOf = news;
      this.#links?.setMembers(neighbours);
      this.#feed({ type: 'members', peers });
      this.#tellGroup();
    }
    this.refresh();
  }

  #feed(event: ElectionEvent): void {
    this.#election?.feed(event);
  }

  #tellGroup(): void {
    this.#feed({ type: 'group', group: this.#group.group, members: this.table.neighbours });
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
