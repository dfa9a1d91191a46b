import type { Platform, Undo } from '../platform/platform.ts';
import { ClusterError, type ClusterErrorCode } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Lane, Path } from '../transports/transport.ts';
import { beganAnew, bulkWindow, maxStuckMs, refusal, stuck, tooLong, urgentWindow, wrongAck } from './bounds.ts';
import { type Frame, decodeFrame, encodeFrame, headerBytes } from './frame.ts';
import type { LinksEvents, LinkState } from './links.ts';
import type { EncodedMessage, Message } from './message.ts';
import { Pairing } from './pairing.ts';
import { PathHealth } from './path-health.ts';
import { ReceiveLane } from './receive-lane.ts';
import { SendLane } from './send-lane.ts';

export interface SessionOptions {
  readonly platform: Platform;
  /** The largest message either way. */
  readonly maxMessageBytes: number;
  readonly events: LinksEvents;
}

/** Both directions of one lane. */
interface Stream {
  readonly bulk: boolean;
  readonly out: SendLane;
  readonly in: ReceiveLane;
}

/** Frames are kept so small that an urgent one never waits long behind another. */
const maxFrameBytes = 16 * 1024;
/** Bulk waits while a path holds back more than this, so that urgent frames get out at once. */
const maxBufferedBytes = 64 * 1024;

/** What a frame says if nothing else is said. */
const plain = { reset: false, bye: false, ping: false, bulk: false, offset: 0, bytes: new Uint8Array(0) };

/** Everything between this member and one other: ordered, once, over whatever paths are open (T1). */
export class Session {
  readonly #peer: PeerId;
  readonly #options: SessionOptions;
  readonly pairing: Pairing;
  /** It is not the first one with that member. */
  #isAnew = false;
  /** The best first. */
  #paths: readonly PathHealth[] = [];
  /** What messages were last sent on. */
  #via: PathHealth | undefined;
  /** What this pair of sessions says to each other: the urgent one and the one for bulk. */
  #streams: readonly [Stream, Stream];
  #announced: LinkState = { path: null, rttMs: null };
  /** The other side said that it left for good. */
  #departed = false;
  #closed = false;
  #soonScheduled = false;
  #timer: { readonly atMs: number; readonly cancel: Undo } | null = null;

  /** `pairing` is that of the last session with the same member, if there was one. */
  constructor(peer: PeerId, options: SessionOptions, pairing: Pairing) {
    this.#peer = peer;
    this.#options = options;
    this.pairing = pairing;
    this.#streams = this.#begin();
  }

  state(): LinkState {
    const now = this.#now();
    const best = this.#best(now);
    return best?.silent(now) === false ? { path: best.path.kind, rttMs: best.rttMs } : { path: null, rttMs: null };
  }

  /** Resolves when all of it is taken in the window. */
  async send(message: EncodedMessage, lane: Lane): Promise<void> {
    if (this.#departed) throw this.#error('unknown-peer', 'it has left');
    const { maxMessageBytes } = this.#options;
    const bytes = message[1].byteLength;
    const { out } = this.#streams[lane === 'urgent' ? 0 : 1];
    const now = this.#now();
    const isOutOfReach = this.#best(now)?.suspect(now) ?? true;
    const refused = refusal({ bytes, maxMessageBytes, pending: out.pendingBytes, isOutOfReach });
    if (refused !== null) throw this.#error('too-large', refused);
    this.#soon();
    await out.push(message, now);
  }

  pathOpened(path: Path, rank: number): void {
    const health = new PathHealth(path, rank);
    // The other side may not know, as of one that was no member here for a while: what it says next would be lost.
    if (this.#isAnew) health.ackDueMs = 0;
    this.#paths = [...this.#paths, health].toSorted((a, b) => a.rank - b.rank);
    this.#soon();
  }

  pathClosed(path: Path): void {
    this.#paths = this.#paths.filter((health) => health.path !== path);
    this.#soon();
  }

  frame(path: Path, bytes: Uint8Array): void {
    const health = this.#paths.find((known) => known.path === path);
    if (health === undefined) return; // it has closed since
    const frame = decodeFrame(bytes);
    if (frame === null) this.#bad('a frame that makes no sense');
    else if (this.#belongs(health, frame)) this.#takeIn(health, frame);
    this.#soon();
  }

  /** Last words: what is urgent and not acknowledged goes out once more on every path, and a frame that says goodbye. */
  goodbye(): void {
    this.#flush();
    const [{ out }] = this.#streams;
    for (const health of this.#paths) {
      out.rewind();
      let piece;
      do {
        piece = out.cut(roomIn(health), Infinity);
        this.#sendFrame(health, { ...piece, bye: piece === null });
      } while (piece !== null);
    }
  }

  close(code: ClusterErrorCode, reason: string): void {
    this.#closed = true;
    this.#paths = [];
    this.#timer?.cancel();
    this.#refuse(code, reason);
  }

  // What arrives

  /** Whether the frame speaks about this pair of sessions, after restarting this side where it has to. */
  #belongs(health: PathHealth, frame: Frame): boolean {
    const floor = frame.to === 0 || frame.reset ? frame.urgentAck : 0;
    // Both would pair theirs with one that is over for the other side, and go on ending them for each other.
    if (frame.to === 0 && floor > this.pairing.mine) this.#restart('peer-reset', beganAnew, frame.from, floor);
    const verdict = this.pairing.judge(frame, this.#received());
    if (verdict === 'restart') {
      this.#restart('peer-reset', beganAnew, frame.from, floor);
      return this.#belongs(health, frame);
    }
    if (verdict === 'stale') health.resetTo = frame.from;
    if (verdict === 'unaware') health.ackDueMs = 0;
    if (verdict === 'current') this.#departed = false;
    return verdict === 'current';
  }

  #takeIn(health: PathHealth, frame: Frame): void {
    const now = this.#now();
    const [urgent, bulk] = this.#streams;
    const { to, urgentAck, bulkAck, bytes } = frame;
    health.heard(frame, now);
    if (to > 0 && !(urgent.out.acked(urgentAck, health, now) && bulk.out.acked(bulkAck, health, now)))
      return this.#end(wrongAck);

    const sound = (frame.bulk ? bulk : urgent).in.take(frame.offset, bytes, (message) => {
      if (!this.#closed) this.#deliver(message);
    });
    if (bytes.byteLength > 0) health.oweLater(frame.bulk ? bytes.byteLength : Infinity, now);
    if (frame.ping) health.ackDueMs = 0;
    if (this.#closed) return; // whoever heard it gave this member up
    if (!sound) this.#end(tooLong(this.#options.maxMessageBytes));
    else if (frame.bye) {
      this.#departed = true;
      this.#restart('unknown-peer', 'it has left');
      this.#options.events.onGoodbye(this.#peer);
    }
  }

  #deliver(message: Message | string): void {
    const { events } = this.#options;
    try {
      if (typeof message === 'string') this.#bad(message);
      else events.onMessage(this.#peer, message.topic, message.value);
    } catch (error) {
      // As for an event listener: the error surfaces, and the next message arrives all the same.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  // The life of the session

  /** A new number, and nothing said yet in either direction. */
  #begin(heard?: number, least?: number): readonly [Stream, Stream] {
    const { platform, maxMessageBytes } = this.#options;
    this.#isAnew = this.pairing.mine > 0;
    this.pairing.restart(platform.clock.wallMs(), heard, least);
    const stream = (bulk: boolean): Stream => ({
      bulk,
      out: new SendLane(bulk ? bulkWindow : urgentWindow),
      in: new ReceiveLane(maxMessageBytes),
    });
    return [stream(false), stream(true)];
  }

  /** Goes on under a new number, and tells of it if anything may have been lost with the old one. */
  #restart(code: ClusterErrorCode, reason: string, heard?: number, least?: number): void {
    const lossy = code === 'peer-reset' && (this.#received() || this.#streams.some(({ out }) => out.end > 0));
    this.#refuse(code, reason);
    this.#streams = this.#begin(heard, least);
    if (lossy) this.#options.events.onReset(this.#peer);
  }

  /** Ends the session from this side and says so. */
  #end(reason: string): void {
    for (const health of this.#paths) health.resetTo = this.pairing.theirs;
    this.#restart('peer-reset', reason);
  }

  #refuse(code: ClusterErrorCode, reason: string): void {
    for (const { out } of this.#streams) out.refuse(this.#error(code, reason));
  }

  #received(): boolean {
    return this.#streams.some((stream) => stream.in.next > 0);
  }

  #bad(reason: string): void {
    this.#options.events.onError(this.#peer, new ClusterError('bad-message', reason));
  }

  #error(code: ClusterErrorCode, reason: string): ClusterError {
    return new ClusterError(code, `the session with ${this.#peer}: ${reason}`);
  }

  // What leaves

  /** The best path that works: a suspect one only where all are, one that is not proven after those that are. */
  #best(now: number = this.#now()): PathHealth | undefined {
    const fit = this.#paths.filter((health) => !health.suspect(now));
    return fit.find((health) => health.rttMs !== null) ?? fit[0] ?? this.#paths[0];
  }

  /** At the end of this turn: what came together until then shares frames. */
  #soon(): void {
    if (this.#soonScheduled) return;
    this.#soonScheduled = true;
    queueMicrotask(() => {
      this.#soonScheduled = false;
      this.#run();
    });
  }

  #run(): void {
    if (this.#closed) return;
    this.#flush();
    this.#announce();
  }

  /** Sends whatever is due, and wakes when something else will be. */
  #flush(): void {
    if (this.#departed) return;
    const now = this.#now();
    const best = this.#best(now);
    // What was sent over one path and is not acknowledged is sent over the one that replaces it.
    if (best !== this.#via) for (const { out } of this.#streams) out.rewind();
    this.#via = best;
    let dueMs = Infinity;
    for (const stream of this.#streams) {
      if (best) this.#sendStream(stream, best);
      dueMs = Math.min(dueMs, stream.out.dueMs(best?.patienceMs));
    }
    for (const health of this.#paths) {
      this.#tend(health, best, now);
      dueMs = Math.min(dueMs, health.dueMs(health === best, this.#paths.length === 1, now));
    }
    this.#arm(dueMs, now);
  }

  #sendStream({ bulk, out }: Stream, health: PathHealth): void {
    const fullBytes = bulk ? maxBufferedBytes : Infinity;
    while (health.path.bufferedBytes() < fullBytes) {
      const piece = out.cut(roomIn(health));
      if (piece === null) return;
      this.#sendFrame(health, { ...piece, bulk });
    }
  }

  /** Answers on a path, and asks one that is in doubt, so that its life or death shows. */
  #tend(health: PathHealth, best: PathHealth | undefined, now: number): void {
    const { resetTo } = health;
    health.resetTo = 0;
    if (resetTo > 0) this.#sendFrame(health, { reset: true, to: resetTo });
    const ping = health.askDueMs(health === best, this.#paths.length === 1, now) <= now;
    if (ping || health.ackDueMs <= now) this.#sendFrame(health, { ping });
    if (best && health.hopeless(now, best)) health.path.giveUp?.();
  }

  #sendFrame(health: PathHealth, content: Partial<Frame>): void {
    const stampMs = this.#now();
    const said = { ...plain, ...content };
    const [urgent, bulk] = this.#streams;
    const { mine: from, theirs: to, floor } = this.pairing;
    const saysFloor = to === 0 || said.reset;
    const frame = encodeFrame({
      from,
      to,
      urgentAck: saysFloor ? Math.max(floor, to && to + 1) : urgent.in.next,
      bulkAck: bulk.in.next,
      stampMs,
      echoMs: health.sent(said, stampMs),
      ...said,
    });
    health.path.send(frame, said.bulk ? 'bulk' : 'urgent');
  }

  #announce(): void {
    const state = this.state();
    const { path, rttMs } = this.#announced;
    if (state.path === path && !differs(state.rttMs, rttMs)) return;
    this.#announced = state;
    this.#options.events.onLinkState(this.#peer, state);
  }

  // Time

  /** One timer, for whatever is due first. */
  #arm(dueMs: number, now: number): void {
    // Never at once: a sum that is rounded down would be due again and again.
    const atMs = Math.max(dueMs, now + 1);
    if (atMs === Infinity || (this.#timer !== null && this.#timer.atMs <= atMs)) return;
    this.#timer?.cancel();
    const cancel = this.#options.platform.timers.after(atMs - now, () => {
      this.#timer = null;
      this.#tick();
      this.#run();
    });
    this.#timer = { atMs, cancel };
  }

  #tick(): void {
    const best = this.#best();
    for (const { bulk, out } of this.#streams) {
      // What has not even left yet is not late.
      const queued = bulk && best !== undefined && best.path.bufferedBytes() > 0;
      out.tick(best?.patienceMs, queued, this.#now());
      if (out.stuckMs >= maxStuckMs) return this.#end(stuck);
    }
  }

  #now(): number {
    return this.#options.platform.clock.monotonicMs();
  }
}

/** For bytes in a frame of that path. */
function roomIn({ path }: PathHealth): number {
  return Math.min(maxFrameBytes, path.maxFrameBytes) - headerBytes;
}

function differs(a: number | null, b: number | null): boolean {
  if (a === null || b === null) return a !== b;
  return Math.abs(a - b) > 0.2 * b + 0.1;
}
