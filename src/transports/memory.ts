import type { Platform, Timers } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Lane, Path, PathKind, Transport, TransportEvents } from './transport.ts';

export interface MemoryMediumOptions {
  /** Time from sender to receiver. Default 0. Draw it anew each time, and frames overtake each other. */
  readonly delayMs?: number | (() => number);
  /** Share of frames that are lost, 0 to 1. Default 0. */
  readonly lossRate?: number;
  /** Share of frames that arrive twice, 0 to 1. Default 0. */
  readonly duplicateRate?: number;
  /** What each member may send to each other one. Default: any amount at once. */
  readonly bytesPerSecond?: number;
  /** Default 64 KiB. */
  readonly maxFrameBytes?: number;
  /** Draws losses and duplicates: numbers in [0, 1). Needed only where there are any. */
  readonly random?: () => number;
}

/** One process's own medium, with the faults of a real one. Frames arrive by the receiver's own timers. */
export class MemoryMedium {
  readonly options: MemoryMediumOptions;
  readonly #plugged = new Map<PeerId, MemoryTransport>();
  readonly #cuts = new Set<string>();
  #groups = new Map<PeerId, number>();

  constructor(options: MemoryMediumOptions = {}) {
    this.options = options;
  }

  transport(platform: Platform, kind: PathKind = 'memory'): Transport {
    return new MemoryTransport(this, platform.timers, kind);
  }

  /** Cuts both directions between two members. Their paths stay open, as those of a dead network do. */
  cut(one: PeerId, other: PeerId): void {
    this.cutOneWay(one, other);
    this.cutOneWay(other, one);
  }

  cutOneWay(from: PeerId, to: PeerId): void {
    this.#cuts.add(direction(from, to));
  }

  /** Only members of the same group hear each other; those that are in none are a group as well. */
  partition(groups: readonly (readonly PeerId[])[]): void {
    this.#groups = new Map(groups.flatMap((group, number) => group.map((id) => [id, number] as const)));
  }

  /** Undoes every cut and partition. */
  heal(): void {
    this.#cuts.clear();
    this.#groups.clear();
  }

  /** Takes a member out without a word, and nobody's path closes: a crash. */
  unplug(id: PeerId): void {
    this.#plugged.delete(id);
  }

  plug(id: PeerId, transport: MemoryTransport): void {
    this.#plugged.set(id, transport);
  }

  carry(from: PeerId, to: PeerId, frame: Uint8Array): void {
    const { lossRate = 0, duplicateRate = 0, random = () => 0.5 } = this.options;
    if (!this.#plugged.has(from) || (lossRate > 0 && random() < lossRate)) return;
    this.#deliver(from, to, frame);
    if (duplicateRate > 0 && random() < duplicateRate) this.#deliver(from, to, frame);
  }

  #deliver(from: PeerId, to: PeerId, frame: Uint8Array): void {
    const { delayMs = 0 } = this.options;
    this.#plugged.get(to)?.timers.after(typeof delayMs === 'number' ? delayMs : delayMs(), () => {
      if (this.#connects(from, to)) this.#plugged.get(to)?.receive(from, frame.slice());
    });
  }

  #connects(from: PeerId, to: PeerId): boolean {
    return this.#groups.get(from) === this.#groups.get(to) && !this.#cuts.has(direction(from, to));
  }
}

function direction(from: PeerId, to: PeerId): string {
  return `${from} ${to}`;
}

class MemoryTransport implements Transport {
  readonly kind: PathKind;
  readonly timers: Timers;
  readonly medium: MemoryMedium;
  readonly #paths = new Map<PeerId, MemoryPath>();
  #self: PeerId = '';
  #events: TransportEvents | undefined;

  constructor(medium: MemoryMedium, timers: Timers, kind: PathKind) {
    this.medium = medium;
    this.timers = timers;
    this.kind = kind;
  }

  start(self: PeerId, events: TransportEvents): void {
    this.#self = self;
    this.#events = events;
    this.medium.plug(self, this);
  }

  want(peers: ReadonlySet<PeerId>): void {
    for (const path of this.#paths.values()) {
      if (peers.has(path.peer)) continue;
      path.close();
      this.#paths.delete(path.peer);
      this.#events?.onPathClosed(path);
    }
    for (const peer of peers) if (peer !== this.#self) this.#open(peer);
  }

  receive(from: PeerId, frame: Uint8Array): void {
    const path = this.#open(from);
    this.#events?.onFrame(path, frame);
  }

  close(): void {
    this.#events = undefined;
    this.medium.unplug(this.#self);
    for (const path of this.#paths.values()) path.close();
    this.#paths.clear();
  }

  #open(peer: PeerId): MemoryPath {
    const open = this.#paths.get(peer);
    if (open) return open;
    const path = new MemoryPath(this, peer, (frame) => this.medium.carry(this.#self, peer, frame));
    this.#paths.set(peer, path);
    this.#events?.onPath(path);
    return path;
  }
}

class MemoryPath implements Path {
  readonly kind: PathKind;
  readonly peer: PeerId;
  readonly maxFrameBytes: number;
  readonly #arrive: (frame: Uint8Array) => void;
  readonly #timers: Timers;
  readonly #bytesPerSecond: number | undefined;
  readonly #waiting: Record<Lane, Uint8Array[]> = { urgent: [], bulk: [] };
  #sending = false;
  #bufferedBytes = 0;
  #closed = false;

  constructor({ kind, timers, medium }: MemoryTransport, peer: PeerId, arrive: (frame: Uint8Array) => void) {
    this.kind = kind;
    this.peer = peer;
    this.maxFrameBytes = medium.options.maxFrameBytes ?? 64 * 1024;
    this.#arrive = arrive;
    this.#timers = timers;
    this.#bytesPerSecond = medium.options.bytesPerSecond;
  }

  bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  send(frame: Uint8Array, lane: Lane): void {
    if (this.#closed || frame.byteLength > this.maxFrameBytes) return;
    if (this.#bytesPerSecond === undefined) {
      this.#arrive(frame);
      return;
    }
    this.#waiting[lane].push(frame);
    this.#bufferedBytes += frame.byteLength;
    this.#pump(this.#bytesPerSecond);
  }

  close(): void {
    this.#closed = true;
  }

  /** One frame after the other, urgent ones first, each as long as the line takes for it. */
  #pump(bytesPerSecond: number): void {
    if (this.#sending) return;
    const frame = this.#waiting.urgent.shift() ?? this.#waiting.bulk.shift();
    if (!frame) return;
    this.#sending = true;
    this.#timers.after((frame.byteLength / bytesPerSecond) * 1000, () => {
      this.#sending = false;
      if (this.#closed) return;
      this.#bufferedBytes -= frame.byteLength;
      this.#arrive(frame);
      this.#pump(bytesPerSecond);
    });
  }
}
