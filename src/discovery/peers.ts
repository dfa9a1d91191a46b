import type { PeerFacts, Peering } from '../peering/peering.ts';
import type { Platform } from '../platform/platform.ts';
import type { ClusterError } from '../protocol/errors.ts';
import { freshPeerId, type PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { DiscoveredMember, Discovery, DiscoveryEvents, View, ViewChange } from './discovery.ts';

/**
 * Finds the members whose addresses are known beforehand: all that have said hello and not goodbye. Each member numbers
 * the views that it sees by itself, in an era of its own.
 */
export class PeersDiscovery implements Discovery {
  readonly #peering: Peering;
  readonly #era: string;
  /** The first of all ids, whoever is there: the same for everybody. */
  readonly #founder: PeerId;
  #events: DiscoveryEvents | null = null;
  #self: DiscoveredMember | null = null;
  #view: View | null = null;

  constructor(peering: Peering, ids: readonly PeerId[], platform: Pick<Platform, 'randomBytes'>) {
    this.#peering = peering;
    this.#era = freshPeerId(platform.randomBytes);
    this.#founder = ids.toSorted()[0] ?? '';
  }

  start(self: DiscoveredMember, events: DiscoveryEvents): void {
    this.#self = self;
    this.#events = events;
    events.onStatus('connecting');
    this.#peering.listen({
      onOpen: (peer) => this.#met(peer, [peer.id]),
      onInfo: (peer) => this.#met(peer, []),
      onClosed: (peer, bye) => (bye ? this.#left(peer) : this.#events?.onHint(peer)),
      onError: (error) => this.#events?.onError(error),
    });
    void this.#start(self);
  }

  setInfo(info: Json): void {
    this.#peering.setInfo(info);
    if (this.#self) this.#met((this.#self = { ...this.#self, info }), []);
  }

  leave(): void {
    this.#events = null;
    this.#peering.leave();
  }

  abandon(): void {
    this.#events = null;
    this.#peering.abandon();
  }

  async #start(self: DiscoveredMember): Promise<void> {
    try {
      await this.#peering.start(self);
    } catch (error) {
      this.#events?.onStatus('offline');
      this.#events?.onError(error as ClusterError);
      return;
    }
    this.#events?.onStatus('online');
    this.#met(self, [self.id]);
  }

  /** Who says hello again has joined again: it may have left, and its goodbye to the discovery been lost. */
  #met({ id, info, host }: PeerFacts, joined: readonly PeerId[]): void {
    const members = new Map(this.#view?.members);
    members.set(id, { id, info, host });
    this.#show(members, { joined, bye: [] });
  }

  #left(id: PeerId): void {
    const members = new Map(this.#view?.members);
    if (members.delete(id)) this.#show(members, { joined: [], bye: [id] });
  }

  #show(members: ReadonlyMap<PeerId, DiscoveredMember>, change: ViewChange): void {
    const n = (this.#view?.n ?? 0) + 1;
    this.#view = { era: this.#era, n, members, founder: this.#founder, epoch: 0, continues: null, witness: null };
    this.#events?.onView(this.#view, change);
  }
}
