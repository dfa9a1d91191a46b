import { ByteReader, CutShort } from './bytes.ts';
import { Overrun } from './window.ts';

/** Puts messages together from chunks in order. Holds only what has arrived, whatever length is claimed. */
export class Reassembly {
  readonly #maxMessageBytes: number;
  #parts: Uint8Array[] = [];
  /** Of the message that is under way; 0 between messages. */
  #missingBytes = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** The whole message, once `chunk` completes it. Throws `Overrun` where it breaks the limit or the framing. */
  push(chunk: Uint8Array): Uint8Array | null {
    const part = this.#missingBytes === 0 ? this.#begin(chunk) : chunk;
    if (part.byteLength > this.#missingBytes) throw new Overrun('a message is longer than its length says');
    this.#parts.push(part);
    this.#missingBytes -= part.byteLength;
    if (this.#missingBytes > 0) return null;
    const parts = this.#parts;
    this.#parts = [];
    return join(parts);
  }

  #begin(chunk: Uint8Array): Uint8Array {
    const reader = new ByteReader(chunk);
    const length = readLength(reader);
    if (length === 0 || length > this.#maxMessageBytes)
      throw new Overrun(`a message of ${length} bytes, where 1 to ${this.#maxMessageBytes} are taken`);
    this.#missingBytes = length;
    return reader.bytes(reader.left);
  }
}

function readLength(reader: ByteReader): number {
  try {
    return reader.varint();
  } catch (error) {
    if (error instanceof CutShort) throw new Overrun('a message without its length');
    throw error;
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const only = parts[0];
  if (only !== undefined && parts.length === 1) return only;
  let length = 0;
  for (const part of parts) length += part.byteLength;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
