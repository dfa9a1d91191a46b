import { jsonValue } from '../json-value.ts';
import { flag, list, Malformed, message, number, object, orNull, peerId, whole } from '../parsing.ts';
import { maxCount, maxMembers, maxValueChars } from './limits.ts';
import type { Edition, Message } from './messages.ts';

/** The message, copied field by field, or why it is none. Whatever was sent beside the known fields is left behind. */
export function parseMessage(value: unknown): Message | string {
  try {
    return anyMessage(value);
  } catch (error) {
    return error instanceof Malformed ? error.message : 'cannot be read';
  }
}

const count = whole(0, maxCount);
const positive = whole(1, maxCount);
const edition = object<Edition>({ term: positive, version: positive });

const anyMessage = message<Message>({
  beat: object({
    term: positive,
    version: count,
    line: list(peerId, maxMembers),
    edition: orNull(edition),
    ask: flag,
  }),
  hello: object({
    priority: number(-Number.MAX_VALUE, Number.MAX_VALUE),
    visible: flag,
    term: count,
    version: count,
    edition: orNull(edition),
  }),
  yield: object({ term: positive, restless: whole(0, 64), stays: flag }),
  value: object({ edition, value: jsonValue(maxValueChars) }),
  fetch: object({}),
});
