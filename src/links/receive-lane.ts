import { type Message, type MessageHeader, decodeMessage, messageHeaderBytes, readHeader } from './message.ts';

/**
 * One direction of one lane, at the receiver: takes the stream in order, once, and cuts it into messages. Holds only
 * what has arrived of one message, whatever length is claimed.
 */
export class ReceiveLane {
  /** So much of the stream has arrived in order. */
  next = 0;
  readonly #maxMessageBytes: number;
  /** Of the message under way; `null` until it has arrived itself. */
  #header: MessageHeader | null = null;
  /** The header or what follows it, as far as it has arrived, with room for more. */
  #part = new Uint8Array(messageHeaderBytes);
  #partBytes = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * Takes what is new of a piece of the stream, and hands out each message that it completes, or what is wrong with it.
   * False where no honest sender could have sent it.
   */
  take(offset: number, bytes: Uint8Array, deliver: (message: Message | string) => void): boolean {
    if (offset > this.next) return true; // something before it is lost, and will be sent again with it
    let rest = bytes.subarray(this.next - offset);
    this.next += rest.byteLength;
    while (rest.byteLength > 0) {
      rest = this.#append(rest);
      // Two steps if a message is empty: after its header it is complete.
      while (this.#partBytes === this.#wholeBytes) if (!this.#complete(deliver)) return false;
    }
    return true;
  }

  get #wholeBytes(): number {
    return this.#header?.bytes ?? messageHeaderBytes;
  }

  /** Returns what belongs to the next part. */
  #append(bytes: Uint8Array): Uint8Array {
    const part = bytes.subarray(0, this.#wholeBytes - this.#partBytes);
    const end = this.#partBytes + part.byteLength;
    if (end > this.#part.byteLength) {
      const grown = new Uint8Array(Math.min(2 * end, this.#wholeBytes));
      grown.set(this.#part);
      this.#part = grown;
    }
    this.#part.set(part, this.#partBytes);
    this.#partBytes = end;
    return bytes.subarray(part.byteLength);
  }

  /** Goes on from a header to its message, and from there to the next header. */
  #complete(deliver: (message: Message | string) => void): boolean {
    const [header, part] = [this.#header, this.#part];
    this.#part = new Uint8Array(0);
    this.#partBytes = 0;
    this.#header = header ? null : readHeader(part, this.#maxMessageBytes);
    if (header) deliver(decodeMessage(header, part));
    return header !== null || this.#header !== null;
  }
}
