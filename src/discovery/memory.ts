import type { FoundingEvent } from '../core/founding/events.ts';
import { nobody, type Group } from '../core/founding/group.ts';
import type { Platform } from '../platform/platform.ts';
import { type Charter, charterDifference, type QuorumCharter } from '../protocol/charter.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Pledge, Stance } from '../protocol/standing.ts';
import { MemoryFoundation } from './memory/foundation.ts';
import { MemoryDiscovery, type MemoryHost, type MemoryVisit } from './memory/visitor.ts';

export interface MemoryRoomsOptions {
  readonly platform: Pick<Platform, 'clock' | 'timers' | 'randomBytes'>;
  /** Time from a member to the rooms, and from them to a member. Default 0. */
  readonly delayMs?: number;
  /** How long a member that vanished may come back before it is out of the view. Default 30,000 ms. */
  readonly graceMs?: number;
}

/** One process's own discovery: does what the signaling server does, and fails as it can fail. */
export class MemoryRooms implements MemoryHost {
  readonly delayMs: number;
  readonly #platform: MemoryRoomsOptions['platform'];
  readonly #graceMs: number;
  readonly #rooms = new Map<string, Room>();
  /** All that were started and have not left, whether the rooms can be reached or not. */
  readonly #visitors = new Set<MemoryDiscovery>();
  #eras = 0;
  #highestEpoch = 0;
  /** Of members that are not known here any more: the last moment at which they can have been in contact. */
  #contactMs = Number.NEGATIVE_INFINITY;
  #open = true;

  constructor({ platform, delayMs = 0, graceMs = 30_000 }: MemoryRoomsOptions) {
    this.#platform = platform;
    this.delayMs = delayMs;
    this.#graceMs = graceMs;
  }

  discovery(visit: MemoryVisit): MemoryDiscovery {
    return new MemoryDiscovery(this, visit);
  }

  /** Every member loses its discovery, which forgets them all. */
  stop(): void {
    this.#open = false;
    for (const { foundation } of this.#rooms.values()) foundation?.close();
    this.#rooms.clear();
    this.#contactMs = this.#platform.clock.monotonicMs();
    for (const visitor of this.#visitors) visitor.lost();
  }

  /** Members come back one by one, in a new era. */
  restart(): void {
    this.#open = true;
    for (const visitor of this.#visitors) visitor.connect();
  }

  /** That member's connection is closed without a goodbye. Without a hint, only the grace tells of it. */
  crash(id: PeerId, { hint = true }: { readonly hint?: boolean } = {}): void {
    for (const visitor of this.#visitors) if (visitor.id === id) this.vanish(visitor, hint);
  }

  visit(visitor: MemoryDiscovery): void {
    this.#visitors.add(visitor);
    visitor.connect();
  }

  enter(visitor: MemoryDiscovery): void {
    if (!this.#visitors.has(visitor)) return;
    if (!this.#open) {
      visitor.lost();
      return;
    }
    const room = this.#rooms.get(visitor.room) ?? this.#openRoom(visitor);
    const refusal = refusalOf(room, visitor);
    if (refusal) return visitor.refused(refusal);
    room.foundation?.step({ type: 'seated', id: visitor.id, claim: visitor.claim });
    room.seats.set(visitor.id, visitor);
    commit(room, []);
    visitor.answered(groupOf(room).epoch);
  }

  /** What it asked, just to hear that it is heard. */
  answer(visitor: MemoryDiscovery): void {
    const room = this.#roomOf(visitor);
    if (room) visitor.answered(groupOf(room).epoch);
  }

  update(visitor: MemoryDiscovery): void {
    const room = this.#roomOf(visitor);
    if (room) commit(room, []);
  }

  /** What it says of itself to whoever founds the room. */
  hear(visitor: MemoryDiscovery, { type, ...said }: Stance): void {
    this.#roomOf(visitor)?.foundation?.step({ type, id: visitor.id, said });
  }

  hearForWitness(visitor: MemoryDiscovery, to: PeerId, message: Json): void {
    this.#roomOf(visitor)?.foundation?.hear(visitor.id, to, message);
  }

  goodbye(visitor: MemoryDiscovery, pledge: Pledge | undefined): void {
    this.#visitors.delete(visitor);
    this.#remove(visitor, [visitor.id], { type: 'goodbye', id: visitor.id, pledge });
  }

  vanish(visitor: MemoryDiscovery, hint: boolean): void {
    this.#visitors.delete(visitor);
    visitor.mute();
    const room = this.#rooms.get(visitor.room);
    if (hint) room?.foundation?.step({ type: 'away', id: visitor.id });
    if (hint) room?.seats.forEach((other) => other.hint(visitor.id));
    this.#platform.timers.after(this.#graceMs, () => this.#remove(visitor, [], { type: 'away', id: visitor.id }));
  }

  #roomOf(visitor: MemoryDiscovery): Room | undefined {
    const room = this.#rooms.get(visitor.room);
    return room?.seats.get(visitor.id) === visitor ? room : undefined;
  }

  #openRoom(visitor: MemoryDiscovery): Room {
    const { charter } = visitor;
    const era = ++this.#eras;
    const room: Room = {
      ...{ era: `era-${era}`, charter, n: 0, seats: new Map() },
      group: { ...nobody, epoch: era, founder: visitor.id },
      foundation: null,
    };
    if (charter.quorum) room.foundation = this.#foundation(room, visitor.room, charter.quorum);
    this.#rooms.set(visitor.room, room);
    return room;
  }

  #foundation(room: Room, name: string, charter: QuorumCharter): MemoryFoundation {
    return new MemoryFoundation({
      ...{ charter, platform: this.#platform, contactMs: this.#contactMs, highestEpoch: this.#highestEpoch },
      onGroup: () => room.seats.size > 0 && commit(room, []),
      onClosed: () => this.#close(room, name),
      askPledge: (to, epoch) => room.seats.get(to)?.askPledge(epoch),
      send: (to, message) => room.seats.get(to)?.hearWitness(room.foundation?.group.witness ?? null, message),
    });
  }

  #remove(visitor: MemoryDiscovery, bye: readonly PeerId[], event: FoundingEvent): void {
    const room = this.#roomOf(visitor);
    if (!room) return;
    room.seats.delete(visitor.id);
    if (room.seats.size > 0) commit(room, bye);
    room.foundation?.step(event);
    this.#close(room, visitor.room);
  }

  /** Where nobody is left, and nobody can come back, whoever comes next begins anew. */
  #close(room: Room, name: string): void {
    if (room.seats.size > 0 || room.foundation?.isClosed === false) return;
    this.#highestEpoch = Math.max(this.#highestEpoch, room.foundation?.highestEpoch ?? 0);
    room.foundation?.close();
    if (this.#rooms.get(name) === room) this.#rooms.delete(name);
  }
}

interface Room {
  readonly era: string;
  readonly charter: Charter;
  readonly seats: Map<PeerId, MemoryDiscovery>;
  /** Where it is not founded by rules of its own. */
  readonly group: Group;
  foundation: MemoryFoundation | null;
  n: number;
}

function groupOf({ foundation, group }: Room): Group {
  return foundation?.group ?? group;
}

/** Why that member may not come in. */
function refusalOf({ charter, foundation }: Room, visitor: MemoryDiscovery): ClusterError | null {
  const difference = charterDifference(charter, visitor.charter);
  if (difference !== null)
    return new ClusterError('options-differ', `give all members the same options: ${difference}`);
  const reason = foundation?.refusal(visitor.id, visitor.claim?.epoch) ?? null;
  return reason === null ? null : new ClusterError('superseded', reason);
}

/** Numbers the room as it is now, and tells everyone in it. */
function commit(room: Room, bye: readonly PeerId[]): void {
  const { era, foundation } = room;
  const { epoch, founder, witness, continues } = groupOf(room);
  const n = ++room.n;
  const members = new Map([...room.seats].map(([id, seat]) => [id, seat.member] as const));
  const group = { epoch, founder, witness, continues: continues?.epoch ?? null, foundsInMs: foundation?.foundsInMs() };
  for (const seat of room.seats.values()) seat.view({ era, ...group, n, members }, bye);
}
