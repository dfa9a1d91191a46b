import type { Lane, Path } from '../transports/transport.ts';
import { type Ack, type Chunk, chunkBytes, lanes, maxChunkHeaderBytes } from './frame.ts';
import type { EncodedMessage } from './message.ts';
import { ReceiveLane } from './receive-lane.ts';
import type { RttEstimate } from './rtt.ts';
import { SendLane } from './send-lane.ts';

/** While anything is not acknowledged, time is looked at this often; what took longer was sleep and does not count. */
const checkEveryMs = 1_000;

/** What a pair of sessions says to each other, both ways in both lanes. It ends when the pair does. */
export class Exchange {
  readonly #send: Readonly<Record<Lane, SendLane>> = { urgent: new SendLane('urgent'), bulk: new SendLane('bulk') };
  readonly #receive: Readonly<Record<Lane, ReceiveLane>>;
  readonly #sending: readonly SendLane[] = Object.values(this.#send);
  /** How often nothing was acknowledged in time, one after the other. */
  #timeouts = 0;
  #checkedMs: number;

  constructor(maxMessageBytes: number, nowMs: number) {
    this.#receive = {
      urgent: new ReceiveLane('urgent', maxMessageBytes),
      bulk: new ReceiveLane('bulk', maxMessageBytes),
    };
    this.#checkedMs = nowMs;
  }

  /** Whether anything has ever arrived. */
  get received(): boolean {
    return lanes.some((lane) => this.#receive[lane].touched);
  }

  /** Whether anything has ever arrived, or was to be sent. */
  get used(): boolean {
    return this.received || this.#sending.some((lane) => lane.touched);
  }

  /** Bytes of messages that no window has taken yet. */
  get waitingBytes(): number {
    return this.#send.urgent.waitingBytes + this.#send.bulk.waitingBytes;
  }

  /** Resolves when all of it is taken in the window. */
  push(message: EncodedMessage, lane: Lane): Promise<void> {
    return this.#send[lane].push(message);
  }

  /** Takes what arrived: the messages that it completes, and whether to say so at once. Throws `Overrun`. */
  take(chunks: readonly Chunk[]): { readonly messages: Uint8Array[]; readonly ackNow: boolean } {
    const messages: Uint8Array[] = [];
    let ackNow = false;
    for (const chunk of chunks) {
      const lane = this.#receive[chunk.lane];
      const completed = lane.take(chunk);
      if (completed !== null) messages.push(...completed);
      if (completed === null || lane.gap || chunk.lane === 'urgent') ackNow = true;
    }
    return { messages, ackNow };
  }

  acks(): Record<Lane, Ack> {
    return { urgent: this.#receive.urgent.ack(), bulk: this.#receive.bulk.ack() };
  }

  /** Takes in what the receiver says. False where no honest receiver could say it. */
  acked(acks: Readonly<Record<Lane, Ack>>, rtt: RttEstimate | undefined, nowMs: number): boolean {
    return this.#sending.every((lane) => {
      const { honest, bytes } = lane.acked(acks[lane.lane], nowMs, rtt?.smoothedMs ?? 0, rtt?.queueMs ?? 0);
      if (bytes > 0) this.#timeouts = 0;
      return honest;
    });
  }

  /** As much for a frame with room for `roomBytes` as may be sent now over `via`. */
  collect(lane: Lane, roomBytes: number, via: Path, nowMs: number): Chunk[] {
    const chunks: Chunk[] = [];
    for (let room = roomBytes; room > maxChunkHeaderBytes;) {
      const chunk = this.#send[lane].take(room - maxChunkHeaderBytes, via, nowMs);
      if (chunk === null) break;
      chunks.push(chunk);
      room -= chunkBytes(chunk);
    }
    return chunks;
  }

  /** All that is urgent and not acknowledged, in frames with room for `roomBytes`; at least one. */
  lastWords(roomBytes: number): Chunk[][] {
    const frame: Chunk[] = [];
    const frames = [frame];
    let [last, room] = [frame, roomBytes];
    for (const chunk of this.#send.urgent.unacknowledged()) {
      const bytes = chunkBytes(chunk);
      if (bytes > room) {
        frames.push((last = []));
        room = roomBytes;
      }
      last.push(chunk);
      room -= bytes;
    }
    return frames;
  }

  /** What was sent over `path` has to be sent once more. */
  pathLost(path: Path): void {
    for (const lane of this.#sending) lane.pathLost(path);
  }

  /** When `tick` has something to do. */
  nextDueMs(rtt: RttEstimate | undefined, nowMs: number): number {
    const timeoutMs = this.#timeoutMs(rtt);
    return Math.min(
      this.#sending.some((lane) => lane.busy) ? nowMs + checkEveryMs : Infinity,
      ...this.#sending.map((lane) => lane.oldestSentMs() + timeoutMs),
    );
  }

  /** Sends again what is overdue. Returns for how long nothing was confirmed that should have been. */
  tick(rtt: RttEstimate | undefined, nowMs: number): number {
    const elapsedMs = Math.min(nowMs - this.#checkedMs, 2 * checkEveryMs);
    this.#checkedMs = nowMs;
    const sentBeforeMs = nowMs - this.#timeoutMs(rtt);
    const late = this.#sending.filter((lane) => lane.oldestSentMs() <= sentBeforeMs);
    for (const lane of late) lane.timedOut(sentBeforeMs);
    if (late.length > 0) this.#timeouts++;
    // Both lanes age.
    return Math.max(...this.#sending.map((lane) => lane.stuckMs(elapsedMs)));
  }

  /** Refuses what waits. */
  end(error: Error): void {
    for (const lane of this.#sending) lane.end(error);
  }

  /** Doubles while nothing is acknowledged, up to a second: a link that heals is used again soon. */
  #timeoutMs(rtt: RttEstimate | undefined): number {
    return Math.min((rtt?.timeoutMs() ?? checkEveryMs) * 2 ** Math.min(this.#timeouts, 10), checkEveryMs);
  }
}
