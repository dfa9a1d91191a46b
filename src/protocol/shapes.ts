import type { Json } from './json.ts';
import { JsonError, parseJson } from './json.ts';
import type { Channel, ServerErrorCode } from './messages.ts';

/** Why a text is no message, in words for whoever sent it: the server answers a client's with them. */
export interface Problem {
  readonly type: 'problem';
  readonly code: ServerErrorCode;
  readonly message: string;
  /** The room that the text spoke of, where that could be read. */
  readonly channel?: Channel;
}

/** One field of a message: what it must be, and that in words. */
export interface Field {
  readonly valid: (value: unknown) => boolean;
  readonly must: string;
  readonly optional?: true;
}

/** Every field of every message of a union, so that the compiler sees a forgotten one. */
export type Shapes<Message extends { readonly type: string }> = {
  readonly [Type in Message['type']]: {
    readonly [Name in Exclude<keyof Extract<Message, { readonly type: Type }>, 'type'>]-?: Field;
  };
};

/** Reads `text` as one message of `shapes`. What is returned has the fields of its shape and no others. */
export function parseMessage<Message extends { readonly type: string }>(
  text: string,
  shapes: Shapes<Message>,
): Message | Problem {
  let value: Json;
  try {
    value = parseJson(text);
  } catch (error) {
    return problem('malformed', error instanceof JsonError ? error.message : 'this is not JSON');
  }
  if (!isRecord(value)) return problem('malformed', 'a message must be a JSON object');
  const { type, channel } = value;
  if (typeof type !== 'string') return problem('malformed', '"type" must be a string', channel);
  if (!Object.hasOwn(shapes, type)) {
    return problem('unknown-type', `"type" must be one of ${Object.keys(shapes).join(', ')}`, channel);
  }
  const message: Record<string, unknown> = { type };
  for (const [name, field] of Object.entries<Field>(shapes[type as Message['type']])) {
    const given = value[name];
    if (given === undefined && field.optional) continue;
    if (!field.valid(given)) return problem('malformed', `"${name}" of ${type} must be ${field.must}`, channel);
    message[name] = given;
  }
  return message as unknown as Message;
}

export function problem(code: ServerErrorCode, message: string, channel?: unknown): Problem {
  return isChannel(channel) ? { type: 'problem', code, message, channel } : { type: 'problem', code, message };
}

/** The longest name of a host, in characters. */
export const maxHostLength = 128;

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isChannel(value: unknown): value is Channel {
  return isNatural(value) && value <= 255;
}

export function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isHost(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxHostLength;
}

export const channel: Field = { valid: isChannel, must: 'a whole number from 0 to 255' };
export const natural: Field = { valid: isNatural, must: 'a whole number from 0 to 2^53 - 1' };
export const host: Field = { valid: isHost, must: `a string of up to ${maxHostLength} characters` };
export const info: Field = { valid: (value) => value !== undefined, must: 'a JSON value' };

/** A string of `least` to `most` characters. */
export function string(least: number, most: number): Field {
  return {
    valid: (value) => typeof value === 'string' && value.length >= least && value.length <= most,
    must: `a string of ${least} to ${most} characters`,
  };
}

export function optional(field: Field): Field {
  return { ...field, optional: true };
}
