import type { PeerId } from '../../../src/protocol/ids.ts';
import type { Path, Transport, TransportEvents } from '../../../src/transports/transport.ts';
import { mix, unit } from '../random.ts';
import type { Tenant } from '../tenant.ts';
import type { World } from '../world.ts';
import { Pipe } from './pipe.ts';

const maxFrameBytes = 16 * 1024;
const controlBytes = 100;
/** ICE notices after so long that nothing comes any more: from, and up to so much longer. */
const noticeMs = { least: 8_000, more: 10_000 };
const lastBackoffMs = 30_000;
/** How often those who cannot say what it takes to open one look whether they can. */
const signalEveryMs = 200;

/** Whether what that member says reaches others by way of the server. */
type CanSignal = (life: Tenant) => boolean;

/** The data channels between members: what WebRTC makes of the ways between their seats. */
export class Channels {
  readonly #world: World<Tenant>;
  readonly #canSignal: CanSignal;
  readonly #ends = new Map<Tenant, ChannelTransport>();
  readonly #pairs = new Map<string, Pair>();

  constructor(world: World<Tenant>, canSignal: CanSignal) {
    this.#world = world;
    this.#canSignal = canSignal;
  }

  /** For a member that begins: what it had under another id is over. */
  transportOf(life: Tenant): Transport {
    this.ended(life, true);
    const transport = new ChannelTransport(life, (peer, isWanted) => this.#want(life, peer, isWanted));
    this.#ends.set(life, transport);
    return transport;
  }

  /** With whom that member would have channels. */
  wantedBy(life: Tenant): ReadonlySet<PeerId> {
    return this.#ends.get(life)?.wanted ?? new Set();
  }

  /** That member is gone. `isTold`: the others are told, and need not notice by themselves. */
  ended(life: Tenant, isTold: boolean): void {
    this.#ends.get(life)?.end();
    for (const [key, pair] of this.#pairs) {
      if (!pair.has(life)) continue;
      pair.end(life, isTold);
      this.#pairs.delete(key);
    }
  }

  /** The channels between two seats carry nothing any more; each side is told after so long, or notices late. */
  sever(a: number, b: number, aMs: number | null, bMs: number | null): void {
    const [one, other] = [this.#world.seats[a]!.life, this.#world.seats[b]!.life];
    if (one === null || other === null) return;
    this.#pairs.get(keyOf(one, other))?.sever(one, aMs, bMs);
  }

  #want(life: Tenant, peer: PeerId, isWanted: boolean): void {
    const other = this.#world.lifeOf(peer);
    if (other?.id !== peer) return;
    const [end, otherEnd] = [this.#ends.get(life), this.#ends.get(other)];
    if (end === undefined || otherEnd === undefined || end === otherEnd) return;
    const key = keyOf(life, other);
    let pair = this.#pairs.get(key);
    if (pair === undefined) this.#pairs.set(key, (pair = new Pair(this.#world, end, otherEnd, this.#canSignal)));
    pair.want(life, isWanted);
  }
}

function keyOf(one: Tenant, other: Tenant): string {
  return one.index < other.index ? `${one.index} ${other.index}` : `${other.index} ${one.index}`;
}

/** One member's side of all its channels. */
class ChannelTransport implements Transport {
  readonly kind = 'webrtc';
  readonly only = 'wanted';
  readonly life: Tenant;
  events: TransportEvents | null = null;
  readonly #onWant: (peer: PeerId, isWanted: boolean) => void;
  wanted: ReadonlySet<PeerId> = new Set();
  readonly #paths = new Map<Tenant, ChannelPath>();

  constructor(life: Tenant, onWant: (peer: PeerId, isWanted: boolean) => void) {
    this.life = life;
    this.#onWant = onWant;
  }

  start(_self: PeerId, events: TransportEvents): void {
    this.events = events;
  }

  want(peers: ReadonlySet<PeerId>): void {
    const before = this.wanted;
    this.wanted = peers;
    for (const peer of before) if (!peers.has(peer)) this.#onWant(peer, false);
    for (const peer of peers) if (!before.has(peer)) this.#onWant(peer, true);
  }

  close(): void {
    this.end();
  }

  end(): void {
    this.events = null;
  }

  /** In an event of its own. */
  hear(what: string, run: (events: TransportEvents) => void): void {
    if (this.events === null || this.life.state !== 'running') return;
    this.life.take({
      type: 'heard',
      what,
      run: () => {
        if (this.events !== null) run(this.events);
      },
    });
  }

  /** The one path to `other` from now on. */
  open(path: ChannelPath, other: Tenant): void {
    this.hear(`channel to ${other.label} opens`, (events) => {
      if (!path.channel.isOpen) return;
      this.shut(other);
      this.#paths.set(other, path);
      events.onPath(path);
    });
  }

  /** Closes the path to `other`, if it is of that channel, or whichever it is. */
  shut(other: Tenant, channel?: Channel): void {
    const path = this.#paths.get(other);
    if (path === undefined || (channel !== undefined && path.channel !== channel)) return;
    this.#paths.delete(other);
    this.events?.onPathClosed(path);
  }

  frame(other: Tenant, channel: Channel, frame: Uint8Array): void {
    this.hear(`channel to ${other.label}: ${frame.byteLength} bytes`, (events) => {
      const path = this.#paths.get(other);
      if (path?.channel === channel) events.onFrame(path, frame);
    });
  }
}

class ChannelPath implements Path {
  readonly kind = 'webrtc';
  readonly maxFrameBytes = maxFrameBytes;
  readonly peer: PeerId;
  readonly channel: Channel;
  readonly #pipe: Pipe;
  readonly #arrive: (frame: Uint8Array) => void;
  readonly #onGiveUp: () => void;

  constructor(peer: PeerId, channel: Channel, pipe: Pipe, arrive: (frame: Uint8Array) => void, onGiveUp: () => void) {
    this.peer = peer;
    this.channel = channel;
    this.#pipe = pipe;
    this.#arrive = arrive;
    this.#onGiveUp = onGiveUp;
  }

  bufferedBytes(): number {
    return this.#pipe.bufferedBytes;
  }

  send(frame: Uint8Array): void {
    if (frame.byteLength <= maxFrameBytes) this.#pipe.send(frame.byteLength, () => this.#arrive(frame));
  }

  giveUp(): void {
    this.#onGiveUp();
  }
}

/** One data channel, from its opening to its end. */
interface Channel {
  isOpen: boolean;
  readonly pipes: readonly Pipe[];
}

/** What two members have between them. */
class Pair {
  readonly #world: World<Tenant>;
  readonly #sides: readonly [ChannelTransport, ChannelTransport];
  readonly #canSignal: CanSignal;
  readonly #wanting = new Set<Tenant>();
  readonly #state: number;
  readonly #isPossible: boolean;
  #channel: Channel | null = null;
  #tries = 0;
  #failures = 0;
  #isTrying = false;
  #isOver = false;

  constructor(world: World<Tenant>, one: ChannelTransport, other: ChannelTransport, canSignal: CanSignal) {
    this.#world = world;
    this.#sides = [one, other];
    this.#canSignal = canSignal;
    this.#state = world.draw(Math.min(one.life.index, other.life.index), Math.max(one.life.index, other.life.index));
    this.#isPossible = unit(mix(this.#state, 97)) < world.schedule.web!.channels;
  }

  has(life: Tenant): boolean {
    return this.#sides.some((side) => side.life === life);
  }

  want(life: Tenant, isWanted: boolean): void {
    if (isWanted) this.#wanting.add(life);
    else this.#wanting.delete(life);
    if (this.#wanting.size > 0) return this.#tryLater();
    if (this.#channel !== null) this.#close(this.#channel, life);
  }

  end(life: Tenant, isTold: boolean): void {
    this.#isOver = true;
    if (this.#channel === null) return;
    const other = this.#otherOf(life);
    this.#lose(this.#channel, other, isTold ? 0 : null);
  }

  sever(life: Tenant, lifeMs: number | null, otherMs: number | null): void {
    const channel = this.#channel;
    if (channel === null) return;
    this.#lose(channel, this.#sideOf(life), lifeMs);
    this.#lose(channel, this.#otherOf(life), otherMs);
  }

  /** It carries nothing any more; that side is told after so long, or notices. */
  #lose(channel: Channel, side: ChannelTransport, ms: number | null): void {
    for (const pipe of channel.pipes) pipe.vanish();
    const lateMs = noticeMs.least + noticeMs.more * this.#chance(++this.#tries);
    const { world } = side.life;
    world.at(world.nowMs + (ms ?? lateMs), () => this.#tellClosed(channel, side));
  }

  #tellClosed(channel: Channel, side: ChannelTransport): void {
    const other = this.#otherOf(side.life).life;
    side.hear(`channel to ${other.label} is closed`, () => side.shut(other, channel));
    this.#over(channel);
  }

  /** By the doing of one side, who sees it at once. */
  #close(channel: Channel, life: Tenant): void {
    const other = this.#otherOf(life);
    const [mine] = this.#sides[0].life === life ? channel.pipes : channel.pipes.toReversed();
    this.#over(channel);
    mine!.send(controlBytes, () => this.#tellClosed(channel, other));
    // In a turn of its own: `want` is called in the middle of others.
    this.#world.at(this.#world.nowMs, () => this.#tellClosed(channel, this.#sideOf(life)));
  }

  #over(channel: Channel): void {
    channel.isOpen = false;
    if (this.#channel !== channel) return;
    this.#channel = null;
    this.#tryLater();
  }

  #tryLater(): void {
    if (this.#isTrying || this.#channel !== null || this.#isOver || !this.#isPossible) return;
    this.#isTrying = true;
    const { openMs } = this.#world.schedule.web!;
    const backoffMs = Math.min(lastBackoffMs, 500 * (1 << Math.min(this.#failures, 20)) - 500);
    const afterMs = openMs * (0.5 + this.#chance(++this.#tries)) + backoffMs * this.#chance(++this.#tries);
    this.#world.at(this.#world.nowMs + afterMs, () => this.#try());
  }

  #try(): void {
    if (this.#wanting.size > 0 && !this.#isOver && !this.#sides.every(({ life }) => this.#canSignal(life)))
      return this.#world.at(this.#world.nowMs + signalEveryMs, () => this.#try());
    this.#isTrying = false;
    if (this.#wanting.size === 0 || this.#isOver) return;
    if (this.#canOpen()) return this.#open();
    this.#failures = Math.min(this.#failures + 1, 6);
    this.#tryLater();
  }

  /** Both are awake and can talk straight to each other. */
  #canOpen(): boolean {
    const [one, other] = this.#sides.map(({ life }) => life.seat.index) as [number, number];
    const hash = mix(this.#state, ++this.#tries);
    const { network } = this.#world;
    const isCut = network.trip(one, other, hash).isLost || network.trip(other, one, hash).isLost;
    return !isCut && this.#sides.every((side) => side.events !== null && side.life.responsive);
  }

  #open(): void {
    const [one, other] = this.#sides;
    const pipes: Pipe[] = [];
    const channel: Channel = { isOpen: true, pipes };
    const pipeOf = (from: Tenant, to: Tenant): Pipe =>
      new Pipe(this.#world, {
        from: from.seat.index,
        to: to.seat.index,
        state: mix(this.#state, ++this.#tries),
        onBroken: () => this.#tellClosed(channel, this.#sideOf(from)),
      });
    pipes.push(pipeOf(one.life, other.life), pipeOf(other.life, one.life));
    this.#channel = channel;
    this.#failures = 0;
    this.#openAt(one, other, channel, pipes[0]!, pipes[1]!);
    this.#openAt(other, one, channel, pipes[1]!, pipes[0]!);
  }

  /** `from` sends by `out`, once it has heard by `back`. */
  #openAt(from: ChannelTransport, to: ChannelTransport, channel: Channel, out: Pipe, back: Pipe): void {
    const arrive = (frame: Uint8Array): void => to.frame(from.life, channel, frame);
    const path = new ChannelPath(to.life.id, channel, out, arrive, () => this.#close(channel, from.life));
    back.send(controlBytes, () => from.open(path, to.life));
  }

  #chance(number: number): number {
    return unit(mix(this.#state, number));
  }

  #sideOf(life: Tenant): ChannelTransport {
    return this.#sides[0].life === life ? this.#sides[0] : this.#sides[1];
  }

  #otherOf(life: Tenant): ChannelTransport {
    return this.#sides[0].life === life ? this.#sides[1] : this.#sides[0];
  }
}
