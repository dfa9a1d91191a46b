import {
  maxCount,
  maxDisplaced,
  maxMembers,
  maxRecordsPerMessage,
  maxRivals,
  maxValueChars,
  maxValueDepth,
} from './limits.ts';
import type { Beat, Message, RegisterStamp } from './messages.ts';
import type { Appointment, Claim, Displacement, Edition, Leadership, MemberRecord } from './record.ts';
import type { Vector } from './table.ts';

/** Says what is wrong with a message, in words fit for a log. Never leaves the core. */
class Malformed extends Error {}

/** The message, copied field by field, or why it is none. Whatever was sent beside the known fields is left behind. */
export function parseMessage(value: unknown, from: string): Message | string {
  try {
    return message(value, from);
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    return 'cannot be read';
  }
}

function message(value: unknown, from: string): Message {
  const fields = object(value, 'message');
  switch (fields['type']) {
    case 'beat':
      return beat(fields, from);
    case 'vector':
      return { type: 'vector', vector: vector(fields['vector']), reply: flag(fields['reply'], 'reply') };
    case 'records':
      return { type: 'records', records: list(fields['records'], 'records', maxRecordsPerMessage).map(record) };
    case 'fetch':
      return { type: 'fetch', edition: edition(fields['edition']) };
    case 'value':
      return {
        type: 'value',
        edition: edition(fields['edition']),
        under: leadership(fields['under']),
        value: published(fields['value']),
      };
    default:
      throw new Malformed('unknown type of message');
  }
}

function beat(fields: Fields, from: string): Beat {
  const own = orNull(fields['record'], record);
  if (own !== null && own.id !== from) throw new Malformed('record is not the sender’s own');
  return {
    type: 'beat',
    n: count(fields['n'], 'n'),
    echo: orNull(fields['echo'], echo),
    nextMs: number(fields['nextMs'], 'nextMs', 1, 60_000),
    digest: count(fields['digest'], 'digest', 2 ** 32 - 1),
    ask: flag(fields['ask'], 'ask'),
    keeps: flag(fields['keeps'], 'keeps'),
    register: orNull(fields['register'], stamp),
    record: own,
  };
}

function echo(value: unknown): Beat['echo'] {
  const fields = object(value, 'echo');
  return { n: count(fields['n'], 'echo.n'), heldMs: number(fields['heldMs'], 'echo.heldMs', 0, maxCount) };
}

function stamp(value: unknown): RegisterStamp {
  const fields = object(value, 'register');
  return { under: leadership(fields['under']), edition: orNull(fields['edition'], edition) };
}

function vector(value: unknown): Vector {
  const entries = list(value, 'vector', maxMembers);
  return entries.map((entry) => {
    const pair = list(entry, 'vector entry', 2);
    return [peerId(pair[0]), count(pair[1], 'seq')] as const;
  });
}

/** A member's record. Exported for the limits' own tests. */
export function record(value: unknown): MemberRecord {
  const fields = object(value, 'record');
  const id = peerId(fields['id']);
  return {
    id,
    seq: count(fields['seq'], 'seq'),
    rank: orNull(fields['rank'], (rank) => count(rank, 'rank')),
    priority: number(fields['priority'], 'priority', -Number.MAX_VALUE, Number.MAX_VALUE),
    visible: flag(fields['visible'], 'visible'),
    founded: flag(fields['founded'], 'founded'),
    hears: hears(fields['hears'], id),
    claim: orNull(fields['claim'], claim),
    follows: orNull(fields['follows'], leadership),
    appoints: orNull(fields['appoints'], appointment),
    displaced: list(fields['displaced'], 'displaced', maxDisplaced).map(displacement),
    left: flag(fields['left'], 'left'),
  };
}

/** Sorted, without the member itself, each once. */
function hears(value: unknown, self: string): readonly string[] {
  const ids = list(value, 'hears', maxMembers).map(peerId);
  for (const [at, id] of ids.entries()) {
    if (id === self) throw new Malformed('hears itself');
    if (at > 0 && (ids[at - 1] as string) >= id) throw new Malformed('hears is not in order');
  }
  return ids;
}

function claim(value: unknown): Claim {
  const fields = object(value, 'claim');
  return {
    term: term(fields['term']),
    settled: term(fields['settled']),
    following: count(fields['following'], 'following', maxMembers),
    over: list(fields['over'], 'over', maxRivals).map(leadership),
    origin: orNull(fields['origin'], leadership),
  };
}

function appointment(value: unknown): Appointment {
  const fields = object(value, 'appoints');
  return {
    to: peerId(fields['to']),
    term: term(fields['term']),
    following: count(fields['following'], 'following', maxMembers),
  };
}

function displacement(value: unknown): Displacement {
  const fields = object(value, 'displacement');
  return {
    loser: leadership(fields['loser']),
    winner: leadership(fields['winner']),
    edition: orNull(fields['edition'], edition),
  };
}

function leadership(value: unknown): Leadership {
  const fields = object(value, 'leadership');
  return { id: peerId(fields['id']), term: term(fields['term']) };
}

function edition(value: unknown): Edition {
  const fields = object(value, 'edition');
  return { by: leadership(fields['by']), version: count(fields['version'], 'version') };
}

/** A value for strangers to hand on: JSON, of bounded depth and size. Walks without recursion. */
function published(value: unknown): unknown {
  const rest: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  let chars = 0;
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (next.depth > maxValueDepth) throw new Malformed('value is nested too deep');
    chars += 2 + charsOf(next.value);
    if (chars > 2 * maxValueChars) throw new Malformed('value is too large');
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const [key, child] of Object.entries(next.value)) {
      if (key === '__proto__') throw new Malformed('"__proto__" may not be a key');
      if (!Array.isArray(next.value)) chars += key.length;
      rest.push({ value: child, depth: next.depth + 1 });
    }
  }
  return value;
}

function charsOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value === 'object' || typeof value === 'boolean') return 0;
  if (typeof value === 'number' && Number.isFinite(value)) return 1;
  throw new Malformed('value is not JSON');
}

type Fields = { readonly [key: string]: unknown };

function object(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed(`${name} is no object`);
  return value as Fields;
}

/** A hole in a list is an entry, and refused as one. */
function list(value: unknown, name: string, maxLength: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new Malformed(`${name} is no list`);
  if (value.length > maxLength) throw new Malformed(`${name} is too long`);
  return Array.from(value);
}

function orNull<T>(value: unknown, parse: (value: unknown) => T): T | null {
  return value === null ? null : parse(value);
}

function flag(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new Malformed(`${name} is neither true nor false`);
  return value;
}

function number(value: unknown, name: string, from: number, to: number): number {
  if (typeof value !== 'number' || !(value >= from && value <= to)) throw new Malformed(`${name} is out of range`);
  return value;
}

/** A whole number from 0 to `max`. */
function count(value: unknown, name: string, max: number = maxCount): number {
  const whole = number(value, name, 0, max);
  if (!Number.isInteger(whole)) throw new Malformed(`${name} is not a whole number`);
  return whole;
}

function term(value: unknown): number {
  return number(count(value, 'term'), 'term', 1, maxCount);
}

const peerIdPattern = /^[A-Za-z0-9_.:-]{1,64}$/;

function peerId(value: unknown): string {
  if (typeof value !== 'string' || !peerIdPattern.test(value)) throw new Malformed('id is malformed');
  return value;
}
