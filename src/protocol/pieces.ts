import { Malformed } from '../core/parsing.ts';
import { parseJson } from './foreign-json.ts';
import type { Json } from './json.ts';

/**
 * A message in pieces that fit into relay frames, each
 *
 *     u8 1 for the last piece of its message, else 0 · u16 number of the message · u16 number of the piece · bytes
 *
 * Numbers are big endian and begin at 0; those of messages wrap. The bytes of all pieces together are the message as JSON
 * in UTF-8. The pieces of one message come in order; between them there may be those of one other, of another lane. Where
 * a piece is missing, its message is lost, and no other.
 */
const headerBytes = 5;
/** Bounds what a sender makes its receiver keep: an entry of the log as large as one may be fits, all of it escaped. */
export const maxWitnessMessageBytes: number = 8 * 1024 * 1024;
/** What keeping a piece takes beside its bytes. */
const keptPieceBytes = 128;
/** As many as there are lanes. */
const maxUnderWay = 2;
const encoder = new TextEncoder();
/** A mark of byte order is not skipped: no JSON begins with one. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Numbers the messages of one sender. */
export class Pieces {
  #number = 0;

  /** Each of at most `maxBytes`, which must be more than a header takes. */
  split(message: Json, maxBytes: number): readonly Uint8Array<ArrayBuffer>[] {
    const bytes = encoder.encode(JSON.stringify(message));
    const room = maxBytes - headerBytes;
    const number = this.#number;
    this.#number = (number + 1) % 2 ** 16;
    return Array.from({ length: Math.ceil(bytes.byteLength / room) }, (_, at) => {
      const part = bytes.subarray(at * room, (at + 1) * room);
      const piece = new Uint8Array(headerBytes + part.byteLength);
      const header = new DataView(piece.buffer);
      header.setUint8(0, Number((at + 1) * room >= bytes.byteLength));
      header.setUint16(1, number);
      header.setUint16(3, at);
      piece.set(part, headerBytes);
      return piece;
    });
  }
}

/** What came of a piece. */
export type Assembled =
  | { readonly type: 'message'; readonly message: Json }
  /** More has to come, or a piece before it was lost. */
  | { readonly type: 'nothing' }
  /** No loss makes it so. */
  | { readonly type: 'malformed'; readonly reason: string };

const nothing: Assembled = { type: 'nothing' };

interface UnderWay {
  readonly parts: Uint8Array[];
  bytes: number;
}

/** Puts the pieces of one sender together again. */
export class PieceAssembler {
  readonly #maxMessageBytes: number;
  /** By the number of the message. */
  readonly #underWay = new Map<number, UnderWay>();

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** What the pieces of messages that are not complete yet take up. 0: it remembers nothing. */
  get keptBytes(): number {
    let sum = 0;
    for (const { parts, bytes } of this.#underWay.values()) sum += bytes + parts.length * keptPieceBytes;
    return sum;
  }

  /** Keeps nothing of `piece` itself. */
  take(piece: Uint8Array): Assembled {
    const [last] = piece;
    if (piece.byteLength <= headerBytes || (last !== 0 && last !== 1))
      return malformed('this is no piece of a message');
    const header = new DataView(piece.buffer, piece.byteOffset, headerBytes);
    const number = header.getUint16(1);
    const at = header.getUint16(3);
    const known = at === 0 ? this.#begin() : this.#underWay.get(number);
    this.#underWay.delete(number);
    if (known === undefined || known.parts.length !== at) return nothing;
    known.parts.push(piece.slice(headerBytes));
    known.bytes += piece.byteLength - headerBytes;
    if (known.bytes > this.#maxMessageBytes) return malformed(`a message has more than ${this.#maxMessageBytes} bytes`);
    if (last === 1) return messageOf(known);
    this.#underWay.set(number, known);
    return nothing;
  }

  /** What takes the place of the oldest is one that nobody will end. */
  #begin(): UnderWay {
    const [oldest] = this.#underWay.keys();
    if (this.#underWay.size >= maxUnderWay && oldest !== undefined) this.#underWay.delete(oldest);
    return { parts: [], bytes: 0 };
  }
}

function messageOf({ parts, bytes }: UnderWay): Assembled {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  try {
    return { type: 'message', message: parseJson(decoder.decode(whole)) };
  } catch (error) {
    if (!(error instanceof Malformed || error instanceof TypeError)) throw error;
    return malformed(error instanceof Malformed ? error.message : 'this is not UTF-8');
  }
}

function malformed(reason: string): Assembled {
  return { type: 'malformed', reason };
}
