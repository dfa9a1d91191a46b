import { Malformed } from '../core/parsing.ts';
import type { Platform } from '../platform/platform.ts';
import { ClusterError, type ClusterErrorCode } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { parseJson } from '../protocol/foreign-json.ts';
import type { Lane } from '../protocol/lane.ts';
import { beganAnew, bulkWindow, maxStuckMs, refusal, stuck, tooLong, urgentWindow, wrongAck } from './bounds.ts';
import type { LinksEvents, LinkState } from './links.ts';
import { refusedJson } from './message.ts';
import type { Pairing, Verdict } from './pairing.ts';
import type { OneSession } from './sessions.ts';
import { Incoming, Outgoing } from './whole-lanes.ts';
import type { Word } from './word.ts';

export interface BroadcastSessionOptions {
  readonly self: PeerId;
  readonly platform: Platform;
  readonly maxMessageBytes: number;
  readonly events: LinksEvents;
  post(to: PeerId, word: Word): void;
}

/** Both directions of one lane. */
interface Stream {
  readonly out: Outgoing;
  readonly in: Incoming;
}

/** So much is acknowledged without being asked for. */
const ackEveryUnits = 64 * 1024;
/** How often to measure the round trip, while there is anything to say. */
const askEveryMs = 1_000;
/** Whoever keeps all waiting for so long is out of reach. */
const patienceMs = 1_000;

/**
 * Everything between this page and one other (T1). What pages post to each other arrives, once and in order, a frozen one
 * reads it when it thaws: so nothing is sent again, and what is acknowledged is what holds the sender back.
 */
export class BroadcastSession implements OneSession {
  readonly pairing: Pairing;
  readonly #peer: PeerId;
  readonly #options: BroadcastSessionOptions;
  #streams: readonly [Stream, Stream];
  #rttMs: number | null = null;
  #askedMs = -Infinity;
  #unackedUnits = 0;
  #isClosed = false;

  constructor(peer: PeerId, options: BroadcastSessionOptions, pairing: Pairing) {
    this.#peer = peer;
    this.#options = options;
    this.pairing = pairing;
    const isAnew = pairing.mine > 0 || pairing.floor > 0;
    this.#streams = this.#begin();
    // It may not know that it was no member here: what it said meanwhile may be lost, and what it says next would be.
    if (isAnew) this.#post({});
  }

  state(): LinkState {
    return { path: 'broadcast', rttMs: this.#rttMs };
  }

  /** Resolves when all of it is posted. */
  async send(topic: string, body: string | Uint8Array, lane: Lane): Promise<void> {
    const { maxMessageBytes } = this.#options;
    // Of what is shorter by far than the limit the bytes need not be counted.
    const isLongText = typeof body === 'string' && 3 * body.length > maxMessageBytes;
    const bytes = isLongText ? new TextEncoder().encode(body).length : body.length;
    const { out } = this.#streams[lane === 'urgent' ? 0 : 1];
    const fullMs = out.fullMs(this.#nowMs());
    if (fullMs >= maxStuckMs) throw this.#giveUp();
    const isOutOfReach = fullMs > patienceMs;
    const refused = refusal({ bytes, maxMessageBytes, pending: out.pendingUnits, isOutOfReach });
    if (refused !== null) throw this.#error('too-large', refused);
    const taken = out.push(topic, body);
    this.#flush();
    await taken;
  }

  hear(word: Word): void {
    let verdict = word.floor > this.pairing.mine ? 'restart' : this.#judge(word);
    if (verdict === 'restart') {
      const isLossy = this.#restart(beganAnew, word.from);
      verdict = this.#judge(word);
      // What the other side says next would be lost with the session before; also where it is in a later one by now.
      if (verdict === 'current' || verdict === 'stale') this.#post({});
      // Not before they are paired: what is said at that would make the other side begin anew again, and so on for ever.
      if (isLossy) this.#options.events.onReset(this.#peer);
    }
    if (verdict === 'stale') this.#post({ reset: true, to: word.from });
    if (verdict === 'unaware') this.#post({});
    // Also what was said to a session before: that has taken nothing of this one, and nobody says it again.
    if (verdict === 'unaware' || verdict === 'current') this.#takeIn(word);
  }

  /** Last words: all that is urgent. */
  goodbye(): void {
    this.#flush(true);
  }

  close(code: ClusterErrorCode, reason: string): void {
    this.#isClosed = true;
    this.#refuse(this.#error(code, reason));
  }

  #takeIn({ to, acks, askedMs, answeredMs, piece }: Word): void {
    if (to === this.pairing.mine && !this.#streams.every(({ out }, lane) => out.acked(acks[lane] ?? 0)))
      return this.#end(wrongAck);
    if (answeredMs !== null && answeredMs === this.#askedMs) this.#measured(this.#nowMs() - answeredMs);
    const stream = piece && this.#streams[piece.lane];
    const message = piece && stream && piece.offset === stream.in.next ? stream.in.take(piece) : undefined;
    if (piece && stream) {
      if (piece.offset > stream.in.next) return this.#end('something that it had sent is lost');
      const { maxMessageBytes } = this.#options;
      if (stream.in.units > maxMessageBytes) return this.#end(tooLong(maxMessageBytes));
      this.#unackedUnits += piece.body.length;
    }
    this.#flush();
    // An answer opens a channel. What is urgent does not wait for that: it may say that it is this member's turn to lead.
    const isUrgent = piece?.lane === 0;
    if (!isUrgent) this.#answer(askedMs);
    if (piece && message !== undefined) this.#deliver(piece.topic, message);
    if (isUrgent && !this.#isClosed) this.#answer(askedMs);
  }

  #answer(askedMs: number | null): void {
    if (askedMs !== null || this.#unackedUnits >= ackEveryUnits) this.#post({ answeredMs: askedMs });
  }

  #deliver(topic: string, body: string | Uint8Array): void {
    const { events } = this.#options;
    try {
      events.onMessage(this.#peer, topic, typeof body === 'string' ? parseJson(body) : body);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      events.onError(this.#peer, new ClusterError('bad-message', refusedJson(error)));
    }
  }

  #measured(sampleMs: number): void {
    const before = this.#rttMs ?? Infinity;
    // Down at once, and up slowly: what a busy page makes of one trip is not the way.
    this.#rttMs = sampleMs < before ? sampleMs : before + (sampleMs - before) / 8;
    if (Math.abs(this.#rttMs - before) > 0.2 * this.#rttMs + 0.1)
      this.#options.events.onLinkState(this.#peer, this.state());
  }

  // The life of the session

  #begin(heard?: number): readonly [Stream, Stream] {
    this.pairing.restart(this.#options.platform.clock.wallMs(), heard);
    this.#askedMs = -Infinity;
    const stream = (window: number): Stream => ({ out: new Outgoing(window), in: new Incoming() });
    return [stream(urgentWindow), stream(bulkWindow)];
  }

  #judge(word: Word): Verdict {
    return this.pairing.judge(word, this.#hasReceived());
  }

  /** Goes on under a new number. Returns whether anything may have been lost with the old one. */
  #restart(reason: string, heard?: number): boolean {
    const isLossy = this.#hasReceived() || this.#streams.some(({ out }) => out.isUsed);
    this.#refuse(this.#error('peer-reset', reason));
    this.#streams = this.#begin(heard);
    return isLossy;
  }

  /** Ends the session from this side and says so. */
  #end(reason: string): void {
    const { theirs } = this.pairing;
    const isLossy = this.#restart(reason);
    this.#post({ reset: true, to: theirs });
    if (isLossy) this.#options.events.onReset(this.#peer);
  }

  /** At the end of this turn: nobody hears of it from within a call. */
  #giveUp(): ClusterError {
    const streams = this.#streams;
    queueMicrotask(() => {
      if (this.#streams === streams && !this.#isClosed) this.#end(stuck);
    });
    return this.#error('peer-reset', stuck);
  }

  #refuse(error: ClusterError): void {
    for (const { out } of this.#streams) out.refuse(error);
  }

  #hasReceived(): boolean {
    return this.#streams.some((stream) => stream.in.next > 0);
  }

  #error(code: ClusterErrorCode, reason: string): ClusterError {
    return new ClusterError(code, `the session with ${this.#peer}: ${reason}`);
  }

  // What leaves

  #flush(isGoodbye = false): void {
    const now = this.#nowMs();
    for (const [lane, { out }] of this.#streams.entries()) {
      const isLastWord = isGoodbye && lane === 0;
      for (let cut = out.cut(isLastWord); cut; cut = out.cut(isLastWord)) {
        const isDue = now >= this.#askedMs + askEveryMs;
        if (isDue) this.#askedMs = now;
        this.#post({ piece: { lane, ...cut }, askedMs: isDue ? now : null });
      }
    }
  }

  #post(said: Partial<Word>): void {
    const { self, post } = this.#options;
    const { mine: from, theirs: to, floor } = this.pairing;
    this.#unackedUnits = 0;
    const acks = this.#streams.map((stream) => stream.in.next);
    post(this.#peer, {
      by: self,
      from,
      to,
      floor,
      reset: false,
      acks,
      askedMs: null,
      answeredMs: null,
      piece: null,
      ...said,
    });
  }

  #nowMs(): number {
    return this.#options.platform.clock.monotonicMs();
  }
}
