import type { Links, LinksEvents } from '../../src/links/links.ts';
import { SessionLinks } from '../../src/links/session-links.ts';
import { noExitSignals, noPages } from '../../src/platform/globals.ts';
import type { Platform } from '../../src/platform/platform.ts';
import type { Lane, Path, PathKind, Transport, TransportEvents } from '../../src/transports/transport.ts';

/** Virtual time, quick enough for thousands of runs. */
export class Time {
  nowMs = 0;
  #order = 0;
  readonly #heap: { atMs: number; order: number; run: (() => void) | null }[] = [];

  after(delayMs: number, run: () => void): () => void {
    const entry = { atMs: this.nowMs + Math.max(delayMs, 0), order: this.#order++, run: run as (() => void) | null };
    this.#push(entry);
    return () => {
      entry.run = null;
    };
  }

  /** Runs everything that is due within `ms`, with the promises it settles. */
  async run(ms: number, until: () => boolean = () => false): Promise<void> {
    const endMs = this.nowMs + ms;
    await settled();
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= endMs && !until(); first = this.#heap[0]) {
      this.#pop();
      if (first.run === null) continue;
      this.nowMs = Math.max(this.nowMs, first.atMs);
      first.run();
      await settled();
    }
    if (!until()) this.nowMs = endMs;
  }

  /** So much will run yet. */
  get pending(): number {
    return this.#heap.filter(({ run }) => run !== null).length;
  }

  #before(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a]!, this.#heap[b]!];
    return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!];
  }

  #push(entry: { atMs: number; order: number; run: (() => void) | null }): void {
    let at = this.#heap.push(entry) - 1;
    for (let up = (at - 1) >> 1; at > 0 && this.#before(at, up); at = up, up = (at - 1) >> 1) this.#swap(at, up);
  }

  #pop(): void {
    this.#swap(0, this.#heap.length - 1);
    this.#heap.pop();
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < this.#heap.length && this.#before(left, least)) least = left;
      if (right < this.#heap.length && this.#before(right, least)) least = right;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function platformOn(time: Time, random: () => number): Platform {
  return {
    name: 'test',
    clock: { monotonicMs: () => time.nowMs, wallMs: () => 1_000_000 + time.nowMs },
    timers: { after: (delayMs, run) => time.after(delayMs, run) },
    lifecycle: noPages,
    hasWebRtc: false,
    randomBytes: (length) => Uint8Array.from({ length }, () => random() * 256),
    host: () => 'host',
    onExitSignal: noExitSignals,
  };
}

export interface Faults {
  loss: number;
  duplicates: number;
  delayMs: () => number;
  /** Frames go nowhere, and nobody is told. */
  dead: boolean;
}

/** One medium between a few ends, with a fault for each direction. */
export class Wire {
  readonly kind: PathKind;
  readonly time: Time;
  readonly random: () => number;
  readonly ends = new Map<string, WireEnd>();
  readonly faults = new Map<string, Faults>();
  readonly bytesPerSecond: number;
  readonly maxFrameBytes: number;
  carried = 0;

  constructor(
    kind: PathKind,
    time: Time,
    options: { random?: () => number; bytesPerSecond?: number; maxFrameBytes?: number } = {},
  ) {
    this.kind = kind;
    this.time = time;
    this.random = options.random ?? (() => 0.5);
    this.bytesPerSecond = options.bytesPerSecond ?? Infinity;
    this.maxFrameBytes = options.maxFrameBytes ?? 16 * 1024;
  }

  direction(from: string, to: string): Faults {
    const known = this.faults.get(`${from}>${to}`);
    if (known) return known;
    const fresh = { loss: 0, duplicates: 0, delayMs: () => 1, dead: false };
    this.faults.set(`${from}>${to}`, fresh);
    return fresh;
  }

  end(self: string): WireEnd {
    const end = new WireEnd(this, self);
    this.ends.set(self, end);
    return end;
  }

  carry(from: string, to: string, frame: Uint8Array): void {
    this.carried++;
    const faults = this.direction(from, to);
    const copies = this.random() < faults.duplicates ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (faults.dead || this.random() < faults.loss) continue;
      this.time.after(faults.delayMs(), () => {
        if (!this.direction(from, to).dead) this.ends.get(to)?.arrive(from, frame);
      });
    }
  }
}

export class WireEnd implements Transport {
  readonly kind: PathKind;
  readonly only: Transport['only'];
  readonly wire: Wire;
  readonly self: string;
  readonly paths = new Map<string, WirePath>();
  wanted: ReadonlySet<string> = new Set();
  /** False: nothing opens and nothing arrives, as with a socket that is closed. */
  up = true;
  /** When paths were given up. */
  readonly givenUpMs: number[] = [];
  #events: TransportEvents | null = null;

  constructor(wire: Wire, self: string) {
    this.wire = wire;
    this.kind = wire.kind;
    this.only = ({ webrtc: 'wanted', broadcast: 'near' } as const)[wire.kind as string];
    this.self = self;
  }

  start(_self: string, events: TransportEvents): void {
    this.#events = events;
  }

  want(peers: ReadonlySet<string>): void {
    this.wanted = new Set(peers);
    for (const peer of [...this.paths.keys()]) if (!peers.has(peer)) this.#close(peer);
    if (this.up) for (const peer of peers) this.open(peer);
  }

  close(): void {
    this.#events = null;
    this.up = false;
  }

  setUp(up: boolean): void {
    this.up = up;
    if (up) for (const peer of this.wanted) this.open(peer);
    else for (const peer of [...this.paths.keys()]) this.#close(peer);
  }

  arrive(from: string, frame: Uint8Array): void {
    if (this.up && this.#events) this.#events.onFrame(this.open(from), frame);
  }

  open(peer: string): WirePath {
    const known = this.paths.get(peer);
    if (known) return known;
    const path = new WirePath(this, peer);
    this.paths.set(peer, path);
    this.#events?.onPath(path);
    return path;
  }

  /** Opens another path, as what opens on demand does. */
  giveUp(peer: string): void {
    this.givenUpMs.push(this.wire.time.nowMs);
    this.#close(peer);
    this.open(peer);
  }

  #close(peer: string): void {
    const path = this.paths.get(peer)!;
    this.paths.delete(peer);
    path.close();
    this.#events?.onPathClosed(path);
  }
}

/** One queue, first in, first out: an urgent frame waits behind whatever was sent before it. */
export class WirePath implements Path {
  readonly kind: PathKind;
  readonly peer: string;
  readonly maxFrameBytes: number;
  readonly askEveryMs: number | undefined;
  readonly #end: WireEnd;
  readonly #queue: Uint8Array[] = [];
  #bufferedBytes = 0;
  #closed = false;

  constructor(end: WireEnd, peer: string) {
    this.kind = end.kind;
    this.peer = peer;
    this.maxFrameBytes = end.wire.maxFrameBytes;
    this.askEveryMs = end.only === 'near' ? 5_000 : undefined;
    this.#end = end;
  }

  bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  send(frame: Uint8Array, _lane: Lane): void {
    if (frame.byteLength > this.maxFrameBytes) throw new Error(`a frame of ${frame.byteLength} bytes`);
    const { wire, self } = this.#end;
    if (this.#closed) return;
    if (wire.bytesPerSecond === Infinity) return wire.carry(self, this.peer, frame);
    this.#queue.push(frame);
    this.#bufferedBytes += frame.byteLength;
    if (this.#queue.length === 1) this.#pump();
  }

  giveUp(): void {
    this.#end.giveUp(this.peer);
  }

  close(): void {
    this.#closed = true;
  }

  #pump(): void {
    const frame = this.#queue[0];
    if (!frame) return;
    const { wire, self } = this.#end;
    wire.time.after((frame.byteLength / wire.bytesPerSecond) * 1000, () => {
      if (this.#closed) return;
      this.#queue.shift();
      this.#bufferedBytes -= frame.byteLength;
      wire.carry(self, this.peer, frame);
      this.#pump();
    });
  }
}

export type Heard = { from: string; topic: string; value: unknown; atMs: number };

/** A member, and what its links have told it. */
export class Station<L extends Links = Links> {
  readonly id: string;
  readonly links: L;
  readonly heard: Heard[] = [];
  readonly resets: string[] = [];
  /** Who said that it is gone. */
  readonly goodbyes: string[] = [];
  readonly bad: string[] = [];
  onMessage: LinksEvents['onMessage'] = () => undefined;
  onReset: LinksEvents['onReset'] = () => undefined;
  onGoodbye: LinksEvents['onGoodbye'] = () => undefined;

  constructor(id: string, time: Time, open: (parts: { self: string; room: string; events: LinksEvents }) => L) {
    this.id = id;
    const events: LinksEvents = {
      onMessage: (from, topic, value) => {
        this.heard.push({ from, topic, value, atMs: time.nowMs });
        this.onMessage(from, topic, value);
      },
      onReset: (peer) => {
        this.resets.push(peer);
        this.onReset(peer);
      },
      onGoodbye: (peer) => {
        this.goodbyes.push(peer);
        this.onGoodbye(peer);
      },
      onLinkState: () => undefined,
      onError: (peer, error) => void this.bad.push(`${peer}: ${error.message}`),
    };
    this.links = open({ self: id, room: 'room', events });
  }

  /** It meets them, and no others: those that are near are of its own host. */
  meet(peers: readonly string[], near: readonly string[] = []): void {
    const hostOf = (id: string): string => (id === this.id || near.includes(id) ? 'here' : `host of ${id}`);
    this.links.setMembers([...new Set([this.id, ...peers])].map((id) => ({ id, host: hostOf(id) })));
  }
}

/** A member with its links on some wires, best first. */
export class Member extends Station<SessionLinks> {
  readonly ends: readonly WireEnd[];

  constructor(id: string, time: Time, wires: readonly Wire[], random: () => number, maxMessageBytes?: number) {
    const ends = wires.map((wire) => wire.end(id));
    const platform = platformOn(time, random);
    const most = maxMessageBytes === undefined ? {} : { maxMessageBytes };
    super(id, time, (parts) => new SessionLinks({ ...parts, ...most, platform, transports: ends }));
    this.ends = ends;
  }
}
