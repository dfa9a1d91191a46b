import { Malformed, peerId } from '../parsing.ts';
import type { Configuration, Voter } from './configuration.ts';
import type { Entry } from './entry.ts';
import { maxCount, maxEntriesPerMessage, maxMembers, maxSnapshotChars, maxValueChars, maxVoters } from './limits.ts';
import type {
  Append,
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
 * The message, copied field by field, or why it is none. Whatever was sent beside the known fields is left behind.
 * Written out, where other messages are tables of `parsing.ts`: entries are read by the million, ten times faster so.
 * `maxLeaseMs`: nobody is asked to promise more.
 */
export function parseMessage(value: unknown, maxLeaseMs: number): Message | string {
  try {
    return message(object(value, 'message'), maxLeaseMs);
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    return 'cannot be read';
  }
}

function message(fields: Fields, maxLeaseMs: number): Message {
  switch (fields['type']) {
    case 'heartbeat':
      return heartbeatIn(fields, maxLeaseMs);
    case 'heartbeat-reply':
      return heartbeatReply(fields);
    case 'append':
      return append(fields);
    case 'append-reply':
      return { type: 'append-reply', term: term(fields['term']), match: count(fields['match'], 'match') };
    case 'append-rejected':
      return {
        type: 'append-rejected',
        term: term(fields['term']),
        prevIndex: positive(fields['prevIndex'], 'prevIndex'),
        hintIndex: count(fields['hintIndex'], 'hintIndex'),
        hintTerm: count(fields['hintTerm'], 'hintTerm'),
      };
    case 'propose':
      return {
        type: 'propose',
        session: positive(fields['session'], 'session'),
        first: positive(fields['first'], 'first'),
        values: list(fields['values'], 'values', maxEntriesPerMessage, (one) => text(one, 'value', maxValueChars)),
      };
    default:
      return rareMessage(fields, maxLeaseMs);
  }
}

function rareMessage(fields: Fields, maxLeaseMs: number): Message {
  switch (fields['type']) {
    case 'pre-vote':
      return { type: 'pre-vote', ...candidacy(fields), attempt: positive(fields['attempt'], 'attempt') };
    case 'pre-vote-reply':
      return {
        type: 'pre-vote-reply',
        term: term(fields['term']),
        attempt: positive(fields['attempt'], 'attempt'),
        granted: fields['granted'] === null ? null : flag(fields['granted'], 'granted'),
      };
    case 'vote':
      return vote(fields, maxLeaseMs);
    case 'vote-reply':
      return { type: 'vote-reply', term: term(fields['term']), granted: flag(fields['granted'], 'granted') };
    case 'ask-beat':
      return { type: 'ask-beat', term: term(fields['term']) };
    case 'snapshot':
      return snapshot(fields);
    case 'snapshot-reply':
      return {
        type: 'snapshot-reply',
        term: term(fields['term']),
        index: positive(fields['index'], 'index'),
        digest: count(fields['digest'], 'digest', 2 ** 32 - 1),
        offset: count(fields['offset'], 'offset', maxSnapshotChars),
      };
    case 'fetch':
      return {
        type: 'fetch',
        term: term(fields['term']),
        index: count(fields['index'], 'index'),
        indexTerm: count(fields['indexTerm'], 'indexTerm'),
        offset: count(fields['offset'], 'offset', maxSnapshotChars),
      };
    case 'suffix':
      return suffix(fields);
    case 'suffix-snapshot':
      return suffixSnapshot(fields);
    case 'timeout-now':
      return { type: 'timeout-now', term: term(fields['term']), round: count(fields['round'], 'round') };
    case 'stale':
      return { type: 'stale', term: term(fields['term']) };
    case 'register':
      return { type: 'register', nonce: count(fields['nonce'], 'nonce') };
    case 'read-index':
      return { type: 'read-index', number: positive(fields['number'], 'number') };
    case 'read-index-reply':
      return {
        type: 'read-index-reply',
        number: positive(fields['number'], 'number'),
        index: count(fields['index'], 'index'),
      };
    default:
      throw new Malformed('unknown type of message');
  }
}

/** A log cannot end in the term that is to begin. */
function candidacy(fields: Fields): Pick<Vote, 'term' | 'lastIndex' | 'lastTerm'> {
  const ofTerm = term(fields['term']);
  const lastTerm = count(fields['lastTerm'], 'lastTerm');
  if (lastTerm >= ofTerm) throw new Malformed('lastTerm is not below the term');
  return { term: ofTerm, lastIndex: count(fields['lastIndex'], 'lastIndex'), lastTerm };
}

function vote(fields: Fields, maxLeaseMs: number): Vote {
  const { term: ofTerm, lastIndex, lastTerm } = candidacy(fields);
  const leaseMs = number(fields['leaseMs'], 'leaseMs', 1, maxLeaseMs);
  const released = fields['released'] === null ? null : releasedRound(fields['released']);
  if (released !== null && released.term >= ofTerm) throw new Malformed('released.term is not below the term');
  return { type: 'vote', term: ofTerm, lastIndex, lastTerm, leaseMs, released };
}

function releasedRound(value: unknown): Round {
  const fields = object(value, 'released');
  return { leader: peerId(fields['leader']), term: term(fields['term']), round: count(fields['round'], 'round') };
}

function heartbeatIn(fields: Fields, maxLeaseMs: number): Heartbeat {
  const { promiseMs, unheard } = fields;
  const heartbeat: Draft<Heartbeat> = {
    type: 'heartbeat',
    term: term(fields['term']),
    round: positive(fields['round'], 'round'),
    leaseMs: number(fields['leaseMs'], 'leaseMs', 1, maxLeaseMs),
    rttMs: number(fields['rttMs'], 'rttMs', 0, maxLeaseMs),
    commit: count(fields['commit'], 'commit'),
    order: list(fields['order'], 'order', maxVoters, peerId),
  };
  if (promiseMs !== undefined) heartbeat.promiseMs = number(promiseMs, 'promiseMs', 1, maxLeaseMs);
  if (unheard !== undefined) heartbeat.unheard = list(unheard, 'unheard', maxMembers, peerId);
  return heartbeat;
}

function heartbeatReply(fields: Fields): HeartbeatReply {
  const { isLapsed, wantsAfter, isFull } = fields;
  const reply: Draft<HeartbeatReply> = {
    type: 'heartbeat-reply',
    term: term(fields['term']),
    round: positive(fields['round'], 'round'),
    matched: count(fields['matched'], 'matched'),
    priority: finite(fields['priority'], 'priority'),
    visible: flag(fields['visible'], 'visible'),
  };
  if (isLapsed !== undefined) reply.isLapsed = flag(isLapsed, 'isLapsed');
  if (wantsAfter !== undefined) reply.wantsAfter = count(wantsAfter, 'wantsAfter');
  if (isFull !== undefined) reply.isFull = flag(isFull, 'isFull');
  return reply;
}

function append(fields: Fields): Append {
  const { term: ofTerm, prevIndex, prevTerm, entries } = stretch(fields);
  return { type: 'append', term: ofTerm, prevIndex, prevTerm, entries, commit: count(fields['commit'], 'commit') };
}

function suffix(fields: Fields): Suffix {
  const { term: ofTerm, ...part } = stretch(fields);
  const lastIndex = count(fields['lastIndex'], 'lastIndex');
  const lastTerm = count(fields['lastTerm'], 'lastTerm', ofTerm);
  return { type: 'suffix', term: ofTerm, ...part, lastIndex, lastTerm };
}

/** Terms rise along a log, up to the sender's own. */
function stretch(fields: Fields): Pick<Append, 'term' | 'prevIndex' | 'prevTerm' | 'entries'> {
  const ofTerm = term(fields['term']);
  const prevIndex = count(fields['prevIndex'], 'prevIndex');
  const prevTerm = count(fields['prevTerm'], 'prevTerm', ofTerm);
  const entries = list(fields['entries'], 'entries', maxEntriesPerMessage, entry);
  let before = prevTerm;
  for (const one of entries) {
    if (one.term < before || one.term > ofTerm) throw new Malformed('terms of entries are not in order');
    before = one.term;
  }
  return { term: ofTerm, prevIndex, prevTerm, entries };
}

function entry(value: unknown): Entry {
  const fields = object(value, 'entry');
  const ofTerm = term(fields['term']);
  switch (fields['type']) {
    case 'value':
      return {
        type: 'value',
        session: positive(fields['session'], 'session'),
        sequence: positive(fields['sequence'], 'sequence'),
        value: text(fields['value'], 'value', maxValueChars),
        term: ofTerm,
      };
    case 'empty':
      return { type: 'empty', term: ofTerm };
    case 'configuration':
      return { type: 'configuration', configuration: configuration(fields['configuration']), term: ofTerm };
    case 'register':
      return { type: 'register', owner: peerId(fields['owner']), nonce: count(fields['nonce'], 'nonce'), term: ofTerm };
    case 'expire':
      return { type: 'expire', session: positive(fields['session'], 'session'), term: ofTerm };
    default:
      throw new Malformed('unknown type of entry');
  }
}

/** One half or two, in each of which somebody votes, and each member once. */
function configuration(value: unknown): Configuration {
  const fields = object(value, 'configuration');
  const halves = list(fields['halves'], 'halves', 2, half);
  if (halves.length === 0) throw new Malformed('halves is empty');
  const learners = list(fields['learners'], 'learners', maxMembers, peerId);
  if (new Set(learners).size !== learners.length) throw new Malformed('a learner is named twice');
  return { halves, learners };
}

function half(value: unknown): readonly Voter[] {
  const voters = list(value, 'half', maxVoters, voter);
  if (voters.length === 0) throw new Malformed('half is empty');
  if (new Set(voters.map(({ id }) => id)).size !== voters.length) throw new Malformed('a voter is named twice');
  return voters;
}

function voter(value: unknown): Voter {
  const fields = object(value, 'voter');
  const weight = count(fields['weight'], 'weight', maxMembers);
  if (weight === 0) throw new Malformed('weight is out of range');
  return { id: peerId(fields['id']), weight, witness: flag(fields['witness'], 'witness') };
}

function snapshot(fields: Fields): SnapshotChunk {
  const ofTerm = term(fields['term']);
  const totalChars = positive(fields['totalChars'], 'totalChars');
  const offset = count(fields['offset'], 'offset');
  const chunk = text(fields['chunk'], 'chunk', maxValueChars);
  if (totalChars > maxSnapshotChars) throw new Malformed('totalChars is out of range');
  if (chunk.length === 0 || offset + chunk.length > totalChars) throw new Malformed('chunk is out of range');
  return {
    type: 'snapshot',
    term: ofTerm,
    index: positive(fields['index'], 'index'),
    lastTerm: count(fields['lastTerm'], 'lastTerm', ofTerm),
    configuration: configuration(fields['configuration']),
    digest: count(fields['digest'], 'digest', 2 ** 32 - 1),
    ...{ totalChars, offset, chunk },
  };
}

function suffixSnapshot(fields: Fields): SuffixSnapshot {
  const ofTerm = term(fields['term']);
  const nested = object(fields['snapshot'], 'snapshot');
  const piece = snapshot(nested);
  if (nested['type'] !== 'snapshot' || piece.term !== ofTerm) throw new Malformed('snapshot is none of that term');
  return { type: 'suffix-snapshot', term: ofTerm, snapshot: piece };
}

type Fields = Readonly<Record<string, unknown>>;

function object(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null) throw new Malformed(`${name} is no object`);
  return value as Fields;
}

/** A hole in a list is an entry, and refused as one. */
function list<T>(value: unknown, name: string, maxLength: number, parse: (one: unknown) => T): readonly T[] {
  if (!Array.isArray(value)) throw new Malformed(`${name} is no list`);
  if (value.length > maxLength) throw new Malformed(`${name} is too long`);
  const copy: T[] = [];
  for (let at = 0; at < value.length; at++) copy.push(parse(value[at]));
  return copy;
}

function flag(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new Malformed(`${name} is neither true nor false`);
  return value;
}

function text(value: unknown, name: string, maxChars: number): string {
  if (typeof value !== 'string') throw new Malformed(`${name} is no text`);
  if (value.length > maxChars) throw new Malformed(`${name} is too long`);
  return value;
}

function number(value: unknown, name: string, from: number, to: number): number {
  if (typeof value !== 'number' || !(value >= from && value <= to)) throw new Malformed(`${name} is out of range`);
  return value;
}

function finite(value: unknown, name: string): number {
  return number(value, name, -Number.MAX_VALUE, Number.MAX_VALUE);
}

/** A whole number from 0 to `max`. */
function count(value: unknown, name: string, max: number = maxCount): number {
  const whole = number(value, name, 0, max);
  if (!Number.isInteger(whole)) throw new Malformed(`${name} is not a whole number`);
  return whole;
}

function positive(value: unknown, name: string): number {
  const whole = count(value, name);
  if (whole === 0) throw new Malformed(`${name} is 0`);
  return whole;
}

function term(value: unknown): number {
  return positive(value, 'term');
}
