import { Malformed, text, whole, type Parse } from '../core/parsing.ts';
import type { Json } from './json.ts';

/** What messages of both sides have in them. */

export const channel: Parse<number> = whole(0, 255);
export const host: Parse<string> = text(0, 128);

/** What came out of JSON is JSON. */
export function info(value: unknown): Json {
  if (value === undefined) throw new Malformed('is missing');
  return value as Json;
}
