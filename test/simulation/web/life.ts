import { RunningCluster } from '../../../src/cluster/running-cluster.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import type { Network } from '../../../src/cluster/network.ts';
import type { Discovery, DiscoveryEvents } from '../../../src/discovery/discovery.ts';
import { SignalingDiscovery } from '../../../src/discovery/signaling.ts';
import type { Election, ElectionEvent, Elector } from '../../../src/electors/elector.ts';
import type { Platform } from '../../../src/platform/platform.ts';
import { ClusterError } from '../../../src/protocol/errors.ts';
import { SignalingConnection } from '../../../src/signaling/connection.ts';
import { RelayTransport } from '../../../src/transports/relay.ts';
import { Life } from '../life.ts';
import type { Effect } from '../life.ts';
import type { LifeEvent, Seat, Tenant } from '../tenant.ts';
import type { World } from '../world.ts';
import type { House } from './house.ts';
import { runJobs } from './jobs.ts';

/** What one application says to another. */
interface Word {
  readonly by: string;
  readonly session: number;
  readonly number: number;
  readonly filler: string;
}

/** Before its first view a member takes no part in electing. */
const none: Election = {
  isLeader: () => false,
  leader: () => null,
  published: () => undefined,
  canTransfer: () => false,
  leaseMs: () => null,
  feed: () => {},
  leave: () => undefined,
  close: () => {},
};

/** A life that runs all that a page or a process does: the facade, on the real stack, over simulated sockets and channels. */
export class WebLife extends Life {
  override election: Election = none;
  /** Whether its discovery says that it is online. */
  isOnline = false;
  readonly #house: House;
  readonly #elector: Elector;
  #cluster: Cluster | null = null;
  #isLeaving = false;
  readonly #onVisibility = new Set<(visible: boolean) => void>();
  /** By member: how many sessions with it are over, and what was said in the one that goes on. */
  readonly #sessions = new Map<string, { over: number; said: number }>();

  constructor(world: World<Tenant>, seat: Seat, index: number, elector: Elector, house: House) {
    super(world, seat, index, elector);
    this.#elector = elector;
    this.#house = house;
  }

  override isLeader(): boolean {
    return this.election.isLeader();
  }

  /** How many sessions with that member are over. */
  sessionsOver(peer: string): number {
    return this.#session(peer).over;
  }

  protected override close(): void {}

  /** Timers that are set for last words are taken back with all others. */
  protected override did(effect: Effect): void {
    if (effect.type !== 'timer' || !this.#isLeaving) super.did(effect);
  }

  protected override apply(event: LifeEvent): void {
    this.#happen(event);
    runJobs();
  }

  #happen(event: LifeEvent): void {
    const cluster = this.#cluster;
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
        return this.#talk(cluster, event.bytes);
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
    const platform = this.platform();
    const cluster = new RunningCluster(
      { room: 'room', network: this.#network(), priority: this.seat.priority, info: this.label },
      platform,
    );
    this.#cluster = cluster;
    cluster.on('error', ({ code, message }) => this.did({ type: 'error', code, message }));
    cluster.channel<Word>('words').on(({ by, session, number }, from) => {
      this.did({ type: 'got', from, by, session, number });
    });
  }

  protected override platform(): Platform {
    const platform = super.platform();
    const onVisibility = (run: (visible: boolean) => void): (() => void) => {
      this.#onVisibility.add(run);
      return () => void this.#onVisibility.delete(run);
    };
    return { ...platform, lifecycle: { ...platform.lifecycle, onVisibility } };
  }

  #network(): Network {
    const house = this.#house;
    return {
      name: 'web',
      id: this.id,
      elector: this.#watched(this.#elector),
      open: ({ room, self, platform }) => {
        const WebSocket = house.socketsOf(this);
        const connection = new SignalingConnection({ url: 'ws://server', room, self, platform, WebSocket });
        return {
          discovery: this.#listened(new SignalingDiscovery(connection, platform)),
          transports: [house.channels.transportOf(this), new RelayTransport(connection)],
        };
      },
    };
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
      leave: () => discovery.leave(),
      abandon: () => discovery.abandon(),
    };
  }

  /** The elector, and all that its election says and hears noted. */
  #watched(elector: Elector): Elector {
    return {
      ...elector,
      start: (options) => {
        const election = elector.start({
          ...options,
          apply: (effect) => {
            if (effect.type === 'reachable') this.reachable = new Set(effect.peers);
            this.did(effect);
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
            this.#note(event);
            election.feed(event);
          },
          leave: () => election.leave(),
          close: () => election.close(),
        };
        return this.election;
      },
    };
  }

  #note(event: ElectionEvent): void {
    if (event.type === 'reset') this.#endSession(event.peer);
    if (event.type === 'members') {
      const known = new Set(event.peers);
      for (const peer of this.#sessions.keys()) if (!known.has(peer)) this.#endSession(peer);
    }
    this.did({ type: 'fed', event });
  }

  #endSession(peer: string): void {
    const session = this.#session(peer);
    session.over++;
    session.said = 0;
  }

  #session(peer: string): { over: number; said: number } {
    let session = this.#sessions.get(peer);
    if (session === undefined) this.#sessions.set(peer, (session = { over: 0, said: 0 }));
    return session;
  }

  /** Numbered words to all others, so that each of them knows what is missing. */
  #talk(cluster: Cluster, bytes: number): void {
    for (const [to, member] of cluster.members) {
      if (member.isSelf) continue;
      const session = this.#session(to);
      const word = { by: this.id, session: session.over, number: ++session.said, filler: 'x'.repeat(bytes) };
      const { number } = word;
      this.did({ type: 'said', to, session: word.session, number });
      cluster
        .channel<Word>('words')
        .send(to, word)
        .catch((error: unknown) => {
          const code = error instanceof ClusterError ? error.code : String(error);
          if (this.state === 'running') this.did({ type: 'refused', to, session: word.session, number, code });
        });
    }
  }
}
