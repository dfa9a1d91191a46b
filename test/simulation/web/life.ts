import type { Cluster } from '../../../src/cluster/cluster.ts';
import type { Network } from '../../../src/cluster/network.ts';
import { RunningCluster } from '../../../src/cluster/running-cluster.ts';
import { talkOver } from '../../../src/cluster/talk.ts';
import type { Discovery, DiscoveryEvents } from '../../../src/discovery/discovery.ts';
import { SignalingDiscovery } from '../../../src/discovery/signaling.ts';
import { Clocks } from '../../../src/driver/clocks.ts';
import type { Election, ElectionEffect, ElectionEvent, Elector } from '../../../src/electors/elector.ts';
import type { Clock, Platform } from '../../../src/platform/platform.ts';
import type { Role } from '../../../src/protocol/members.ts';
import { SignalingConnection } from '../../../src/signaling/connection.ts';
import { Relay } from '../../../src/signaling/relay.ts';
import { SignalingWitnessLine } from '../../../src/signaling/witness-line.ts';
import { broadcastOf } from '../../../src/platform/web-broadcast.ts';
import { BroadcastTransport } from '../../../src/transports/broadcast-channel.ts';
import { RelayTransport } from '../../../src/transports/relay.ts';
import type { Transport } from '../../../src/transports/transport.ts';
import { noElection } from '../no-election.ts';
import { Life } from '../life.ts';
import type { Effect } from '../life.ts';
import { mix } from '../random.ts';
import type { LifeEvent, Seat, Tenant } from '../tenant.ts';
import type { World } from '../world.ts';
import type { WebEffect } from './effects.ts';
import type { House } from './house.ts';
import { runJobs } from './jobs.ts';
import { Journal } from './journal.ts';
import { Words } from './words.ts';

/** A life that runs all that a page or a process does: the facade, on the real stack, over simulated sockets and channels. */
export class WebLife extends Life {
  override election: Election = noElection;
  /** Whether its discovery says that it is online. */
  isOnline = false;
  /** Who votes, as it last said. */
  roles: ReadonlyMap<string, Role> = new Map();
  /** When the server answered it last, in the epoch that it is in; by true time. */
  contactMs = -Infinity;
  /** The server's, as it was last told. */
  witness: string | null = null;
  cluster: Cluster | null = null;
  readonly #house: House;
  readonly #elector: Elector;
  readonly #words: Words;
  #journal: Journal | null = null;
  #memberships = 0;
  #isLeaving = false;
  #isWatched = false;
  readonly #onVisibility = new Set<(visible: boolean) => void>();
  #astray: unknown = null;

  constructor(world: World<Tenant>, seat: Seat, index: number, elector: Elector, house: House) {
    super(world, seat, index, elector);
    this.#elector = elector;
    this.#house = house;
    this.#words = new Words(
      () => this.id,
      (effect) => this.#note(effect),
    );
  }

  /** As a read at this moment would say: also while the member is paused. It is no look at the clock of its seat. */
  override isLeader(): boolean {
    this.#isWatched = true;
    const isLeader = this.election.isLeader();
    this.#isWatched = false;
    return isLeader;
  }

  /** How many sessions with that member are over. */
  sessionsOver(peer: string): number {
    return this.#words.over(peer);
  }

  protected override close(): void {}

  /** Timers that are set for last words are taken back with all others. */
  protected override did(effect: Effect): void {
    if (effect.type !== 'timer' || !this.#isLeaving) super.did(effect);
  }

  protected override apply(event: LifeEvent): void {
    this.#happen(event);
    runJobs();
    if (this.#astray !== null) throw this.#astray as Error;
  }

  #happen(event: LifeEvent): void {
    const { cluster } = this;
    if (event.type === 'start') return this.#begin();
    if (event.type === 'timer' || event.type === 'heard') return event.run();
    if (cluster === null || this.state === 'left') return;
    switch (event.type) {
      case 'visible':
        for (const run of this.#onVisibility) run(event.visible);
        return;
      case 'priority':
        return cluster.setPriority(event.priority);
      case 'publish':
        if (cluster.isLeader) cluster.publish(event.value);
        return;
      case 'transfer':
        if (event.to === undefined || cluster.members.has(event.to)) cluster.transfer(event.to).catch(() => {});
        return;
      case 'talk':
        return this.#words.say(cluster, event.bytes);
      case 'append':
        return this.#journal?.append(event.count);
      case 'read':
        return this.#journal?.read();
      case 'leave':
        this.#isLeaving = true;
        void cluster.leave();
        this.state = 'left';
        return;
      default:
        return;
    }
  }

  #begin(): void {
    const cluster = new RunningCluster(
      { room: 'room', network: this.#network(), priority: this.seat.priority, info: this.label },
      this.platform(),
    );
    const { room } = this.world.schedule.web!;
    this.cluster = cluster;
    cluster.on('error', ({ code, message }) => this.did({ type: 'error', code, message }));
    this.#words.listen(cluster);
    if (room === undefined) return;
    this.#journal = new Journal({
      cluster,
      label: this.label,
      compactEvery: room.compactEvery,
      id: () => this.id,
      note: (effect) => this.#note(effect),
      astray: (error) => void (this.#astray ??= error),
    });
  }

  /** What its application sees, until it ends. */
  #note(effect: WebEffect): void {
    if (this.state === 'running') this.did(effect);
  }

  protected override platform(): Platform {
    const platform = super.platform();
    const { clock } = this.seat;
    const onVisibility = (run: (visible: boolean) => void): (() => void) => {
      this.#onVisibility.add(run);
      return () => void this.#onVisibility.delete(run);
    };
    const watched: Clock = {
      monotonicMs: () => clock.monotonicMs(),
      wallMs: () => (this.#isWatched ? clock.peekWallMs() : clock.wallMs()),
    };
    const { browsers } = this.#house;
    const host = browsers.hostOf(this) ?? platform.host();
    const broadcast = browsers.broadcastOf(this);
    const lifecycle = { ...platform.lifecycle, onVisibility };
    return { ...platform, clock: watched, lifecycle, host: () => host, broadcast };
  }

  #network(): Network {
    const house = this.#house;
    const name = (): string => this.#name();
    return {
      name: 'web',
      /** Asked for once by each membership: in a room, whoever has to join anew does so under a fresh id. */
      get id() {
        return name();
      },
      elector: this.#watched(this.#elector),
      open: ({ room, self, platform, charter }) => {
        const WebSocket = house.socketsOf(this);
        const connection = new SignalingConnection({ url: 'ws://server', room, self, platform, charter, WebSocket });
        const clocks = new Clocks(platform.clock);
        const { timers } = platform;
        const broadcast = broadcastOf(platform);
        const relay = new Relay(connection, platform);
        const transports: Transport[] = [house.channels.transportOf(this), new RelayTransport(relay)];
        if (broadcast) transports.unshift(new BroadcastTransport({ room, broadcast, timers }));
        return {
          discovery: this.#listened(new SignalingDiscovery(connection, timers, clocks)),
          clocks,
          talk: talkOver(transports, new SignalingWitnessLine(relay)),
        };
      },
    };
  }

  #name(): string {
    const number = this.#memberships++;
    if (number === 0) return this.id;
    const draw = mix(this.world.draw(this.index, 5), number).toString(36);
    this.world.rename(this, `${draw}-${this.label}:${number}`);
    this.election = noElection;
    this.isOnline = false;
    this.reachable = new Set();
    this.roles = new Map();
    this.#words.forget();
    this.did({ type: 'named', id: this.id });
    return this.id;
  }

  /** The discovery, and all that it says noted. */
  #listened(discovery: Discovery): Discovery {
    const noted = (events: DiscoveryEvents): DiscoveryEvents => ({
      ...events,
      onView: (view, change) => {
        this.did({ type: 'view', view, change });
        events.onView(view, change);
      },
      onStatus: (status) => {
        this.isOnline = status === 'online';
        this.did({ type: 'status', status });
        events.onStatus(status);
      },
    });
    return {
      start: (self, events) => discovery.start(self, noted(events)),
      setInfo: (info) => discovery.setInfo(info),
      stand: (stance) => discovery.stand?.(stance),
      leave: (pledge) => discovery.leave(pledge),
      abandon: () => discovery.abandon(),
    };
  }

  /** The elector, and all that its election says and hears noted. */
  #watched(elector: Elector): Elector {
    return {
      ...elector,
      start: (options) => {
        this.#watch(options.clocks);
        const election = elector.start({
          ...options,
          apply: (effect) => {
            this.#hear(effect);
            options.apply(effect);
          },
        });
        this.election = {
          isLeader: () => election.isLeader(),
          leader: () => election.leader(),
          published: () => election.published(),
          canTransfer: (to) => election.canTransfer(to),
          leaseMs: () => election.leaseMs(),
          ...(election.log && { log: election.log }),
          feed: (event) => {
            this.#tell(event);
            election.feed(event);
          },
          leave: () => election.leave(),
          close: () => election.close(),
        };
        this.#journal?.begin();
        return this.election;
      },
    };
  }

  /** Whoever only watches leaves the member's clocks as they are. */
  #watch(clocks: Clocks): void {
    const now = clocks.now.bind(clocks);
    Object.defineProperty(clocks, 'now', { value: () => (this.#isWatched ? clocks.peek() : now()) });
  }

  #hear(effect: ElectionEffect): void {
    if (effect.type === 'reachable') this.reachable = new Set(effect.peers);
    if (effect.type === 'roles') this.roles = effect.roles;
    this.did(effect);
  }

  #tell(event: ElectionEvent): void {
    if (event.type === 'reset') this.#words.end(event.peer);
    if (event.type === 'contact') this.contactMs = this.world.nowMs;
    if (event.type === 'group') this.witness = event.group.witness;
    if (event.type === 'members') this.#words.known(new Set(event.peers));
    this.did({ type: 'fed', event });
  }
}
