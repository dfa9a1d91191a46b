import type { DiscoveryStatus } from '../discovery/discovery.ts';
import type { Election } from '../electors/elector.ts';
import type { Platform, Undo } from '../platform/platform.ts';
import type { ClusterError } from '../protocol/errors.ts';
import { isPeerId, type PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import { BadMessages } from './bad-messages.ts';
import { Channels, handled } from './channels.ts';
import type { Channel, Cluster, ClusterEvents, ClusterState, Lead, Leader, Member, Snapshot } from './cluster.ts';
import type { WithElection } from './election-of.ts';
import { initFailed, left, notLeader, over, unknownPeer, workFailed } from './failures.ts';
import { LeaderWork } from './leader-work.ts';
import { Listeners } from './listeners.ts';
import { Membership } from './membership.ts';
import { onAbort } from './on-abort.ts';
import { checkEventName, checkSignal, type ClusterOptions } from './options.ts';
import { prepared, type PreparedOptions } from './prepared.ts';
import { sameOr } from './same-or.ts';
import { assertFunction, copyJson } from './values.ts';

const maxPublishedBytes = 64 * 1024;
/** Whoever leads is heard of by then, or somebody is elected: no lease is longer, unless told to be. */
const doubtAfterMs = 5_000;

/** What the application holds: one membership at a time, and all that outlives it. */
export class RunningCluster implements Cluster, WithElection {
  readonly room: string;
  readonly #options: PreparedOptions;
  readonly #platform: Platform;
  readonly #listeners = new Listeners<ClusterEvents>();
  readonly #bad: BadMessages;
  readonly #channels: Channels;
  readonly #work: LeaderWork;
  readonly #handoverMs: number;
  readonly #undos: Undo[] = [];
  #membership: Membership;
  #state: ClusterState = 'joining';
  #priority: number;
  #handover: Promise<void> | undefined;
  #left: Promise<void> | undefined;
  /** Why `ready` rejects once the cluster has left, where it was not asked to. */
  #failure: ClusterError | undefined;
  /** Calls of `ready` that wait. */
  #awaited = 0;
  #leader: Leader | null = null;
  #snapshot: Snapshot | undefined;

  constructor(options: ClusterOptions, platform: Platform) {
    this.room = options.room;
    this.#options = prepared(options, platform);
    this.#platform = platform;
    this.#priority = options.priority ?? 0;
    this.#handoverMs = options.handoverMs ?? 1_000;
    this.#bad = new BadMessages(platform.clock, (error) => this.#emit('error', error));
    this.#channels = new Channels({
      send: (to, topic, value) => this.#membership.send(to, topic, value),
      broadcast: (topic, value) => this.#membership.broadcast(topic, value),
    });
    this.#work = new LeaderWork({
      timers: platform.timers,
      leadsIn: (term) => this.isLeader && this.leader?.term === term,
      published: () => this.published,
      onFailure: (cause) => this.#workFailed(cause),
    });
    this.#membership = this.#newMembership(copyJson(options.info ?? null, 'createCluster: the option "info"'));
    // Listeners attached in the same turn as the cluster was made miss nothing.
    queueMicrotask(() => this.#start());
  }

  get id(): PeerId {
    return this.#membership.id;
  }

  get state(): ClusterState {
    return this.#state;
  }

  get discovery(): DiscoveryStatus {
    return this.#membership.discovery;
  }

  get leader(): Leader | null {
    const { participation } = this.#membership;
    const leadership = participation?.leadership;
    if (!leadership) return null;
    const { id, term } = leadership;
    return (this.#leader = sameOr(this.#leader, {
      id,
      term,
      info: participation.table.infoOf(id),
      isSelf: id === this.id,
    }));
  }

  get isLeader(): boolean {
    return this.#membership.election?.isLeader() ?? false;
  }

  get members(): ReadonlyMap<PeerId, Member> {
    return this.#membership.members;
  }

  get leaseMs(): number | null {
    return this.#membership.election?.leaseMs() ?? null;
  }

  get foundsInMs(): number | null {
    return this.#membership.participation?.foundsInMs ?? null;
  }

  get published(): Json | undefined {
    return this.#membership.election?.published();
  }

  get counters(): Cluster['counters'] {
    return { badMessages: this.#bad.count, otherEpoch: this.#bad.otherEpoch };
  }

  on<Name extends keyof ClusterEvents>(name: Name, run: (event: ClusterEvents[Name]) => void): Undo {
    checkEventName(name);
    return this.#listeners.on(name, run);
  }

  subscribe(run: () => void): Undo {
    assertFunction(run, 'a listener');
    return this.#listeners.on('*', () => run());
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
    if (this.#isLeaving || options.signal?.aborted) return Promise.resolve();
    return this.#work.add(work, options.signal);
  }

  publish(value: Json): void {
    const copy = copyJson(value, 'the published value', maxPublishedBytes);
    this.#assertNotLeft();
    if (!this.isLeader) throw notLeader('publish');
    this.#membership.election?.feed({ type: 'publish', value: copy });
  }

  transfer(to?: PeerId): Promise<void> {
    if (to !== undefined && !isPeerId(to)) throw new TypeError('transfer: "to" must be the id of a member');
    return handled(this.#transfer(to));
  }

  leave(): Promise<void> {
    const leaving = (this.#left ??= this.#closed());
    if (!this.#isLeaving) void this.#leave();
    return leaving;
  }

  channel<T = Json | Uint8Array>(name: string): Channel<T> {
    return this.#channels.channel<T>(name);
  }

  setInfo(info: Json): void {
    const copy = copyJson(info, 'setInfo: the info');
    this.#assertNotLeft();
    this.#membership.setInfo(copy);
  }

  setPriority(priority: number): void {
    if (!Number.isFinite(priority)) throw new RangeError('setPriority: the priority must be a finite number');
    this.#assertNotLeft();
    this.#priority = priority;
    this.#membership.election?.feed({ type: 'priority', priority });
  }

  async runningElection(): Promise<Election> {
    await this.ready();
    if (!this.#membership.election) throw left();
    return this.#membership.election;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  // From joining to leading

  #newMembership(info: Json): Membership {
    return new Membership({
      cluster: this.#options,
      platform: this.#platform,
      info,
      bad: this.#bad,
      emit: (name, event) => this.#emit(name, event),
      onFound: () => void this.#initialize(),
      onLeader: () => this.#leaderChanged(),
      onOutranked: (by) => void this.transfer(by),
      onSuperseded: (error) => this.#startOver(error),
      onFailure: (error) => this.#fail(error),
      onChannel: (topic, value, from) => this.#channels.receive(topic, value, from),
    });
  }

  #start(): void {
    const { signal, exitSignals } = this.#options;
    const { lifecycle } = this.#platform;
    const leave = (): Promise<void> => this.leave();
    if (signal?.aborted) void leave();
    if (this.#isLeaving) return;
    if (exitSignals) this.#undos.push(this.#platform.onExitSignal(leave));
    this.#undos.push(
      onAbort(signal, leave),
      lifecycle.onVisibility((visible) => this.#membership.setVisible(visible)),
      lifecycle.onHide((mayReturn) => this.#hide(mayReturn)),
      lifecycle.onShow(() => this.#membership.start()),
      lifecycle.onFreeze(() => this.#freeze()),
    );
    this.#membership.start();
  }

  async #initialize(): Promise<void> {
    const { init } = this.#options;
    const { id, ending } = this.#membership;
    const { signal } = ending;
    if (init) {
      this.#setState('initializing');
      if (signal.aborted) return;
      try {
        await init({ id, signal });
      } catch (cause) {
        if (!signal.aborted) this.#fail(initFailed(cause));
      }
      if (signal.aborted) return;
    }
    this.#setState('online');
    if (signal.aborted) return;
    this.#membership.elect(this.#priority);
    const doubt = (): void => {
      if (!signal.aborted && !this.leader) this.#setState('suspect');
    };
    this.#undos.push(this.#platform.timers.after(doubtAfterMs, doubt));
  }

  /** The work of an old leadership is told to stop before the application hears of it, and that of a new one begins after. */
  #leaderChanged(): void {
    const { leader } = this;
    this.#work.stop(over);
    this.#membership.participation?.settle();
    this.#emit('leader', { leader, term: leader?.term ?? null });
    if (!this.#membership.isOver) this.#setState(leader ? 'online' : 'suspect');
    this.#listeners.afterAll(() => this.#resume());
  }

  /** Work begins where this member leads, unless it is about to hand over or to leave. */
  #resume(): void {
    const { leader } = this;
    if (leader?.isSelf && !this.#handover && !this.#isLeaving) this.#work.begin(leader.term);
  }

  async #transfer(to: PeerId | undefined): Promise<void> {
    this.#assertNotLeft();
    const { participation } = this.#membership;
    if (!participation || !this.isLeader) throw notLeader('transfer');
    if (to !== undefined && !this.members.has(to)) throw unknownPeer(to);
    this.#handover ??= participation.handOver(this.#work, this.#handoverMs, to).finally(() => {
      this.#handover = undefined;
      this.#resume();
    });
    await this.#handover;
  }

  #workFailed(cause: unknown): void {
    this.#emit('error', workFailed(cause));
    // Alone, this member goes on leading, and the work is tried again after its backoff.
    void this.transfer();
  }

  // Leaving

  get #isLeaving(): boolean {
    return this.#membership.ending.signal.aborted;
  }

  async #leave(): Promise<void> {
    this.#membership.ending.abort(left());
    if (this.isLeader && this.#work.isRunning) {
      this.#work.stop(left);
      await this.#work.settled(this.#handoverMs);
    }
    this.#goodbye();
  }

  /** Who waits for `ready` is told by that, at least. */
  #fail(error: ClusterError): void {
    this.#failure = error;
    if (this.#awaited === 0 || this.#listeners.has('error')) this.#emit('error', error);
    void this.leave();
  }

  /** The page goes. Should it come back, out of the back/forward cache, it does so as a new member. */
  #hide(mayReturn: boolean): void {
    if (!mayReturn || this.#isLeaving) this.#goodbye();
    else this.#renew();
  }

  /** The room went on without this member, which comes in again as a new one. */
  #startOver(error: ClusterError): void {
    if (this.#isLeaving) return this.#goodbye();
    const renewed = this.#renew();
    this.#emit('error', error);
    renewed.start();
  }

  #renew(): Membership {
    const { info } = this.#membership;
    this.#depart();
    const membership = (this.#membership = this.#newMembership(info));
    this.#setState('joining');
    this.#emit('discovery', { discovery: this.discovery });
    this.#emit('members', { members: this.members });
    return membership;
  }

  /** A frozen page leads nobody: whoever is in line takes over before that shows. */
  #freeze(): void {
    const { election } = this.#membership;
    if (!election?.canTransfer()) return;
    this.#work.stop(over);
    election.feed({ type: 'transfer' });
  }

  #goodbye(): void {
    if (this.#membership.isOver) return;
    for (const undo of this.#undos.splice(0)) undo();
    this.#work.end(left());
    this.#depart();
    this.#setState('left');
  }

  /** This membership is over. */
  #depart(): void {
    const { leader } = this;
    this.#work.stop(over);
    this.#membership.leave();
    if (leader) this.#emit('leader', { leader: null, term: null });
  }

  // What is told

  async #ready(signal: AbortSignal | undefined): Promise<void> {
    this.#awaited++;
    await this.#until(['online', 'suspect', 'left'], signal).finally(() => this.#awaited--);
    if (this.#state === 'left') throw this.#failure ?? left();
  }

  async #closed(): Promise<void> {
    await this.#until(['left']);
    await this.#membership.closed();
  }

  /** Waits until the cluster is in one of these states. */
  async #until(states: readonly ClusterState[], signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    while (!states.includes(this.#state)) await this.#listeners.next('state', signal);
  }

  #setState(state: ClusterState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#emit('state', { state });
  }

  #assertNotLeft(): void {
    if (this.#membership.isOver) throw left();
  }

  /** The last of all but errors says `left`. No error is silent: where nobody listens, the console tells of it. */
  #emit<Name extends keyof ClusterEvents>(name: Name, event: ClusterEvents[Name]): void {
    if (name === 'error' && !this.#listeners.has(name)) console.error('bellwether: no error listener:', event);
    if (this.#state !== 'left' || name === 'state' || name === 'error') this.#listeners.emit(name, event);
  }
}
