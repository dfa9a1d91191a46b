import type { Platform, Timers } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { DiscoveredMember, Discovery, DiscoveryEvents, View, ViewChange } from './discovery.ts';

export interface MemoryRoomsOptions {
  readonly timers: Timers;
  /** Time from a member to the rooms, and from them to a member. Default 0. */
  readonly delayMs?: number;
  /** How long a member that vanished may come back before it is out of the view. Default 30,000 ms. */
  readonly graceMs?: number;
}

/** As clients of the signaling server do. */
const pingEveryMs = 10_000;

/** One process's own discovery: does what the signaling server does, and fails as it can fail. */
export class MemoryRooms {
  readonly delayMs: number;
  readonly #timers: Timers;
  readonly #graceMs: number;
  readonly #rooms = new Map<string, Room>();
  /** All that were started and have not left, whether the rooms can be reached or not. */
  readonly #visitors = new Set<MemoryDiscovery>();
  #eras = 0;
  #open = true;

  constructor({ timers, delayMs = 0, graceMs = 30_000 }: MemoryRoomsOptions) {
    this.#timers = timers;
    this.delayMs = delayMs;
    this.#graceMs = graceMs;
  }

  discovery(room: string, platform: Platform): Discovery {
    return new MemoryDiscovery(this, room, platform.timers);
  }

  /** Every member loses its discovery, which forgets them all. */
  stop(): void {
    this.#open = false;
    this.#rooms.clear();
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
    let room = this.#rooms.get(visitor.room);
    if (!room) {
      const era = ++this.#eras;
      // Whoever comes back has taken part in what goes on.
      const founded = visitor.epoch > 0 ? { epoch: visitor.epoch, founder: null } : { epoch: era, founder: visitor.id };
      room = { era: `era-${era}`, ...founded, n: 0, seats: new Map() };
      this.#rooms.set(visitor.room, room);
    }
    room.seats.set(visitor.id, visitor);
    visitor.answered();
    commit(room, []);
  }

  /** What it asked, just to hear that it is heard. */
  answer(visitor: MemoryDiscovery): void {
    if (this.#rooms.get(visitor.room)?.seats.get(visitor.id) === visitor) visitor.answered();
  }

  update(visitor: MemoryDiscovery): void {
    const room = this.#rooms.get(visitor.room);
    if (room?.seats.has(visitor.id)) commit(room, []);
  }

  goodbye(visitor: MemoryDiscovery): void {
    this.#visitors.delete(visitor);
    this.#remove(visitor, [visitor.id]);
  }

  vanish(visitor: MemoryDiscovery, hint: boolean): void {
    this.#visitors.delete(visitor);
    visitor.mute();
    const room = this.#rooms.get(visitor.room);
    if (hint) room?.seats.forEach((other) => other.hint(visitor.id));
    this.#timers.after(this.#graceMs, () => this.#remove(visitor, []));
  }

  #remove(visitor: MemoryDiscovery, bye: readonly PeerId[]): void {
    const room = this.#rooms.get(visitor.room);
    if (room?.seats.get(visitor.id) !== visitor) return;
    room.seats.delete(visitor.id);
    if (room.seats.size === 0) this.#rooms.delete(visitor.room);
    else commit(room, bye);
  }
}

interface Room {
  readonly era: string;
  readonly epoch: number;
  readonly founder: PeerId | null;
  readonly seats: Map<PeerId, MemoryDiscovery>;
  n: number;
}

/** Numbers the room as it is now, and tells everyone in it. */
function commit(room: Room, bye: readonly PeerId[]): void {
  const { era, epoch, founder } = room;
  const n = ++room.n;
  const members = new Map([...room.seats].map(([id, seat]) => [id, seat.member] as const));
  const view: View = { era, epoch, founder, continues: null, witness: null, n, members };
  for (const seat of room.seats.values()) seat.view(view, bye);
}

class MemoryDiscovery implements Discovery {
  readonly room: string;
  readonly #rooms: MemoryRooms;
  readonly #timers: Timers;
  #member: DiscoveredMember = { id: '', info: null, host: '' };
  #events: DiscoveryEvents | undefined;
  #view: View | undefined;

  constructor(rooms: MemoryRooms, room: string, timers: Timers) {
    this.#rooms = rooms;
    this.room = room;
    this.#timers = timers;
  }

  get id(): PeerId {
    return this.#member.id;
  }

  /** Of the group that this member takes part in; 0: of none yet. */
  get epoch(): number {
    return this.#view?.epoch ?? 0;
  }

  get member(): DiscoveredMember {
    return this.#member;
  }

  start(self: DiscoveredMember, events: DiscoveryEvents): void {
    this.#member = self;
    this.#events = events;
    this.#later((now) => now.onStatus('connecting'));
    this.#rooms.visit(this);
    this.#pingLater();
  }

  setInfo(info: Json): void {
    this.#member = { ...this.#member, info };
    this.#later(() => this.#rooms.update(this));
  }

  leave(): void {
    this.mute();
    this.#rooms.goodbye(this);
  }

  abandon(): void {
    this.#rooms.vanish(this, true);
  }

  /** No event follows. */
  mute(): void {
    this.#events = undefined;
  }

  connect(): void {
    this.#events?.onAsked?.();
    this.#later(() => this.#rooms.enter(this));
  }

  answered(): void {
    this.#later((events) => events.onAnswered?.());
  }

  lost(): void {
    this.#later((events) => {
      events.onStatus('offline');
      events.onError(new ClusterError('connect-failed', 'the memory rooms are stopped: restart() opens them again'));
    });
  }

  hint(id: PeerId): void {
    if (id !== this.id) this.#later((events) => events.onHint(id));
  }

  view(view: View, bye: readonly PeerId[]): void {
    this.#later((events) => {
      const before = this.#view;
      this.#view = view;
      if (before?.era !== view.era) events.onStatus('online');
      events.onView(view, changeSince(before, view, bye));
    });
  }

  #pingLater(): void {
    this.#timers.after(pingEveryMs, () => {
      if (!this.#events) return;
      this.#events.onAsked?.();
      this.#later(() => this.#rooms.answer(this));
      this.#pingLater();
    });
  }

  /** By the member's own timers: a frozen one hears nothing until it thaws. */
  #later(run: (events: DiscoveryEvents) => void): void {
    this.#timers.after(this.#rooms.delayMs, () => {
      if (this.#events) run(this.#events);
    });
  }
}

function changeSince(before: View | undefined, view: View, bye: readonly PeerId[]): ViewChange {
  return {
    joined: [...view.members.keys()].filter((id) => !before?.members.has(id)),
    bye: before?.era === view.era ? bye : [],
  };
}
