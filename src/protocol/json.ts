import type { Json } from '../core/json.ts';
import { ClusterError } from './errors.ts';

export { type Json, jsonFault } from '../core/json.ts';

/** Bytes that `value` takes on the wire: its JSON in UTF-8. */
export function jsonBytes(value: Json | object): number {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength;
}

/** Throws `too-large` above `maxBytes`. `what` names it in the message. */
export function assertJsonBytes(value: Json, what: string, maxBytes: number): void {
  const bytes = jsonBytes(value);
  if (bytes > maxBytes)
    throw new ClusterError('too-large', `${what} takes ${bytes} bytes of JSON; at most ${maxBytes} are allowed`);
}
