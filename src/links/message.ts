import { type Json, JsonError, checkJson, parseJson } from '../protocol/json.ts';
import { ByteReader, ByteWriter, CutShort, varintBytes } from './bytes.ts';

/** What travels in a lane: a value under a topic. JSON stays JSON and bytes stay bytes. */
export interface Message {
  readonly topic: string;
  readonly value: Json | Uint8Array;
}

/**
 * A message on its way out. On the wire a message is
 *
 *     length of all that follows · u8 kind · length of topic · topic (UTF-8) · body
 *
 * `head` is everything before the body.
 */
export interface EncodedMessage {
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

const kinds = { json: 0, bytes: 1 } as const;
export const maxTopicBytes = 256;
const nonsense = 'a message that makes no sense';

/** Throws a `TypeError` for a value that is not JSON and a `RangeError` for one that no receiver would take. */
export function encodeMessage(topic: string, value: Json | Uint8Array): EncodedMessage {
  const topicBytes = new TextEncoder().encode(topic);
  if (topicBytes.byteLength > maxTopicBytes) throw new RangeError(`a topic has at most ${maxTopicBytes} bytes`);
  const kind = value instanceof Uint8Array ? kinds.bytes : kinds.json;
  const body = value instanceof Uint8Array ? value : encodeJson(value);
  const writer = new ByteWriter();
  writer.varint(1 + varintBytes(topicBytes.byteLength) + topicBytes.byteLength + body.byteLength);
  writer.byte(kind);
  writer.varint(topicBytes.byteLength);
  writer.bytes(topicBytes);
  return { head: writer.finish(), body };
}

function encodeJson(value: Json): Uint8Array {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new TypeError('a message must be JSON or a Uint8Array');
  checkJson(value);
  return new TextEncoder().encode(text);
}

/** Reads what follows the length. A string says what is wrong with it. */
export function decodeMessage(bytes: Uint8Array): Message | string {
  const reader = new ByteReader(bytes);
  try {
    const kind = reader.byte();
    const topicLength = reader.varint();
    if (topicLength > maxTopicBytes || kind > kinds.bytes) return nonsense;
    const topic = new TextDecoder().decode(reader.bytes(topicLength));
    const body = reader.bytes(reader.left);
    return { topic, value: kind === kinds.bytes ? new Uint8Array(body) : parseJson(new TextDecoder().decode(body)) };
  } catch (error) {
    if (error instanceof JsonError) return `a message whose JSON is refused: ${error.message}`;
    if (error instanceof CutShort) return nonsense;
    throw error;
  }
}
