import { jsonValue } from '../json-value.ts';
import type { Leadership } from '../leadership.ts';
import { flag, list, Malformed, message, number, object, orNull, peerId, whole } from '../parsing.ts';
import { maxCount, maxDisplaced, maxMembers, maxRivals, maxValueChars } from './limits.ts';
import type { Message } from './messages.ts';
import type { Appointment, Claim, Displacement, Edition, MemberRecord } from './record.ts';

/** The message, copied field by field, or why it is none. Whatever was sent beside the known fields is left behind. */
export function parseMessage(value: unknown, from: string): Message | string {
  try {
    return own(value, from);
  } catch (error) {
    return error instanceof Malformed ? error.message : 'cannot be read';
  }
}

const count = whole(0, maxCount);
const term = whole(1, maxCount);
const following = whole(0, maxMembers);

const leadership = object<Leadership>({ id: peerId, term });
const edition = object<Edition>({ by: leadership, version: count });
const stamp = object({ under: leadership, edition: orNull(edition) });

/** Sorted, each once. */
function hears(value: unknown): readonly string[] {
  const ids = list(peerId, maxMembers)(value);
  for (let at = 1; at < ids.length; at++)
    if ((ids[at - 1] as string) >= (ids[at] as string)) throw new Malformed('is not in order');
  return ids;
}

const fields = object<MemberRecord>({
  id: peerId,
  seq: count,
  rank: orNull(count),
  priority: number(-Number.MAX_VALUE, Number.MAX_VALUE),
  visible: flag,
  founded: flag,
  hears,
  claim: orNull(
    object<Claim>({
      term,
      settled: term,
      following,
      over: list(leadership, maxRivals),
      origin: orNull(leadership),
    }),
  ),
  follows: orNull(leadership),
  appoints: orNull(object<Appointment>({ to: peerId, term, following })),
  displaced: list(
    object<Displacement>({ loser: leadership, winner: leadership, edition: orNull(edition) }),
    maxDisplaced,
  ),
  left: flag,
});

/** A member's record. Exported for the limits' own tests. */
export function record(value: unknown): MemberRecord {
  const parsed = fields(value);
  if (parsed.hears.includes(parsed.id)) throw new Malformed('hears itself');
  return parsed;
}

const anyMessage = message<Message>({
  beat: object({
    n: count,
    echo: orNull(object({ n: count, heldMs: number(0, maxCount) })),
    nextMs: number(1, 60_000),
    digest: whole(0, 2 ** 32 - 1),
    ask: flag,
    keeps: flag,
    register: orNull(stamp),
    record: orNull(record),
  }),
  vector: object({ vector: list(entry, maxMembers) }),
  records: object({ records: list(record, maxMembers) }),
  fetch: object({ edition }),
  value: object({ edition, under: leadership, value: jsonValue(maxValueChars) }),
});

function own(value: unknown, from: string): Message {
  const parsed = anyMessage(value);
  if (parsed.type === 'beat' && parsed.record !== null && parsed.record.id !== from)
    throw new Malformed('record is not the sender’s own');
  return parsed;
}

function entry(value: unknown): readonly [id: string, seq: number] {
  const [id, seq] = list((part) => part, 2)(value);
  return [peerId(id), count(seq)];
}
