import { field, type Fields, fieldsOf, flag, list, Malformed, message } from '../parsing.ts';
import { number, object, orNull, type Parse, peerId, text, whole } from '../parsing.ts';
import type { Configuration, Voter } from './configuration.ts';
import type { Entry } from './entry.ts';
import { maxCount, maxEntriesPerMessage, maxMembers, maxSnapshotChars, maxValueChars, maxVoters } from './limits.ts';
import type {
  Append,
  AppendReply,
  Draft,
  Heartbeat,
  HeartbeatReply,
  Message,
  Round,
  SnapshotChunk,
  Suffix,
  SuffixSnapshot,
  Vote,
} from './messages.ts';

/**
 * The message, copied field by field, or why it is none. Whatever was sent beside the known fields is left behind. What is
 * read by the million is written out; all else is in tables, as the other cores have them, which take longer. `maxLeaseMs`:
 * nobody is asked to promise more.
 */
export function parseMessage(value: unknown, maxLeaseMs: number): Message | string {
  try {
    const fields = fieldsOf(value);
    switch (fields['type']) {
      case 'heartbeat':
        return heartbeat(fields, maxLeaseMs);
      case 'heartbeat-reply':
        return heartbeatReply(fields);
      case 'append':
        return append(fields);
      case 'append-reply':
        return { type: 'append-reply', term: field(fields, 'term', term), match: field(fields, 'match', count) };
      default:
        return rare(fields, maxLeaseMs);
    }
  } catch (error) {
    return error instanceof Malformed ? error.message : 'cannot be read';
  }
}

const count = whole(0, maxCount);
const positive = whole(1, maxCount);
const term = positive;
const finite = number(-Number.MAX_VALUE, Number.MAX_VALUE);
const digest = whole(0, 2 ** 32 - 1);
const snapshotChars = whole(0, maxSnapshotChars);
const chars = text(0, maxValueChars);
const order = list(peerId, maxVoters);
const unheard = list(peerId, maxMembers);
const values = list(chars, maxEntriesPerMessage);

function heartbeat(fields: Fields, maxLeaseMs: number): Heartbeat {
  const ms = number(1, maxLeaseMs);
  const parsed: Draft<Heartbeat> = {
    type: 'heartbeat',
    term: field(fields, 'term', term),
    round: field(fields, 'round', positive),
    leaseMs: field(fields, 'leaseMs', ms),
    rttMs: field(fields, 'rttMs', number(0, maxLeaseMs)),
    commit: field(fields, 'commit', count),
    order: field(fields, 'order', order),
  };
  if (fields['successionRttMs'] !== undefined)
    parsed.successionRttMs = field(fields, 'successionRttMs', number(0, maxLeaseMs));
  if (fields['promiseMs'] !== undefined) parsed.promiseMs = field(fields, 'promiseMs', ms);
  if (fields['unheard'] !== undefined) parsed.unheard = field(fields, 'unheard', unheard);
  if (fields['isPending'] !== undefined) parsed.isPending = field(fields, 'isPending', flag);
  return parsed;
}

function heartbeatReply(fields: Fields): HeartbeatReply {
  const reply: Draft<HeartbeatReply> = {
    type: 'heartbeat-reply',
    term: field(fields, 'term', term),
    round: field(fields, 'round', positive),
    matched: field(fields, 'matched', count),
    priority: field(fields, 'priority', finite),
    visible: field(fields, 'visible', flag),
  };
  if (fields['isLapsed'] !== undefined) reply.isLapsed = field(fields, 'isLapsed', flag);
  if (fields['wantsAfter'] !== undefined) reply.wantsAfter = field(fields, 'wantsAfter', count);
  if (fields['isFull'] !== undefined) reply.isFull = field(fields, 'isFull', flag);
  if (fields['roomChars'] !== undefined) reply.roomChars = field(fields, 'roomChars', snapshotChars);
  return reply;
}

function append(fields: Fields): Append {
  const { term: ofTerm, prevIndex, prevTerm, entries } = stretch(fields);
  return { type: 'append', term: ofTerm, prevIndex, prevTerm, entries, commit: field(fields, 'commit', count) };
}

type Stretch = Pick<Append, 'term' | 'prevIndex' | 'prevTerm' | 'entries'>;

/** Terms rise along a log, up to the sender's own. */
function stretch(fields: Fields): Stretch {
  const ofTerm = field(fields, 'term', term);
  const prevIndex = field(fields, 'prevIndex', count);
  const prevTerm = field(fields, 'prevTerm', count);
  const entries = field(fields, 'entries', anyEntries);
  let before = prevTerm;
  for (const one of entries) {
    if (one.term < before) throw new Malformed('entries are not in the order of their terms');
    before = one.term;
  }
  if (before > ofTerm) throw new Malformed('entries are of a later term');
  return { term: ofTerm, prevIndex, prevTerm, entries };
}

const anyEntries = list(entry, maxEntriesPerMessage);

function entry(value: unknown): Entry {
  const fields = fieldsOf(value);
  if (fields['type'] !== 'value') return rareEntry(fields);
  return {
    type: 'value',
    session: field(fields, 'session', positive),
    sequence: field(fields, 'sequence', positive),
    value: field(fields, 'value', chars),
    term: field(fields, 'term', term),
  };
}

// What is rare

/** As `parse` says, and so that `fault` finds nothing wrong with it. */
function sound<T>(parse: Parse<T>, fault: (value: T) => string | false): Parse<T> {
  return (value) => {
    const parsed = parse(value);
    const found = fault(parsed);
    if (found) throw new Malformed(found);
    return parsed;
  };
}

/** Each member once. */
function distinct<T>(members: Parse<readonly T[]>, idOf: (one: T) => string): Parse<readonly T[]> {
  return sound(members, (all) => new Set(all.map(idOf)).size < all.length && 'names somebody twice');
}

const voter = object<Voter>({ id: peerId, weight: whole(1, maxMembers), witness: flag });
const half = sound(
  distinct(list(voter, maxVoters), ({ id }) => id),
  ({ length }) => length === 0 && 'is empty',
);

/** One half or two, in each of which somebody votes. */
const configuration = object<Configuration>({
  halves: sound(list(half, 2), ({ length }) => length === 0 && 'is empty'),
  learners: distinct(list(peerId, maxMembers), (id) => id),
});

const rareEntry = message<Exclude<Entry, { readonly type: 'value' }>>(
  {
    empty: object({ term }),
    configuration: object({ configuration, term }),
    register: object({ owner: peerId, nonce: count, term }),
    expire: object({ session: positive, term }),
  },
  ['value'],
);

type Candidacy = Pick<Vote, 'term' | 'lastIndex' | 'lastTerm'>;
const candidacy = { term, lastIndex: count, lastTerm: count };

/** A log cannot end in the term that is to begin. */
function isTooLate({ term: ofTerm, lastTerm }: Candidacy): string | false {
  return lastTerm >= ofTerm && 'lastTerm is not below the term';
}

const snapshot = sound(
  object<Omit<SnapshotChunk, 'type'>>({
    term,
    index: positive,
    lastTerm: count,
    configuration,
    digest,
    totalChars: snapshotChars,
    offset: count,
    chunk: text(1, maxValueChars),
  }),
  ({ term: ofTerm, lastTerm, totalChars, offset, chunk }) =>
    (lastTerm > ofTerm && 'lastTerm is above the term') || (offset + chunk.length > totalChars && 'chunk is too long'),
);

const tail = object({ lastIndex: count, lastTerm: count });

type WrittenOut = Heartbeat | HeartbeatReply | Append | AppendReply;
const writtenOut: readonly WrittenOut['type'][] = ['heartbeat', 'heartbeat-reply', 'append', 'append-reply'];

const rareMessage = message<Exclude<Message, WrittenOut>>(
  {
    propose: object({ session: positive, first: positive, values }),
    'append-rejected': object({ term, prevIndex: positive, hintIndex: count, hintTerm: count }),
    'pre-vote': sound(object<Candidacy & { readonly attempt: number }>({ ...candidacy, attempt: positive }), isTooLate),
    'pre-vote-reply': object({ term, attempt: positive, granted: orNull(flag) }),
    vote: sound(
      object<Omit<Vote, 'type'>>({
        ...candidacy,
        leaseMs: number(1, Infinity),
        released: orNull(object<Round>({ leader: peerId, term, round: count })),
      }),
      (vote) =>
        isTooLate(vote) ||
        (vote.released !== null && vote.released.term >= vote.term && 'released is of no term before'),
    ),
    'vote-reply': object({ term, granted: flag }),
    'ask-beat': object({ term }),
    snapshot,
    'snapshot-reply': object({ term, index: positive, digest, offset: snapshotChars }),
    fetch: object({ term, index: count, indexTerm: count, offset: snapshotChars }),
    suffix: sound<Omit<Suffix, 'type'>>(
      (value) => ({ ...stretch(fieldsOf(value)), ...tail(value) }),
      ({ term: ofTerm, lastTerm }) => lastTerm > ofTerm && 'lastTerm is above the term',
    ),
    'suffix-snapshot': sound(
      object<Omit<SuffixSnapshot, 'type'>>({ term, snapshot: message<SnapshotChunk>({ snapshot }) }),
      (suffix) => suffix.snapshot.term !== suffix.term && 'snapshot is of another term',
    ),
    'timeout-now': object({ term, round: count }),
    stale: object({ term }),
    register: object({ nonce: count }),
    farewell: object({ peer: peerId }),
    'read-index': object({ number: positive }),
    'read-index-reply': object({ number: positive, index: count }),
  },
  writtenOut,
);

function rare(fields: Fields, maxLeaseMs: number): Message {
  const parsed = rareMessage(fields);
  if (parsed.type === 'vote' && parsed.leaseMs > maxLeaseMs) throw new Malformed(`vote leaseMs is above ${maxLeaseMs}`);
  return parsed;
}
