import { maxPieceUnits, type Piece } from './word.ts';

/** A message that is not all posted yet. */
interface Waiting {
  readonly topic: string;
  readonly body: string | Uint8Array;
  /** So much of it is posted. */
  at: number;
  readonly taken: () => void;
  readonly refused: (error: Error) => void;
}

/** Of more than that between two looks this page was asleep, or had nothing to say. */
const maxLookMs = 2_000;

/** One direction of one lane, at the sender, over what loses nothing. So much is posted ahead of what is acknowledged. */
export class Outgoing {
  readonly #windowUnits: number;
  readonly #waiting: Waiting[] = [];
  #waitingUnits = 0;
  #posted = 0;
  #acked = 0;
  #lookedMs = -Infinity;
  #fullMs = 0;

  constructor(windowUnits: number) {
    this.#windowUnits = windowUnits;
  }

  /** Anything was said in it. */
  get isUsed(): boolean {
    return this.#posted + this.#waiting.length > 0;
  }

  get pendingUnits(): number {
    return this.#waitingUnits + this.#posted - this.#acked;
  }

  /** For how long the receiver has kept all else waiting, as far as this page was awake: ask for it again and again. */
  fullMs(nowMs: number): number {
    const sinceMs = Math.min(nowMs - this.#lookedMs, maxLookMs);
    this.#lookedMs = nowMs;
    if (this.#isFull && this.#waiting.length > 0) this.#fullMs += sinceMs;
    return this.#fullMs;
  }

  /** Resolves when the last of it is posted. */
  push(topic: string, body: string | Uint8Array): Promise<void> {
    this.#waitingUnits += body.length;
    return new Promise((taken, refused) => this.#waiting.push({ topic, body, at: 0, taken, refused }));
  }

  /** The next piece to be posted, if one may be; of last words, all may. */
  cut(isLastWord: boolean): Omit<Piece, 'lane'> | null {
    const [first] = this.#waiting;
    if (!first || (this.#isFull && !isLastWord)) return null;
    const { topic, body: whole, at } = first;
    const body = whole.slice(at, at + maxPieceUnits);
    const offset = this.#posted;
    this.#posted += body.length + 1;
    this.#waitingUnits -= body.length;
    first.at += body.length;
    const isLast = first.at === whole.length;
    if (isLast) this.#waiting.shift()?.taken();
    return { offset, topic, body, isLast };
  }

  /** False where no honest receiver could say it. */
  acked(upTo: number): boolean {
    if (upTo > this.#acked) {
      this.#acked = upTo;
      this.#fullMs = 0;
    }
    return upTo <= this.#posted;
  }

  get #isFull(): boolean {
    return this.#posted - this.#acked >= this.#windowUnits;
  }

  /** Rejects all that waits. */
  refuse(error: Error): void {
    for (const { refused } of this.#waiting.splice(0)) refused(error);
  }
}

/** One direction of one lane, at the receiver. */
export class Incoming {
  /** So much of it has arrived. */
  next = 0;
  readonly #parts: (string | Uint8Array)[] = [];
  #units = 0;

  /** Takes the piece that is due. Of the last one of a message it returns all of its body, and else `undefined`. */
  take({ body, isLast }: Piece): string | Uint8Array | undefined {
    this.next += body.length + 1;
    this.#units += body.length;
    this.#parts.push(body);
    if (!isLast) return undefined;
    const [units, parts] = [this.#units, this.#parts.splice(0)];
    this.#units = 0;
    return typeof body === 'string' ? parts.join('') : joined(parts as Uint8Array[], units);
  }

  /** What has come of a message so far. */
  get units(): number {
    return this.#units;
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
