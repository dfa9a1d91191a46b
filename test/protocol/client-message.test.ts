import { describe, expect, test } from 'vitest';
import { maxJsonDepth } from '../../src/core/json.ts';
import { parseClientMessage } from '../../src/protocol/client-message.ts';
import type { ClientMessage } from '../../src/protocol/messages.ts';

const parse = (message: unknown) => parseClientMessage(JSON.stringify(message), 1024);
const join = { type: 'join', channel: 0, room: 'doc-42', id: 'ada', info: null, host: 'h' } as const;
const quorum = { witness: 'anchor', maxVoters: 5, minLeaseMs: 250, maxLeaseMs: 5000, charterMs: 120_000 } as const;
const halves = [[{ id: 'ada', weight: 1, witness: false }], [{ id: 'w', weight: 2, witness: true }]];
const standing = { lastIndex: 7, lastTerm: 12, configuration: halves, promisedMs: 0.5 };

const wellFormed: readonly ClientMessage[] = [
  { type: 'hello', version: 1 },
  { type: 'hello', version: 1, token: 'secret' },
  { type: 'join', channel: 255, room: 'a', id: 'b', info: { name: 'Ada' }, host: '' },
  {
    type: 'join',
    channel: 0,
    room: 'r'.repeat(128),
    id: 'i'.repeat(64),
    info: [1, 'two', null],
    host: 'h',
    resume: 's',
  },
  { ...join, charter: { elector: 'available' } },
  { ...join, charter: { elector: 'quorum' } },
  { ...join, charter: { elector: 'quorum', quorum }, epoch: 5 },
  { type: 'leave', channel: 7 },
  { type: 'leave', channel: 7, pledge: { epoch: 0, standing } },
  { type: 'standing', channel: 7, epoch: 3, standing },
  { type: 'pledge', channel: 7, epoch: 3, standing: { ...standing, configuration: [] } },
  { type: 'info', channel: 7, info: false },
  { type: 'sync', channel: 7 },
  { type: 'ping', nonce: 0 },
];

test.each(wellFormed)('$type is read as it was written', (message) => {
  expect(parse(message)).toEqual(message);
});

test('fields that a message does not have are left out', () => {
  expect(parse({ type: 'ping', nonce: 3, sender: 'mallory', channel: 'x' })).toEqual({ type: 'ping', nonce: 3 });
});

describe('what is no message is answered with what it should have been', () => {
  test.each([
    ['no JSON', '{"type":', 'this is not JSON'],
    ['an empty text', '', 'this is not JSON'],
    ['a list', '[]', 'is no object'],
    ['null', 'null', 'is no object'],
    ['brackets 30,000 deep', '['.repeat(30_000) + ']'.repeat(30_000), 'this JSON has more than 72 levels, or a circle'],
    ['objects 30,000 deep in info', deepInfo(30_000), 'this JSON has more than 72 levels, or a circle'],
    ['a key __proto__', '{"type":"ping","nonce":1,"__proto__":{}}', 'this JSON has a key "__proto__"'],
    [
      'an escaped key __proto__ in info',
      `{"type":"info","channel":0,"info":{"\\u005f_proto__":1}}`,
      'this JSON has a key "__proto__"',
    ],
  ])('%s', (_name, text, message) => {
    expect(parseClientMessage(text, 1024)).toEqual({ type: 'problem', code: 'malformed', message });
  });

  test('an info as deep as a value may be is taken, whatever goes around it', () => {
    expect(parseClientMessage(deepInfo(maxJsonDepth), 1024)).toMatchObject({ type: 'info' });
  });

  test.each(['__proto__', 'constructor', 'toString', 'Hello', '', undefined, 5])('the unknown type %j', (type) => {
    expect(parse({ type, channel: 4 })).toEqual({
      type: 'problem',
      code: 'malformed',
      message: 'type is none of hello, join, leave, standing, pledge, info, sync, ping',
      channel: 4,
    });
  });

  test.each([
    [{ type: 'hello' }, 'version'],
    [{ type: 'hello', version: -1 }, 'version'],
    [{ type: 'hello', version: 1, token: 5 }, 'token'],
    [{ type: 'hello', version: 1, token: 't'.repeat(8193) }, 'token'],
    [{ ...join, channel: 256 }, 'channel'],
    [{ ...join, channel: 0.5 }, 'channel'],
    [{ ...join, channel: '0' }, 'channel'],
    [{ ...join, room: '' }, 'room'],
    [{ ...join, room: 'r'.repeat(129) }, 'room'],
    [{ ...join, room: 'a b' }, 'room'],
    [{ ...join, id: 'i'.repeat(65) }, 'id'],
    [{ ...join, id: 'ada\n' }, 'id'],
    [{ ...join, id: { toString: 'ada' } }, 'id'],
    [{ ...join, info: undefined }, 'info'],
    [{ ...join, host: 'h'.repeat(129) }, 'host'],
    [{ ...join, resume: '' }, 'resume'],
    [{ ...join, resume: 's'.repeat(65) }, 'resume'],
    [{ ...join, charter: {} }, 'charter elector'],
    [{ ...join, charter: { elector: 'toString' } }, 'charter elector'],
    [{ ...join, charter: { elector: 'quorum', quorum: null } }, 'charter quorum'],
    [{ ...join, charter: { elector: 'quorum', quorum: { ...quorum, witness: 'all' } } }, 'charter quorum witness'],
    [{ ...join, charter: { elector: 'quorum', quorum: { ...quorum, maxVoters: 0 } } }, 'charter quorum maxVoters'],
    [{ ...join, charter: { elector: 'quorum', quorum: { ...quorum, charterMs: 0 } } }, 'charter quorum charterMs'],
    [
      { ...join, charter: { elector: 'quorum', quorum: { ...quorum, charterMs: 86_400_001 } } },
      'charter quorum charterMs',
    ],
    [{ ...join, epoch: 0 }, 'epoch'],
    [{ ...join, epoch: 2 ** 53 }, 'epoch'],
    [{ type: 'leave' }, 'channel'],
    [{ type: 'leave', channel: 0, pledge: { epoch: -1, standing } }, 'pledge epoch'],
    [{ type: 'standing', channel: 0, epoch: 0, standing }, 'epoch'],
    [{ type: 'standing', channel: 0, epoch: 1 }, 'standing'],
    [{ type: 'pledge', channel: 0, epoch: 1, standing: { ...standing, lastIndex: -1 } }, 'standing lastIndex'],
    [{ type: 'pledge', channel: 0, epoch: 1, standing: { ...standing, promisedMs: -1 } }, 'standing promisedMs'],
    [
      { type: 'pledge', channel: 0, epoch: 1, standing: { ...standing, configuration: [[], [], []] } },
      'standing configuration',
    ],
    [
      { type: 'pledge', channel: 0, epoch: 1, standing: { ...standing, configuration: [[{ id: 'a' }]] } },
      'standing configuration weight',
    ],
    [{ type: 'ping', nonce: 2 ** 53 }, 'nonce'],
  ])('%j', (message, field) => {
    expect(parse(message)).toMatchObject({
      type: 'problem',
      code: 'malformed',
      message: expect.stringMatching(new RegExp(`^${message.type} ${field} \\S`)),
    });
  });

  test.each([
    [{ ...join, channel: 256 }, 'join channel is no number from 0 to 255'],
    [{ ...join, channel: 0.5 }, 'join channel is not a whole number'],
    [{ ...join, room: 'a b' }, 'join room is not 1 to 128 of A-Z a-z 0-9 _ . : -'],
    [{ ...join, host: 7 }, 'join host is no text of 0 to 128 characters'],
    [{ ...join, info: undefined }, 'join info is missing'],
  ])('in words that say how it would be right: %j', (message, words) => {
    expect(parse(message)).toMatchObject({ message: words });
  });
});

test('info of exactly the limit passes, one byte more is too large, counted as UTF-8 and without white space', () => {
  const fits = 'é'.repeat(511); // two bytes each, and two quotes
  expect(parse({ ...join, info: fits })).toMatchObject({ type: 'join', info: fits });
  expect(parse({ ...join, info: `${fits}x` })).toEqual({
    type: 'problem',
    code: 'too-large',
    message: 'info takes more than 1024 bytes as JSON',
    channel: 0,
  });
  const padded = JSON.stringify({ type: 'info', channel: 0, info: 1 }).replace('1}', `${' '.repeat(2000)}1}`);
  expect(parseClientMessage(padded, 1024)).toEqual({ type: 'info', channel: 0, info: 1 });
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  '%s is an id and a room name like any other',
  (name) => {
    expect(parse({ ...join, id: name, room: name })).toMatchObject({ id: name, room: name });
  },
);

function deepInfo(levels: number): string {
  return `{"type":"info","channel":0,"info":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`;
}
