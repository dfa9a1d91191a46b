import type { DiscoveryEvents, DiscoveryStatus, View, ViewChange } from '../discovery/discovery.ts';
import type { ConflictSide, Election, ElectionEvents, Leadership } from '../electors/elector.ts';
import type { Platform, Undo } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import { isPeerId, type PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import { handled } from './channels.ts';
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
import { left, notLeader } from './failures.ts';
import { Leading } from './leading.ts';
import { Listeners } from './listeners.ts';
import { MemberTable } from './member-table.ts';
import { Messenger } from './messenger.ts';
import type { NetworkParts } from './network.ts';
import { onAbort } from './on-abort.ts';
import { checkEventName, checkSignal } from './options.ts';
import { sameOr } from './snapshot.ts';
import { Throttle } from './throttle.ts';
import { assertFunction, copyJson } from './values.ts';

const maxPublishedBytes = 64 * 1024;
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
  readonly #messenger: Messenger;
  readonly #leading: Leading;
  readonly #roundTrips: Throttle;
  /** Aborts when the cluster begins to leave. */
  readonly #ending = new AbortController();
  #settleLeave: () => void = () => {};
  readonly #left = new Promise<void>((resolve) => (this.#settleLeave = resolve));
  readonly #undos: Undo[] = [];
  #state: ClusterState = 'joining';
  #discovery: DiscoveryStatus = 'connecting';
  #started = false;
  /** From the goodbye on; `state` says so when all has been said. */
  #gone = false;
  #toldMembers: ReadonlySet<PeerId> | undefined;
  #election: Election | undefined;
  #snapshot: Snapshot | undefined;
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
      self: { id, info: copyJson(options.info ?? null, 'the info'), host: platform.host() },
      link: (peer) => this.#messenger.link(peer),
      leader: () => this.#leading.leadership,
    });
    this.#messenger = new Messenger({
      self: id,
      platform,
      transports: parts.transports,
      table: this.#table,
      onElectionMessage: (from, message) => this.#election?.message(from, message),
      onReset: (peer) => this.#election?.sessionReset(peer),
      onChange: () => this.#refreshMembers(),
      onError: (error) => this.#listeners.emit('error', error),
    });
    this.#leading = new Leading({
      self: id,
      timers: platform.timers,
      table: this.#table,
      handoverMs: options.handoverMs ?? 1_000,
      election: () => this.#election,
      published: () => this.published,
      onError: (error) => this.#listeners.emit('error', error),
    });
    this.#table.setVisible(id, platform.lifecycle.visible());
    this.#table.refresh();
    this.#roundTrips = new Throttle(platform, roundTripsEveryMs, () => this.#emitMembers());
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
    return this.#leading.leader;
  }

  get isLeader(): boolean {
    return this.#leading.isLeader;
  }

  get members(): ReadonlyMap<PeerId, Member> {
    return this.#table.members;
  }

  get published(): Json | undefined {
    return this.#election?.published();
  }

  get counters(): { readonly badMessages: number } {
    return { badMessages: this.#messenger.badMessages };
  }

  on<Name extends keyof ClusterEvents>(name: Name, run: (event: ClusterEvents[Name]) => void): Undo {
    checkEventName(name);
    return this.#listeners.on(name, run);
  }

  subscribe(run: () => void): Undo {
    return this.#subscribers.on('change', run);
  }

  snapshot(): Snapshot {
    const { id, state, discovery, leader, isLeader, members, published } = this;
    return (this.#snapshot = sameOr(this.#snapshot, { id, state, discovery, leader, isLeader, members, published }));
  }

  ready(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    checkSignal('ready', options);
    return handled(this.#ready(options.signal));
  }

  whileLeader(work: (lead: Lead) => unknown, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    assertFunction(work, 'whileLeader: the work');
    checkSignal('whileLeader', options);
    return this.#leading.whileLeader(work, options.signal);
  }

  publish(value: Json): void {
    const copy = copyJson(value, 'the published value', maxPublishedBytes);
    this.#assertNotLeft();
    if (!this.#election || !this.isLeader) throw notLeader('publish');
    this.#election.publish(copy);
  }

  transfer(to?: PeerId): Promise<void> {
    if (to !== undefined && !isPeerId(to)) throw new TypeError('transfer: "to" must be the id of a member');
    return handled(this.#gone ? Promise.reject(left()) : this.#leading.transfer(to));
  }

  leave(): Promise<void> {
    if (!this.#isLeaving) void this.#leave();
    return this.#left;
  }

  channel<T = Json | Uint8Array>(name: string): Channel<T> {
    return this.#messenger.channel<T>(name);
  }

  setInfo(info: Json): void {
    const copy = copyJson(info, 'setInfo: the info');
    this.#assertNotLeft();
    this.#table.setInfo(copy);
    this.#parts.discovery.setInfo(copy);
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

  get #isLeaving(): boolean {
    return this.#ending.signal.aborted;
  }

  #join(): void {
    const { signal, exitSignals } = this.#options;
    if (signal?.aborted) void this.leave();
    if (this.#isLeaving) return;
    this.#undos.push(onAbort(signal, () => void this.leave()));
    if (exitSignals) this.#undos.push(this.#platform.onExitSignal(() => this.leave()));
    this.#undos.push(this.#platform.lifecycle.onHide(() => this.#hide()));
    this.#undos.push(this.#platform.lifecycle.onVisibility((visible) => this.#visibility(visible)));
    this.#started = true;
    this.#messenger.start();
    this.#parts.discovery.start(this.#table.self, this.#discoveryEvents());
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
        // Refused before it was ever let in: no waiting changes that.
        if (error.code === 'rejected' && this.#state === 'joining') this.#fail(error);
        else this.#listeners.emit('error', error);
      },
    };
  }

  #view(view: View, change: ViewChange): void {
    const departed = this.#table.setView(view, change);
    // Goodbyes first: the election must not take them for members that it has merely lost sight of.
    for (const peer of departed) this.#election?.departed(peer);
    this.#membersChanged();
    this.#messenger.introduce(change.joined);
    if (this.#state === 'joining') void this.#initialize();
  }

  async #initialize(): Promise<void> {
    const { init } = this.#options;
    if (init) {
      this.#setState('initializing');
      if (this.#isLeaving) return;
      try {
        await init({ id: this.id, signal: this.#ending.signal });
      } catch (cause) {
        if (this.#isLeaving) return;
        return this.#fail(new ClusterError('init-failed', 'init threw: see the cause; the cluster left', { cause }));
      }
      if (this.#isLeaving) return;
    }
    this.#setState('online');
    if (!this.#isLeaving) this.#startElection();
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
    while (this.#state === 'joining' || this.#state === 'initializing') await this.#listeners.next('state', signal);
    if (this.#state === 'left') throw this.#failure ?? left();
  }

  #electionEvents(): ElectionEvents {
    return {
      send: (to, message) => this.#messenger.toElection(to, message),
      wantPaths: (peers) => this.#messenger.wantPaths(peers),
      onLeader: (leadership) => this.#leaderChanged(leadership),
      onReachable: (peers) => {
        this.#table.setReachable(peers);
        this.#membersChanged();
      },
      onPublished: (value) => this.#emit('published', { value }),
      onConflict: (winner, loser) =>
        this.#listeners.emit('conflict', { winner: this.#party(winner), loser: this.#party(loser) }),
      onBadMessage: (from, reason) => this.#messenger.badMessage(from, reason),
    };
  }

  #leaderChanged(leadership: Leadership | null): void {
    const had = this.#leading.leadership;
    this.#tellLeader(leadership);
    if (leadership) this.#setState('online');
    else if (had) this.#setState('suspect');
  }

  #tellLeader(leadership: Leadership | null): void {
    this.#leading.changed(leadership, () => {
      const members = this.#table.refresh();
      this.#emit('leader', { leader: this.leader, term: leadership?.term ?? null });
      if (members !== 'nothing') this.#emitMembers();
    });
  }

  #party({ id, term, published }: ConflictSide): ConflictParty {
    return { id, term, info: this.#table.infoOf(id), published };
  }

  #visibility(visible: boolean): void {
    this.#table.setVisible(this.id, visible);
    this.#election?.setVisible(visible);
    this.#messenger.visibility(this.#table.others());
    this.#refreshMembers();
  }

  /** Who takes part may have changed. */
  #membersChanged(): void {
    const ids = this.#table.ids();
    if (ids !== this.#toldMembers) {
      this.#toldMembers = ids;
      this.#messenger.setMembers(ids);
      this.#election?.setMembers(ids);
    }
    this.#refreshMembers();
  }

  #refreshMembers(): void {
    const changed = this.#table.refresh();
    if (changed === 'nothing') return;
    if (changed === 'more') this.#emitMembers();
    else this.#roundTrips.ask();
  }

  #emitMembers(): void {
    this.#emit('members', { members: this.members });
  }

  async #leave(): Promise<void> {
    this.#ending.abort(left());
    if (this.isLeader && this.#leading.isWorking) await this.#leading.finish(left());
    this.#goodbye();
  }

  /** The page goes, perhaps for good: this is the last moment in which something can be said. */
  #hide(): void {
    this.#ending.abort(left());
    this.#goodbye();
  }

  #fail(error: ClusterError): void {
    this.#failure = error;
    this.#listeners.emit('error', error);
    void this.leave();
  }

  /** Synchronous, and in this order: the election speaks over the links, and the links over the discovery's socket. */
  #goodbye(): void {
    if (this.#gone) return;
    this.#gone = true;
    for (const undo of this.#undos.splice(0)) undo();
    this.#leading.end(left());
    this.#roundTrips.cancel();
    this.#election?.leave();
    this.#messenger.goodbye();
    if (this.#started) this.#parts.discovery.leave();
    if (this.#leading.leadership) this.#tellLeader(null);
    this.#setState('left');
    this.#settleLeave();
  }

  #setState(state: ClusterState): void {
    if (state === this.#state || this.#state === 'left') return;
    this.#state = state;
    this.#emit('state', { state });
  }

  #assertNotLeft(): void {
    if (this.#gone) throw left();
  }

  /** For events that come with a change of the snapshot. The last of them says `left`. */
  #emit<Name extends 'leader' | 'members' | 'state' | 'discovery' | 'published'>(
    name: Name,
    event: ClusterEvents[Name],
  ): void {
    if (this.#state === 'left' && name !== 'state') return;
    this.#listeners.emit(name, event);
    this.#subscribers.emit('change', undefined);
  }
}
