import type { DiscoveryEvents, DiscoveryStatus, View, ViewChange } from '../discovery/discovery.ts';
import type { ConflictSide, Election, ElectionEvents, Leadership } from '../electors/elector.ts';
import { Links, type LinksEvents } from '../links/links.ts';
import type { Platform, Undo } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import { isPeerId, type PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import { BadMessages } from './bad-messages.ts';
import { Channels, handled } from './channels.ts';
import type {
  Channel,
  Cluster,
  ClusterEvents,
  ClusterOptions,
  ClusterState,
  ConflictParty,
  Lead,
  Leader,
  Member,
  Snapshot,
} from './cluster.ts';
import { LeaderWork } from './leader-work.ts';
import { Listeners } from './listeners.ts';
import { MemberTable } from './member-table.ts';
import type { NetworkParts } from './network.ts';
import { Throttle } from './throttle.ts';
import { assertJson, copyJson } from './values.ts';
import { WantedPaths } from './wanted-paths.ts';

/** What the messages between two clusters are about; a channel's topic is `channel:` and its name. */
const topics = { election: 'election', presence: 'presence', channel: 'channel:' } as const;

const maxPublishedBytes = 64 * 1024;
const defaultHandoverMs = 1_000;
/** Round trips change with every message: `members` tells of them alone no more often than this. */
const roundTripsEveryMs = 250;

export interface RunningClusterOptions {
  readonly id: PeerId;
  readonly platform: Platform;
  readonly parts: NetworkParts;
  readonly options: ClusterOptions;
}

/** Wires discovery, links and one election together, and tells the application what comes of it. */
export class RunningCluster implements Cluster {
  readonly id: PeerId;
  readonly room: string;
  readonly #options: ClusterOptions;
  readonly #platform: Platform;
  readonly #parts: NetworkParts;
  readonly #listeners = new Listeners<ClusterEvents>();
  readonly #subscribers = new Listeners<{ change: undefined }>();
  readonly #table: MemberTable;
  readonly #channels: Channels;
  readonly #work: LeaderWork;
  readonly #badMessages: BadMessages;
  readonly #roundTrips: Throttle;
  readonly #wantedPaths: WantedPaths;
  /** Aborts when the cluster leaves. */
  readonly #ending = new AbortController();
  readonly #undos: Undo[] = [];
  #state: ClusterState = 'joining';
  #discovery: DiscoveryStatus = 'connecting';
  #links: Links | undefined;
  #election: Election | undefined;
  #leadership: Leadership | null = null;
  #leader: Leader | null = null;
  #published: Json | undefined;
  #snapshot: Snapshot | undefined;
  #handover: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;
  /** Why `ready` rejects once the cluster has left, where it was not asked to. */
  #failure: ClusterError | undefined;
  #priority: number;

  constructor({ id, platform, parts, options }: RunningClusterOptions) {
    this.id = id;
    this.room = options.room;
    this.#options = options;
    this.#platform = platform;
    this.#parts = parts;
    this.#priority = options.priority ?? 0;
    this.#table = new MemberTable({
      self: { id, info: options.info ?? null, host: platform.host() },
      link: (peer) => this.#links?.state(peer) ?? { path: null, rttMs: null },
      leader: () => this.#leadership,
    });
    this.#table.setVisible(id, platform.lifecycle.visible());
    this.#table.refresh();
    this.#channels = new Channels({
      send: (to, name, value) => this.#sendOnChannel(to, name, value),
      reachable: () => this.#table.others().filter((peer) => this.#table.isReachable(peer)),
    });
    this.#work = new LeaderWork({
      timers: platform.timers,
      leadsIn: (term) => this.isLeader && this.#election?.leader()?.term === term,
      published: () => this.published,
      onFailure: (cause) => this.#workFailed(cause),
    });
    this.#badMessages = new BadMessages(platform, (error) => this.#listeners.emit('error', error));
    this.#roundTrips = new Throttle(platform, roundTripsEveryMs, () => this.#emitMembers());
    this.#wantedPaths = new WantedPaths(platform.timers, (peers) => this.#links?.want(peers));
    // Listeners attached in the same turn as the cluster was made miss nothing.
    queueMicrotask(() => this.#join());
  }

  get state(): ClusterState {
    return this.#state;
  }

  get discovery(): DiscoveryStatus {
    return this.#discovery;
  }

  get leader(): Leader | null {
    return this.#leader;
  }

  get isLeader(): boolean {
    return this.#election?.isLeader() ?? false;
  }

  get members(): ReadonlyMap<PeerId, Member> {
    return this.#table.members;
  }

  get published(): Json | undefined {
    return this.#published;
  }

  get counters(): { readonly badMessages: number } {
    return { badMessages: this.#badMessages.count };
  }

  on<Name extends keyof ClusterEvents>(name: Name, run: (event: ClusterEvents[Name]) => void): Undo {
    return this.#listeners.on(name, run);
  }

  subscribe(run: () => void): Undo {
    return this.#subscribers.on('change', run);
  }

  snapshot(): Snapshot {
    const { id, state, discovery, leader, isLeader, members, published } = this;
    const now: Snapshot = { id, state, discovery, leader, isLeader, members, published };
    const last = this.#snapshot;
    const same = last && (Object.keys(now) as (keyof Snapshot)[]).every((name) => now[name] === last[name]);
    return same ? last : (this.#snapshot = now);
  }

  ready({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return handled(this.#ready(signal));
  }

  whileLeader(work: (lead: Lead) => unknown, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (typeof work !== 'function') throw new TypeError('whileLeader: the work must be a function');
    return this.#work.add(work, signal);
  }

  publish(value: Json): void {
    const copy = copyJson(value, 'the published value', maxPublishedBytes);
    this.#assertNotLeft();
    if (!this.#election || !this.isLeader) throw notLeader('publish');
    this.#election.publish(copy);
  }

  transfer(to?: PeerId): Promise<void> {
    if (to !== undefined && !isPeerId(to)) throw new TypeError('transfer: "to" must be the id of a member');
    return handled(this.#transfer(to));
  }

  leave(): Promise<void> {
    return (this.#leaving ??= this.#leave());
  }

  channel<T = Json | Uint8Array>(name: string): Channel<T> {
    return this.#channels.channel<T>(name);
  }

  setInfo(info: Json): void {
    assertJson(info, 'setInfo: the info');
    this.#assertNotLeft();
    this.#table.setInfo(info);
    this.#parts.discovery.setInfo(info);
    this.#refreshMembers();
  }

  setPriority(priority: number): void {
    if (!Number.isFinite(priority)) throw new RangeError('setPriority: the priority must be a finite number');
    this.#assertNotLeft();
    this.#priority = priority;
    this.#election?.setPriority(priority);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  // --- joining ---------------------------------------------------------------------------------------------------

  #join(): void {
    if (this.#leaving) return;
    const { signal, exitSignals } = this.#options;
    if (signal?.aborted) {
      void this.leave();
      return;
    }
    const abort = (): void => void this.leave();
    signal?.addEventListener('abort', abort);
    this.#undos.push(() => signal?.removeEventListener('abort', abort));
    if (exitSignals) this.#undos.push(this.#platform.onExitSignal(() => this.leave()));
    this.#undos.push(this.#platform.lifecycle.onHide(() => this.#hide()));
    this.#undos.push(this.#platform.lifecycle.onVisibility((visible) => this.#visibility(visible)));
    this.#links = new Links({
      self: this.id,
      platform: this.#platform,
      transports: this.#parts.transports,
      events: this.#linksEvents(),
    });
    const info = this.#table.infoOf(this.id);
    this.#parts.discovery.start({ id: this.id, info, host: this.#platform.host() }, this.#discoveryEvents());
  }

  #discoveryEvents(): DiscoveryEvents {
    return {
      onView: (view, change) => this.#view(view, change),
      onHint: (peer) => this.#election?.hint(peer),
      onStatus: (status) => {
        if (status === this.#discovery) return;
        this.#discovery = status;
        this.#emit('discovery', { discovery: status });
      },
      onError: (error) => {
        this.#listeners.emit('error', error);
        // Refused before it was ever let in: no waiting changes that.
        if (error.code === 'rejected' && this.#state === 'joining') this.#fail(error);
      },
    };
  }

  #view(view: View, change: ViewChange): void {
    const departed = this.#table.setView(view, change);
    // Goodbyes first: the election must not take them for members that it has merely lost sight of.
    for (const peer of departed) this.#election?.departed(peer);
    this.#membersChanged();
    if (!this.#table.selfVisible) for (const peer of change.joined) this.#sendPresence(peer);
    if (this.#state === 'joining') void this.#initialize();
  }

  async #initialize(): Promise<void> {
    const { init } = this.#options;
    if (init) {
      this.#setState('initializing');
      try {
        await init({ id: this.id, signal: this.#ending.signal });
      } catch (cause) {
        if (this.#leaving) return;
        const error = new ClusterError('init-failed', 'init threw: see the cause; the cluster has left', { cause });
        this.#listeners.emit('error', error);
        this.#fail(error);
        return;
      }
      if (this.#leaving) return;
    }
    this.#setState('online');
    if (!this.#leaving) this.#startElection();
  }

  #startElection(): void {
    const { elector, network, minMembers = 1 } = this.#options;
    this.#election = (elector ?? network.elector).start({
      self: this.id,
      platform: this.#platform,
      priority: this.#priority,
      minMembers,
      events: this.#electionEvents(),
    });
    this.#election.setVisible(this.#platform.lifecycle.visible());
    this.#election.setMembers(this.#table.ids());
  }

  async #ready(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    while (this.#state === 'joining' || this.#state === 'initializing') await this.#stateChange(signal);
    if (this.#state === 'left') throw this.#failure ?? left();
  }

  #stateChange(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => end(() => reject(signal?.reason));
      const undo = this.#listeners.on('state', () => end(resolve));
      const end = (settle: () => void): void => {
        undo();
        signal?.removeEventListener('abort', abort);
        settle();
      };
      signal?.addEventListener('abort', abort);
    });
  }

  // --- leadership ------------------------------------------------------------------------------------------------

  #electionEvents(): ElectionEvents {
    return {
      send: (to, message) => this.#send(to, topics.election, message),
      wantPaths: (peers) => this.#wantedPaths.forElection(peers),
      onLeader: (leadership) => this.#leaderChanged(leadership),
      onReachable: (peers) => {
        this.#table.setReachable(peers);
        this.#membersChanged();
      },
      onPublished: (value) => {
        this.#published = value;
        this.#emit('published', { value });
      },
      onConflict: (winner, loser) =>
        this.#listeners.emit('conflict', { winner: this.#party(winner), loser: this.#party(loser) }),
      onBadMessage: (from, reason) => this.#badMessages.add(from, reason),
    };
  }

  #leaderChanged(leadership: Leadership | null): void {
    const had = this.#leadership;
    this.#leadership = leadership;
    if (had?.id === this.id) this.#work.stop(notLeader(`leadership of term ${had.term} is over`));
    this.#refreshLeader();
    const members = this.#table.refresh();
    this.#emit('leader', { leader: this.#leader, term: leadership?.term ?? null });
    if (members !== 'nothing') this.#emitMembers();
    if (leadership) this.#setState('online');
    else if (had) this.#setState('suspect');
    if (leadership?.id === this.id && this.#leadership === leadership) this.#work.begin(leadership.term);
  }

  #refreshLeader(): void {
    const leadership = this.#leadership;
    if (!leadership) this.#leader = null;
    else {
      const { id, term } = leadership;
      const info = this.#table.infoOf(id);
      const same = this.#leader?.id === id && this.#leader.term === term && this.#leader.info === info;
      if (!same) this.#leader = { id, term, info, isSelf: id === this.id };
    }
  }

  #party({ id, term, published }: ConflictSide): ConflictParty {
    return { id, term, info: this.#table.infoOf(id), published };
  }

  async #transfer(to: PeerId | undefined): Promise<void> {
    this.#assertNotLeft();
    if (!this.isLeader) throw notLeader('transfer');
    if (to !== undefined && !this.#table.has(to)) throw unknownPeer(to);
    if (!this.#hasSuccessor(to)) throw noSuccessor(to);
    return (this.#handover ??= this.#handOver(to).finally(() => {
      this.#handover = undefined;
    }));
  }

  #hasSuccessor(to: PeerId | undefined): boolean {
    if (to !== undefined) return to !== this.id && this.#table.isReachable(to);
    return this.#table.others().some((peer) => this.#table.isReachable(peer));
  }

  /** Work stops and has its time to flush while this member still leads; then another one does. */
  async #handOver(to: PeerId | undefined): Promise<void> {
    await this.#stopWork(notLeader('leadership is being handed over'));
    if (!this.isLeader || !this.#election || this.#leaving) return;
    if (this.#election.transfer(to)) return;
    if (this.#leadership?.id === this.id) this.#work.begin(this.#leadership.term);
    throw noSuccessor(to);
  }

  async #stopWork(reason: ClusterError): Promise<void> {
    this.#work.stop(reason);
    await this.#work.settled(this.#options.handoverMs ?? defaultHandoverMs);
  }

  #workFailed(cause: unknown): void {
    this.#listeners.emit(
      'error',
      new ClusterError('work-failed', 'the work of whileLeader threw: see the cause', { cause }),
    );
    // Alone, this member goes on leading, and the work is tried again after its backoff.
    void this.transfer().catch(() => {});
  }

  // --- members and messages --------------------------------------------------------------------------------------

  #linksEvents(): LinksEvents {
    return {
      onMessage: (from, topic, value) => this.#message(from, topic, value),
      onReset: (peer) => {
        this.#election?.sessionReset(peer);
        if (!this.#table.selfVisible) this.#sendPresence(peer);
      },
      onLinkState: () => this.#refreshMembers(),
      onBadFrame: (peer, reason) => this.#badMessages.add(peer, reason),
      onTransportError: (peer, cause) => {
        const about = peer === null ? '' : ` to member ${peer}`;
        const message = `a direct path${about} could not be opened; messages take the relay`;
        this.#listeners.emit('error', new ClusterError('webrtc-failed', message, { cause }));
      },
    };
  }

  #message(from: PeerId, topic: string, value: Json | Uint8Array): void {
    if (topic.startsWith(topics.channel)) {
      this.#wantedPaths.talked(from);
      this.#channels.receive(topic.slice(topics.channel.length), value, from);
    } else if (value instanceof Uint8Array) this.#badMessages.add(from, `bytes under the topic "${topic}"`);
    else if (topic === topics.election) this.#election?.message(from, value);
    else if (topic === topics.presence && typeof value === 'boolean') {
      this.#table.setVisible(from, value);
      this.#refreshMembers();
    } else this.#badMessages.add(from, `nothing is known of its topic "${topic}"`);
  }

  async #sendOnChannel(to: PeerId, name: string, value: Json | Uint8Array): Promise<void> {
    this.#assertNotLeft();
    if (to === this.id || !this.#links || !this.#table.has(to)) throw unknownPeer(to);
    this.#wantedPaths.talked(to);
    await this.#links.send(to, topics.channel + name, value, 'bulk');
  }

  /** Lost members and ended sessions are told of by other ways than the failure to send. */
  #send(to: PeerId, topic: string, value: Json): void {
    this.#links?.send(to, topic, value, 'urgent').catch(() => {});
  }

  #sendPresence(to: PeerId): void {
    this.#send(to, topics.presence, this.#table.selfVisible);
  }

  #visibility(visible: boolean): void {
    this.#table.setVisible(this.id, visible);
    this.#election?.setVisible(visible);
    for (const peer of this.#table.others()) this.#sendPresence(peer);
    this.#refreshMembers();
  }

  /** Who takes part may have changed. */
  #membersChanged(): void {
    const ids = this.#table.ids();
    this.#links?.setMembers(ids);
    this.#election?.setMembers(ids);
    this.#refreshMembers();
  }

  #refreshMembers(): void {
    const changed = this.#table.refresh();
    if (changed === 'nothing') return;
    this.#refreshLeader();
    if (changed === 'more') this.#emitMembers();
    else this.#roundTrips.ask();
  }

  #emitMembers(): void {
    this.#emit('members', { members: this.members });
  }

  // --- leaving ---------------------------------------------------------------------------------------------------

  async #leave(): Promise<void> {
    this.#ending.abort(left());
    if (this.isLeader) await this.#stopWork(left());
    this.#goodbye();
  }

  /** The page goes, perhaps for good: this is the last moment in which something can be said. */
  #hide(): void {
    this.#leaving ??= Promise.resolve();
    this.#ending.abort(left());
    this.#goodbye();
  }

  #fail(error: ClusterError): void {
    this.#failure = error;
    void this.leave();
  }

  /** Synchronous, and in this order: the election speaks over the links, and the links over the discovery's socket. */
  #goodbye(): void {
    if (this.#state === 'left') return;
    for (const undo of this.#undos.splice(0)) undo();
    this.#work.end(left());
    this.#wantedPaths.close();
    this.#roundTrips.cancel();
    this.#badMessages.close();
    this.#election?.leave();
    this.#links?.goodbye();
    if (this.#links) this.#parts.discovery.leave();
    this.#setState('left');
  }

  #setState(state: ClusterState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#emit('state', { state });
  }

  #assertNotLeft(): void {
    if (this.#state === 'left') throw left();
  }

  /** For events that come with a change of the snapshot. */
  #emit<Name extends 'leader' | 'members' | 'state' | 'discovery' | 'published'>(
    name: Name,
    event: ClusterEvents[Name],
  ): void {
    this.#listeners.emit(name, event);
    this.#subscribers.emit('change', undefined);
  }
}

function left(): ClusterError {
  return new ClusterError('left', 'the cluster has been left; make a new one with createCluster');
}

function notLeader(what: string): ClusterError {
  return new ClusterError('not-leader', `${what}: this member does not lead`);
}

function unknownPeer(id: PeerId): ClusterError {
  return new ClusterError('unknown-peer', `no other member has the id ${id}; look into cluster.members`);
}

function noSuccessor(to: PeerId | undefined): ClusterError {
  const who = to === undefined ? 'no other member can be reached' : `${to} is this member, or cannot be reached`;
  return new ClusterError('no-successor', `leadership stays here: ${who}`);
}
