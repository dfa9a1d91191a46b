import type { Leadership } from '../core/leadership.ts';
import type { View, ViewChange } from '../discovery/discovery.ts';
import { Clocks } from '../driver/clocks.ts';
import type { ConflictSide, Election, ElectionEffect, ElectionEvent, Elector, Memory } from '../electors/elector.ts';
import type { Links } from '../links/links.ts';
import type { Undo } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane } from '../protocol/lane.ts';
import type { Pledge } from '../protocol/standing.ts';
import { channelPrefix, topics } from './channels.ts';
import type { ConflictParty } from './cluster.ts';
import { unknownPeer } from './failures.ts';
import { handOver } from './handover.ts';
import type { LeaderWork } from './leader-work.ts';
import { MemberTable } from './member-table.ts';
import type { ParticipationOptions } from './participation-options.ts';

/** Round trips change with every message: `members` tells of them alone no more often than this. */
const roundTripsEveryMs = 250;

/**
 * What a member does in the room from when it can talk to others: links, members and an election, wired together. Whoever
 * is there elects.
 */
export class Participation {
  readonly table: MemberTable;
  protected readonly options: ParticipationOptions;
  protected readonly links: Links;
  /** Contact is told by them, and the election runs by them. */
  protected readonly clocks: Clocks;
  protected isOver = false;
  readonly #self: PeerId;
  #election: Election | undefined;
  /** What links and election know of: of nobody before the first view. */
  #toldOf = '';
  /** Of round trips that changed. */
  #untold: Undo | undefined;

  constructor(options: ParticipationOptions, Table: typeof MemberTable = MemberTable) {
    const { self, members, isVisible, platform, isOnline, clocks = new Clocks(platform.clock) } = options;
    this.options = options;
    this.#self = self.id;
    this.clocks = clocks;
    this.table = new Table({
      self,
      members,
      link: (peer) => this.links.state(peer),
      leader: () => this.leadership,
      isOnline,
    });
    this.table.setVisible(self.id, isVisible);
    this.links = this.#listen();
  }

  /** Undefined before `elect`. */
  get election(): Election | undefined {
    return this.#election;
  }

  get leadership(): Leadership | null {
    return this.isOver ? null : (this.#election?.leader() ?? null);
  }

  /** `null`: nobody has to found the group, or it is founded. */
  get foundsInMs(): number | null {
    return null;
  }

  /** The room has let this member in. */
  get isIn(): boolean {
    return this.#toldOf !== '';
  }

  #listen(): Links {
    const { room, platform, talk, bad } = this.options;
    const { Links: LinksOver, transports } = talk;
    return new LinksOver({
      self: this.#self,
      room,
      platform,
      transports,
      events: {
        onMessage: (from, topic, value) => this.#message(from, topic, value),
        onReset: (peer) => {
          this.feed({ type: 'reset', peer });
          this.#sayVisibility([peer]);
        },
        onGoodbye: (peer) => this.#hearGoodbye(peer),
        onLinkState: () => this.refresh(),
        onError: (peer, error) => bad.report(peer, error),
      },
    });
  }

  /** From now on this member takes part in electing, and can lead. */
  elect(elector: Elector, priority: number, minMembers: number, memory: Memory | undefined): void {
    const { room, platform } = this.options;
    // An election may have much to say before it is there to be asked.
    let early: ElectionEffect[] | undefined = [];
    this.#election = elector.start({
      self: this.#self,
      room,
      platform,
      clocks: this.clocks,
      priority,
      minMembers,
      ...(memory && { memory }),
      apply: (effect) => (early ? void early.push(effect) : this.apply(effect)),
    });
    for (const effect of early) if (!this.isOver) this.apply(effect);
    early = undefined;
    this.feed({ type: 'visible', visible: this.table.isVisible(this.#self) });
    this.tellElection();
  }

  /** Who takes part. */
  protected tellElection(): void {
    this.feed({ type: 'members', peers: this.table.ids });
  }

  setInfo(info: Json): void {
    this.table.setInfo(info);
    this.refresh();
  }

  setVisible(visible: boolean): void {
    this.table.setVisible(this.#self, visible);
    this.feed({ type: 'visible', visible });
    this.#sayVisibility(this.table.others);
    this.refresh();
  }

  /** Rejects as `Channel.send` does. */
  async send(to: PeerId, topic: string, value: Json | Uint8Array): Promise<void> {
    if (!this.table.others.includes(to)) throw unknownPeer(to);
    this.links.paths?.talked(to);
    await this.links.send(to, topic, value, 'bulk');
  }

  /** Rejects as `Channel.broadcast` does. */
  async broadcast(topic: string, value: Json | Uint8Array): Promise<void> {
    const reachable = this.table.others.filter((peer) => this.table.isReachable(peer));
    await Promise.all(reachable.map((to) => this.send(to, topic, value).catch(unlessGone)));
  }

  /** Of one that leads: see `handOver`. */
  async handOver(work: LeaderWork, handoverMs: number, to: PeerId | undefined): Promise<void> {
    const { timers } = this.options.platform;
    if (this.#election) await handOver({ election: this.#election, table: this.table, work, timers, handoverMs }, to);
  }

  /** Who leads has changed. */
  settle(): void {
    this.table.settle();
    this.membersChanged();
  }

  /** Tells of what has become of the members. */
  refresh(): void {
    const news = this.table.refresh();
    if (news === 'more') this.#tellMembers();
    if (news !== 'round trips' || this.isOver) return;
    this.#untold ??= this.options.platform.timers.after(roundTripsEveryMs, () => this.#tellMembers());
  }

  #tellMembers(): void {
    this.#untold?.();
    this.#untold = undefined;
    this.options.emit('members', { members: this.table.members });
  }

  /** Says goodbye to all. Returns what the discovery is told with that, as `Election.leave` does. */
  leave(): Pledge | null | undefined {
    this.isOver = true;
    this.#untold?.();
    const pledge = this.#election ? this.#election.leave() : null;
    this.links.goodbye();
    return pledge;
  }

  // What is heard

  view(view: View, change: ViewChange): void {
    const isFirst = !this.isIn;
    this.table.setView(view, change);
    // Goodbyes first: the election must not take them for members that it has merely lost sight of.
    for (const peer of change.bye) this.feed({ type: 'departed', peer });
    this.membersChanged();
    // Nothing is said to those who would take it to be visible anyway.
    if (!this.table.isVisible(this.#self)) this.#sayVisibility(change.joined);
    if (isFirst && !this.isOver) this.options.onFound();
  }

  feed(event: ElectionEvent): void {
    this.#election?.feed(event);
  }

  protected apply(effect: ElectionEffect): void {
    const { emit, bad, onLeader, onOutranked, onFailure } = this.options;
    switch (effect.type) {
      case 'send':
        return this.#say(effect.to, topics.election, effect.message, effect.lane);
      case 'leader':
        return onLeader();
      case 'reachable':
        this.table.setReachable(effect.peers);
        return this.membersChanged();
      case 'outranked':
        return onOutranked(effect.by);
      case 'published':
        return emit('published', { value: effect.value });
      case 'conflict':
        return emit('conflict', { winner: this.#party(effect.winner), loser: this.#party(effect.loser) });
      case 'bad-message':
        return bad.add(effect.from, effect.reason, effect.code);
      case 'degraded':
        return emit('error', effect.error);
      case 'failed':
        return onFailure(effect.error);
    }
  }

  #message(from: PeerId, topic: string, value: Json | Uint8Array): void {
    if (topic.startsWith(channelPrefix)) {
      this.links.paths?.talked(from);
      this.options.onChannel(topic, value, from);
    } else if (topic === topics.election && !(value instanceof Uint8Array)) {
      this.feed({ type: 'message', from, message: value });
    } else if (topic === topics.presence && typeof value === 'boolean') {
      this.table.setVisible(from, value);
      this.refresh();
    } else this.options.bad.add(from, `nothing can be made of what it said under the topic "${topic}"`);
  }

  /** A page may have lost the discovery before it went: Firefox closes the sockets of one that navigates first. */
  #hearGoodbye(peer: PeerId): void {
    this.table.setDeparted(peer);
    this.feed({ type: 'departed', peer });
    this.membersChanged();
  }

  /** Who takes part may have changed, or in what. */
  protected membersChanged(): void {
    const news = JSON.stringify(this.news());
    if (this.#toldOf !== news) {
      this.#toldOf = news;
      this.links.setMembers(this.table.linked);
      this.tellElection();
    }
    this.refresh();
  }

  /** What links and election are to know of. */
  protected news(): readonly unknown[] {
    return [this.table.neighbours, this.table.linked.length];
  }

  #party({ id, term, published }: ConflictSide): ConflictParty {
    return { id, term, info: this.table.infoOf(id), published };
  }

  // What is said

  #sayVisibility(to: readonly PeerId[]): void {
    for (const peer of to) this.#say(peer, topics.presence, this.table.isVisible(this.#self));
  }

  /** Lost members and ended sessions are told of by other ways than the failure to send. */
  #say(to: PeerId, topic: string, value: Json, lane: Lane = 'urgent'): void {
    this.links.send(to, topic, value, lane).catch(() => {});
  }
}

/** Members that go while a message is on its way to them are no failure of the broadcast. */
function unlessGone(error: unknown): void {
  if (!(error instanceof ClusterError && /^(unknown-peer|peer-reset)$/.test(error.code))) throw error;
}
