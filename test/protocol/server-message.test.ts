import { expect, test } from 'vitest';
import { defaultLimits } from '../../src/protocol/limits.ts';
import type { ServerMessage } from '../../src/protocol/messages.ts';
import { parseServerMessage } from '../../src/protocol/server-message.ts';

const ada = { id: 'ada', info: { name: 'Ada' }, host: 'h' };
const view = { channel: 1, era: 'e', n: 4, members: [ada], founder: 'ada', epoch: 2 } as const;
const welcome = {
  ...view,
  type: 'welcome',
  resume: 's',
  resumed: false,
  limits: defaultLimits,
  heartbeatMs: 10_000,
} as const;

const wellFormed: readonly ServerMessage[] = [
  welcome,
  { ...view, type: 'view' },
  {
    type: 'delta',
    channel: 1,
    era: 'e',
    from: 3,
    n: 4,
    joined: [ada],
    updated: [],
    left: [{ id: 'bob', reason: 'gone' }],
  },
  { type: 'hint', channel: 1, id: 'ada' },
  { type: 'absent', channel: 1, ids: ['ada', 'bob'] },
  { type: 'pong', nonce: 9 },
  { type: 'drain', retryAfterMs: 500 },
  { type: 'error', code: 'room-full', message: 'full', channel: 1 },
  { type: 'error', code: 'malformed', message: 'no' },
];

test.each(wellFormed)('$type is read as it was written', (message) => {
  expect(parseServerMessage(JSON.stringify(message))).toEqual(message);
});

test.each([
  [{ ...welcome, members: [{ ...ada, id: '' }] }, 'members'],
  [{ ...welcome, members: { ada } }, 'members'],
  [{ ...welcome, members: [null] }, 'members'],
  [{ ...welcome, members: [{ id: 'ada', host: 'h' }] }, 'members'],
  [{ ...welcome, n: 1.5 }, 'n'],
  [{ ...welcome, era: '' }, 'era'],
  [{ ...welcome, epoch: 0 }, 'epoch'],
  [{ ...welcome, founder: null }, 'founder'],
  [{ ...welcome, resumed: 'no' }, 'resumed'],
  [{ ...welcome, limits: { ...defaultLimits, maxFrameBytes: 0 } }, 'limits'],
  [{ ...welcome, limits: [] }, 'limits'],
  [{ ...welcome, heartbeatMs: 0 }, 'heartbeatMs'],
  [
    { type: 'delta', channel: 1, era: 'e', from: 3, n: 4, joined: [], updated: [], left: [{ id: 'b', reason: 'x' }] },
    'left',
  ],
  [{ type: 'absent', channel: 1, ids: 'ada' }, 'ids'],
  [{ type: 'drain', retryAfterMs: -1 }, 'retryAfterMs'],
  [{ type: 'error', code: 'toString', message: '' }, 'code'],
  [{ type: 'hint', channel: -1, id: 'ada' }, 'channel'],
])('a wrong field is named: %j', (message, field) => {
  expect(parseServerMessage(JSON.stringify(message))).toMatchObject({
    type: 'problem',
    code: 'malformed',
    message: expect.stringContaining(`"${field}" of `),
  });
});

test('what a client may say is nothing that a server may say', () => {
  expect(parseServerMessage('{"type":"hello","version":1}')).toMatchObject({ type: 'problem', code: 'unknown-type' });
});
