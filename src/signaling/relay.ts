import type { Platform, Undo } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Lane } from '../protocol/lane.ts';
import {
  decodeRelayFrame,
  encodeRelayFrame,
  maxRelayOverheadBytes,
  type RelayEntry,
  relayEntryBytes,
  relayHeaderBytes,
} from '../protocol/relay-frame.ts';
import type { SignalingConnection } from './connection.ts';
import type { ConnectionStatus } from './listener.ts';
import { Rates } from './rates.ts';

export interface RelayListener {
  onStatus?(status: ConnectionStatus): void;
  /** `entry.peer` is the sender, as the server saw it (T2). */
  onRelay(entry: RelayEntry): void;
}

/** Bulk leaves so much of the rates to urgent frames and control messages. */
const reserveMs = 250;
/** An urgent frame holds what the rate allows in this time, or one entry. */
const urgentFrameMs = 250;
/** Bulk goes out in frames of about one chunk: an urgent frame then waits behind no more than that. */
const bulkFrameBytes = 20 * 1024;
const maxSocketBytes = 64 * 1024;
const socketPollMs = 10;
/** Entries of each lane. What is over it is lost; sessions send it again, and hold bulk back long before. */
const maxQueued = 1024;

/**
 * What goes through the server from member to member, over the connection to it: urgent entries first, as many as fit in
 * a frame, below its rates. Hears what comes as soon as somebody listens, and what came before.
 */
export class Relay {
  readonly #connection: SignalingConnection;
  readonly #platform: Pick<Platform, 'clock' | 'timers'>;
  readonly #listeners = new Set<RelayListener>();
  readonly #queues: Readonly<Record<Lane, RelayEntry[]>> = { urgent: [], bulk: [] };
  #isListening = false;
  /** Of the connection that stands, or stood last. */
  #paced: Rates | undefined;
  #cancelWait: Undo = () => undefined;
  #soon = false;

  constructor(connection: SignalingConnection, platform: Pick<Platform, 'clock' | 'timers'>) {
    this.#connection = connection;
    this.#platform = platform;
  }

  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  /** The largest that an entry may hold, whoever it is for. */
  get maxPayloadBytes(): number {
    return this.#connection.maxFrameBytes - maxRelayOverheadBytes;
  }

  /** Whoever begins to listen within one turn hears the same. */
  listen(listener: RelayListener): Undo {
    this.#listeners.add(listener);
    if (!this.#isListening) this.#listen();
    return () => void this.#listeners.delete(listener);
  }

  /** Bytes that wait to be relayed to `peer`. */
  queuedBytes(peer: PeerId): number {
    const entries = [...this.#queues.urgent, ...this.#queues.bulk].filter((entry) => entry.peer === peer);
    return entries.reduce((bytes, entry) => bytes + relayEntryBytes(entry), 0);
  }

  /**
   * Goes out at the end of this turn, together with what else came until then, or as soon as the rates allow it. Lost
   * where the connection is not online, or too much waits already.
   */
  send(entry: RelayEntry, lane: Lane): void {
    const queue = this.#queues[lane];
    const isTooLarge = relayHeaderBytes + relayEntryBytes(entry) > this.#connection.maxFrameBytes;
    if (!this.#connection.account || isTooLarge || queue.length >= maxQueued) return;
    queue.push(entry);
    if (this.#soon) return;
    this.#soon = true;
    queueMicrotask(() => {
      this.#soon = false;
      this.#pump();
    });
  }

  #listen(): void {
    this.#isListening = true;
    this.#connection.listen({
      onStatus: (status) => {
        if (status !== 'online') this.#drop();
        this.#rates();
        for (const listener of this.#listeners) listener.onStatus?.(status);
      },
      onFrame: (frame) => this.#frame(frame),
      onCharge: (charge) => this.#paced?.charge(charge),
      onGoodbye: () => this.#flush(),
      onError: ({ code }) => void (code === 'rate-limited' && this.#rates()?.slowDown()),
    });
    this.#rates();
  }

  #frame(frame: Uint8Array): void {
    const relayed = decodeRelayFrame(frame);
    if (relayed?.channel !== 0) return this.#connection.complain('the server sent a frame that makes no sense');
    for (const entry of relayed.entries) for (const listener of this.#listeners) listener.onRelay(entry);
  }

  /** Sends all that is urgent now: the rates leave room for last words. */
  #flush(): void {
    while (this.#queues.urgent.length > 0) this.#sendFrame('urgent', Infinity);
    this.#drop();
  }

  /** What waits is lost. */
  #drop(): void {
    this.#cancelWait();
    this.#queues.urgent.length = this.#queues.bulk.length = 0;
  }

  #pump(): void {
    this.#cancelWait();
    for (;;) {
      const rates = this.#rates();
      const lane = this.#queues.urgent.length > 0 ? 'urgent' : 'bulk';
      const [first] = this.#queues[lane];
      if (!rates || first === undefined) return;
      const bytes = relayHeaderBytes + relayEntryBytes(first);
      const isHeldUp = lane === 'bulk' && this.#connection.bufferedBytes > maxSocketBytes;
      const waitMs = isHeldUp ? socketPollMs : rates.msUntilFree(bytes, lane === 'bulk' ? reserveMs : 0);
      if (waitMs > 0) {
        // Whole milliseconds: a rest that is lost in rounding would be waited for again and again.
        this.#cancelWait = this.#platform.timers.after(Math.ceil(waitMs), () => this.#pump());
        return;
      }
      this.#sendFrame(
        lane,
        lane === 'bulk' ? bulkFrameBytes : (rates.account.limits.bytesPerSecond * urgentFrameMs) / 1000,
      );
    }
  }

  /** What may still be sent; null where the connection is not online. To be asked for before anything more is charged. */
  #rates(): Rates | null {
    const { account } = this.#connection;
    if (account && this.#paced?.account !== account) this.#paced = new Rates(account, this.#platform.clock);
    return account && (this.#paced ?? null);
  }

  #sendFrame(lane: Lane, mostBytes: number): void {
    const entries: RelayEntry[] = [];
    const bytes = this.#move(this.#queues[lane], entries, mostBytes);
    // Frames are counted as well as bytes: where small urgent ones use them up, bulk goes along in those.
    if (lane === 'urgent' && bytes < bulkFrameBytes && this.#rates()?.hasBytes(bulkFrameBytes, reserveMs) === true)
      this.#move(this.#queues.bulk, entries, bulkFrameBytes, bytes);
    this.#connection.send(encodeRelayFrame({ channel: 0, entries }));
  }

  /** As many as make up so many bytes, or one where there is none yet. Returns how many bytes that are. */
  #move(from: RelayEntry[], to: RelayEntry[], mostBytes: number, atFirst = relayHeaderBytes): number {
    const maxBytes = Math.min(mostBytes, this.#connection.maxFrameBytes);
    let bytes = atFirst;
    let count = 0;
    for (const entry of from) {
      const withIt = bytes + relayEntryBytes(entry);
      if (withIt > maxBytes && to.length + count > 0) break;
      bytes = withIt;
      count++;
    }
    to.push(...from.splice(0, count));
    return bytes;
  }
}
