import { type Json, jsonFault } from './json.ts';
import { Malformed, type Parse } from './parsing.ts';

/** What strangers hand on for others: JSON, of bounded depth, and of up to `maxChars` characters. */
export function jsonValue(maxChars: number): Parse<Json> {
  return (value) => {
    const fault = jsonFault(value);
    if (fault) throw new Malformed(`has ${fault}`);
    if (JSON.stringify(value).length > maxChars) throw new Malformed('is too large');
    return value as Json;
  };
}
