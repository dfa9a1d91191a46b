import { Malformed } from '../core/parsing.ts';
import { parseJson } from '../protocol/foreign-json.ts';
import type { Json } from '../protocol/json.ts';

/** What travels in a lane: a value under a topic. JSON stays JSON and bytes stay bytes. */
export interface Message {
  readonly topic: string;
  readonly value: Json | Uint8Array;
}

/**
 * What stands before a message in the stream of its lane: the bytes of its body and of its topic, and whether the body
 * is bytes or JSON.
 *
 *     u32 body · u16 twice topic, and 1 more for bytes · topic (as JSON without its quotes) · body
 */
export const messageHeaderBytes = 6;
const maxTopicBytes = 1024;

/** Everything before the body, and the body. */
export type EncodedMessage = readonly [head: Uint8Array, body: Uint8Array];

/** Throws a `RangeError` for a topic that is too long. */
export function encodeMessage(topic: string, value: Json | Uint8Array): EncodedMessage {
  const topicBytes = new TextEncoder().encode(JSON.stringify(topic).slice(1, -1));
  if (topicBytes.byteLength > maxTopicBytes) throw new RangeError(`a topic has at most ${maxTopicBytes} bytes`);
  const asBytes = value instanceof Uint8Array;
  const body = asBytes ? value : new TextEncoder().encode(JSON.stringify(value));
  const head = new Uint8Array(messageHeaderBytes + topicBytes.byteLength);
  const view = new DataView(head.buffer);
  view.setUint32(0, body.byteLength);
  view.setUint16(4, topicBytes.byteLength * 2 + (asBytes ? 1 : 0));
  head.set(topicBytes, messageHeaderBytes);
  return [head, body];
}

/** What is said before a message, of which `bytes` follow. */
export interface MessageHeader {
  readonly bytes: number;
  readonly topicBytes: number;
  readonly isJson: boolean;
}

/** Null for what no sender would send. */
export function readHeader(header: Uint8Array, maxMessageBytes: number): MessageHeader | null {
  const view = new DataView(header.buffer);
  const twice = view.getUint16(4);
  const topicBytes = twice >> 1;
  const bodyBytes = view.getUint32(0);
  if (topicBytes > maxTopicBytes || bodyBytes > maxMessageBytes) return null;
  return { bytes: topicBytes + bodyBytes, topicBytes, isJson: twice % 2 === 0 };
}

/** Reads what followed a header. A string says what is wrong with it. */
export function decodeMessage({ topicBytes, isJson }: MessageHeader, content: Uint8Array): Message | string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const body = content.slice(topicBytes);
  try {
    const topic = parseJson(`"${decoder.decode(content.subarray(0, topicBytes))}"`) as string;
    return { topic, value: isJson ? parseJson(decoder.decode(body)) : body };
  } catch (error) {
    if (error instanceof Malformed) return refusedJson(error);
    throw error;
  }
}

export function refusedJson({ message }: Malformed): string {
  return `a message whose JSON is refused: ${message}`;
}
