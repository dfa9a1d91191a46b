import type { DiscoveredMember, Discovery, DiscoveryStatus } from '../discovery/discovery.ts';
import type { Election, Elector, Memory } from '../electors/elector.ts';
import { neverVoted } from '../electors/never-voted.ts';
import type { ClusterError } from '../protocol/errors.ts';
import { freshPeerId, type PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Member } from './cluster.ts';
import { left, notLoaded, silenced, unknownPeer } from './failures.ts';
import { isLazy, whenLoaded } from './lazy.ts';
import type { MembershipOptions } from './membership-options.ts';
import type { NetworkParts } from './network.ts';
import type { Participation } from './participation.ts';
import type { Talk } from './talk.ts';

/**
 * One life of this member in the room, under one id. It looks for the room by itself; what it does there is its
 * `Participation`, whose code may come later.
 */
export class Membership {
  readonly id: PeerId;
  /** Aborts when this member begins to leave. */
  readonly ending: AbortController = new AbortController();
  readonly #options: MembershipOptions;
  readonly #parts: NetworkParts;
  /** Only some of the members vote. */
  readonly #isQuorum: boolean;
  #info: Json;
  #isVisible: boolean;
  /** This one alone, while there is no participation. */
  #alone: ReadonlyMap<PeerId, Member> | undefined;
  #elector: Elector | undefined;
  #memory: Memory | undefined;
  /** From when its code is there. */
  #discovery: Discovery | undefined;
  #isLooking = false;
  #status: DiscoveryStatus = 'connecting';
  #participation: Participation | undefined;
  /** What was heard of the room before all was loaded. */
  #early: (() => void)[] | null = [];
  #isOver = false;

  constructor(options: MembershipOptions) {
    const { cluster, platform, info } = options;
    const { network, room, elector } = cluster;
    this.#options = options;
    this.#isQuorum = elector.charter.quorum !== undefined;
    this.#info = info;
    this.#isVisible = platform.lifecycle.visible();
    this.id = network.id ?? freshPeerId(platform.randomBytes);
    this.#parts = network.open({ room, self: this.id, platform, charter: elector.charter });
    const { discovery } = this.#parts;
    if (!isLazy(discovery)) this.#discovery = discovery;
  }

  get info(): Json {
    return this.#info;
  }

  get discovery(): DiscoveryStatus {
    return this.#status;
  }

  /** Undefined before it can talk to others. */
  get participation(): Participation | undefined {
    return this.#participation;
  }

  /** Undefined before `elect`. */
  get election(): Election | undefined {
    return this.#participation?.election;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The same object until something changes. */
  get members(): ReadonlyMap<PeerId, Member> {
    return this.#participation?.table.members ?? (this.#alone ??= new Map([[this.id, this.#itself()]]));
  }

  #itself(): Member {
    return {
      ...this.#self,
      role: this.#isQuorum ? 'learner' : 'voter',
      isLeader: false,
      isSelf: true,
      path: 'self',
      rttMs: null,
      reachable: true,
      visible: this.#isVisible,
    };
  }

  /** Its host is that of the moment in which it is read. */
  get #self(): DiscoveredMember {
    const { platform } = this.#options;
    return {
      id: this.id,
      info: this.#info,
      get host() {
        return platform.host();
      },
    };
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
    const { talk, discovery } = this.#parts;
    // Who is seen listens, where that can be: what a page posts to another before that is lost.
    if (!isLazy(talk)) this.#attempt(() => this.#takePart(talk));
    whenLoaded(
      [this.#options.cluster.elector, talk, discovery],
      (...loaded) => this.#attempt(() => this.#open(...loaded)),
      (cause) => this.#attempt(() => this.#options.onFailure(notLoaded(cause))),
    );
    this.#options.platform.host(); // may take the browser a while, as the code does that is on its way
    if (!isLazy(discovery)) this.#attempt(() => this.#look(discovery));
  }

  #attempt(run: () => void): void {
    if (this.#isOver) return;
    try {
      run();
    } catch (cause) {
      this.#options.onFailure(silenced(cause));
    }
  }

  #takePart(talk: Talk): void {
    const { cluster, ...options } = this.#options;
    this.#participation = new talk.Participation({
      ...options,
      room: cluster.room,
      talk,
      self: this.#self,
      isVisible: this.#isVisible,
      members: this.members,
      clocks: this.#parts.clocks,
      isQuorum: this.#isQuorum,
      isOnline: () => this.#status === 'online',
      stand: (stance) => this.#discovery?.stand?.(stance),
      onSuperseded: (error) => this.#supersede(error),
    });
  }

  #open(elector: Elector, talk: Talk, discovery: Discovery): void {
    this.#elector = elector;
    if (!this.#participation) this.#takePart(talk);
    const early = this.#early ?? [];
    this.#early = null;
    for (const tell of early) if (!this.#isOver) tell();
    this.#look(discovery);
  }

  /** The room shows when it can be talked to. */
  #look(discovery: Discovery): void {
    if (this.#isLooking || this.#isOver) return;
    this.#isLooking = true;
    this.#discovery = discovery;
    const told = (tell: () => void): void => (this.#early ? void this.#early.push(tell) : tell());
    discovery.start(this.#self, {
      onView: (view, change) => told(() => this.#participation?.view(view, change)),
      onHint: (peer) => this.#participation?.feed({ type: 'hint', peer }),
      onStatus: (status) => this.#setStatus(status),
      onError: (error) => this.#discoveryError(error),
      onAskPledge: (epoch) => this.#participation?.feed({ type: 'ask-pledge', epoch }),
      onContact: (askedAt) => told(() => this.#participation?.feed({ type: 'contact', askedAt })),
    });
  }

  /** From now on this member takes part in electing, and can lead: not before `onFound`. */
  elect(priority: number): void {
    const { minMembers = 1 } = this.#options.cluster;
    this.#participation?.elect(this.#elector as Elector, priority, minMembers, this.#memory);
  }

  setInfo(info: Json): void {
    this.#discovery?.setInfo(info); // it may throw: then nothing changes
    this.#info = info;
    this.#participation?.setInfo(info);
    this.#changed();
  }

  setVisible(visible: boolean): void {
    this.#isVisible = visible;
    this.#participation?.setVisible(visible);
    this.#changed();
  }

  /** A participation tells by itself. */
  #changed(): void {
    if (this.#participation) return;
    this.#alone = undefined;
    this.#options.emit('members', { members: this.members });
  }

  /** Rejects as `Channel.send` does. */
  async send(to: PeerId, topic: string, value: Json | Uint8Array): Promise<void> {
    if (this.#isOver) throw left();
    if (!this.#participation) throw unknownPeer(to);
    await this.#participation.send(to, topic, value);
  }

  /** Rejects as `Channel.broadcast` does. */
  async broadcast(topic: string, value: Json | Uint8Array): Promise<void> {
    if (this.#isOver) throw left();
    await this.#participation?.broadcast(topic, value);
  }

  /**
   * Synchronous: this may be the last moment in which something can be said. The election speaks over the links, and the
   * links over the discovery's socket.
   */
  leave(): void {
    this.ending.abort(left());
    this.#isOver = true;
    const pledge = this.#participation ? this.#participation.leave() : null;
    const isFree = pledge === null && this.#isQuorum;
    if (this.#isLooking) this.#discovery?.leave(isFree ? neverVoted : (pledge ?? undefined));
    this.#participation?.refresh();
  }

  /** Resolves when nothing of it is left: after `leave`. */
  async closed(): Promise<void> {
    await this.#parts.storage?.close();
  }

  #setStatus(status: DiscoveryStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#options.emit('discovery', { discovery: status });
  }

  #discoveryError(error: ClusterError): void {
    if (error.code === 'superseded') return this.#supersede(error);
    // Refused before it was ever let in: no waiting changes that. What is too large once it is online is not said.
    const isTooLarge = error.code === 'too-large' && this.#status !== 'online';
    const isRefusal = isTooLarge || ['rejected', 'options-differ'].includes(error.code);
    if (error.code === 'listen-failed' || (isRefusal && !this.#participation?.isIn)) this.#options.onFailure(error);
    else this.#options.bad.report(null, error);
  }

  /** What has happened is told to the end first. */
  #supersede(error: ClusterError): void {
    queueMicrotask(() => {
      if (!this.#isOver) this.#options.onSuperseded(error);
    });
  }
}
