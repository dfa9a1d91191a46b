import { type JsonError, parseJson } from './json.ts';
import type { Channel, ServerErrorCode } from './messages.ts';

/** Why a text is no message, in words for whoever sent it: the server answers a client's with them. */
export interface Problem {
  readonly type: 'problem';
  readonly code: ServerErrorCode;
  readonly message: string;
  /** The room that the text spoke of, where that could be read. */
  readonly channel?: Channel;
}

/** What a field of a message must be: in words, and as a test. */
export type Field = readonly [must: string, test: (value: unknown) => boolean];

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
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    return problem('malformed', (error as JsonError).message);
  }
  if (!isRecord(value)) return problem('malformed', 'a message must be a JSON object');
  const { type, channel: room } = value;
  if (!isOneOf(shapes, type)) {
    return problem('unknown-type', `"type" must be one of ${Object.keys(shapes).join(', ')}`, room);
  }
  const message: Record<string, unknown> = { type };
  for (const [name, [must, test]] of Object.entries<Field>(shapes[type])) {
    const given = value[name];
    if (!test(given)) return problem('malformed', `"${name}" of ${type} must be ${must}`, room);
    if (given !== undefined) message[name] = given;
  }
  return message as unknown as Message;
}

export function problem(code: ServerErrorCode, message: string, room?: unknown): Problem {
  return { type: 'problem', code, message, ...(channel[1](room) && { channel: room as Channel }) };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOneOf<Names extends object>(names: Names, value: unknown): value is keyof Names & string {
  return typeof value === 'string' && Object.hasOwn(names, value);
}

export const channel: Field = whole(0, 255);
export const natural: Field = whole(0);
export const positive: Field = whole(1);
export const host: Field = string(0, 128);

function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Field {
  const test = (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
  return [`a whole number from ${least} to ${most}`, test];
}

/** Of `least` to `most` characters. */
export function string(least: number, most: number): Field {
  const test = (value: unknown): boolean => typeof value === 'string' && value.length >= least && value.length <= most;
  return [`a string of ${least} to ${most} characters`, test];
}

export function list([must, test]: Field): Field {
  return [`a list, each ${must}`, (value) => Array.isArray(value) && value.every(test)];
}

export function optional([must, test]: Field): Field {
  return [must, (value) => value === undefined || test(value)];
}
