/** What survives a trip through JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Thrown by `parseJson`; the message says what is wrong with the text, in words fit for the sender. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/** Deeper values than this are refused: they parse, and then overflow the stack of whoever writes them out again. */
export const maxJsonDepth = 64;

/**
 * `JSON.parse` for text from strangers: refuses what is nested deeper than `maxJsonDepth` and any key named
 * `__proto__`, at any depth, before it can be merged into something.
 */
export function parseJson(text: string): Json {
  checkDepth(text);
  try {
    return JSON.parse(text, refuseProto) as Json;
  } catch (error) {
    if (error instanceof JsonError) throw error;
    throw new JsonError('this is not JSON');
  }
}

/** Throws the `JsonError` that `parseJson` would throw for what `JSON.stringify` wrote; cheaper than parsing it. */
export function checkJson(text: string): void {
  checkDepth(text);
  if (text.includes('"__proto__"')) JSON.parse(text, refuseProto);
}

/** Bytes that `value` takes on the wire: its JSON in UTF-8. */
export function jsonBytes(value: Json): number {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength;
}

function refuseProto(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new JsonError('"__proto__" may not be a key');
  return value;
}

/** Counts brackets outside strings, without recursion. */
function checkDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > maxJsonDepth) throw new JsonError(`nested deeper than ${maxJsonDepth} levels`);
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
}
