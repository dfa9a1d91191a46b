import type { Message } from '../../../src/core/quorum/messages.ts';
import { configurationOf } from './stage.ts';

const configuration = configurationOf({ a: 1, b: 1 });
const entries = [
  { type: 'empty', term: 2 },
  { type: 'register', owner: 'b', nonce: 7, term: 2 },
  { type: 'value', session: 2, sequence: 1, value: 'v', term: 2 },
  { type: 'configuration', configuration, term: 3 },
  { type: 'expire', session: 2, term: 3 },
] as const;

const piece = {
  type: 'snapshot',
  ...{ term: 3, index: 9, lastTerm: 2, configuration, digest: 5, totalChars: 9, offset: 3, chunk: 'ab' },
} as const;

/** One of each, with everything in it. */
export const whole: readonly Message[] = [
  { type: 'pre-vote', term: 3, lastIndex: 4, lastTerm: 2, attempt: 1 },
  { type: 'pre-vote-reply', term: 3, attempt: 1, granted: true },
  { type: 'vote', term: 3, lastIndex: 4, lastTerm: 2, leaseMs: 250, released: { leader: 'b', term: 2, round: 9 } },
  { type: 'vote-reply', term: 3, granted: true },
  {
    type: 'heartbeat',
    term: 3,
    round: 1,
    leaseMs: 250,
    rttMs: 5,
    commit: 1,
    order: ['a', 'b'],
    unheard: ['c'],
    isPending: true,
  },
  {
    type: 'heartbeat-reply',
    term: 3,
    round: 1,
    matched: 1,
    priority: -1,
    visible: true,
    isLapsed: true,
    wantsAfter: 1,
    isFull: true,
    roomChars: 1,
  },
  { type: 'ask-beat', term: 3 },
  { type: 'append', term: 3, prevIndex: 1, prevTerm: 1, entries, commit: 1 },
  { type: 'append-reply', term: 3, match: 1 },
  { type: 'append-rejected', term: 3, prevIndex: 4, hintIndex: 2, hintTerm: 1 },
  piece,
  { type: 'snapshot-reply', term: 3, index: 9, digest: 5, offset: 5 },
  { type: 'fetch', term: 3, index: 4, indexTerm: 2, offset: 3 },
  { type: 'suffix', term: 3, prevIndex: 1, prevTerm: 1, entries, lastIndex: 6, lastTerm: 3 },
  { type: 'suffix-snapshot', term: 3, snapshot: piece },
  { type: 'timeout-now', term: 3, round: 4 },
  { type: 'stale', term: 3 },
  { type: 'register', nonce: 7 },
  { type: 'propose', session: 2, first: 1, values: ['x', 'y'] },
  { type: 'farewell', peer: 'c' },
  { type: 'read-index', number: 1 },
  { type: 'read-index-reply', number: 1, index: 4 },
];

export type Path = readonly (string | number)[];

/** To every part of a message, itself included. */
export function pathsIn(value: unknown): Path[] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, part]) => pathsIn(part).map((path) => [key, ...path]))];
}

export function at(value: unknown, [key, ...rest]: Path): unknown {
  return key === undefined ? value : at((value as Record<string, unknown>)[key], rest);
}

export function withPart(value: unknown, [key, ...rest]: Path, part: unknown): unknown {
  if (key === undefined) return part;
  const changed = structuredClone(value) as Record<string, unknown>;
  changed[key] = withPart(changed[key], rest, part);
  return changed;
}
