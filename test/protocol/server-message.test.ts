import { expect, test } from 'vitest';
import { maxIdBytes } from '../../src/core/peer-id.ts';
import { defaultBufferLimits, defaultLimits } from '../../src/protocol/limits.ts';
import type { ServerMessage } from '../../src/protocol/messages.ts';
import { parseServerMessage } from '../../src/protocol/server-message.ts';

const ada = { id: 'ada', info: { name: 'Ada' }, host: 'h' };
const { maxFrameBytes, maxInfoBytes, messagesPerSecond, bytesPerSecond } = defaultLimits;
const pace = { maxFrameBytes, maxInfoBytes, messagesPerSecond, bytesPerSecond, maxIdBytes, ...defaultBufferLimits };
const welcome = { type: 'welcome', channel: 1, resume: 's', heartbeatMs: 10_000, ...pace } as const;
const view = {
  type: 'view',
  channel: 1,
  era: 'e',
  from: 3,
  n: 4,
  founder: 'ada',
  epoch: 2,
  witness: 'w',
  continues: 1,
  bye: ['bob'],
  gone: ['cyd', 'dan'],
  members: [ada],
  more: false,
} as const;

const wellFormed: readonly ServerMessage[] = [
  welcome,
  view,
  { ...view, founder: null, epoch: 0, witness: null, continues: null, foundsInMs: 1_500 },
  { type: 'hint', channel: 1, id: 'ada' },
  { type: 'ask-pledge', channel: 1, epoch: 2 },
  { type: 'pong', nonce: 9 },
  { type: 'drain', retryAfterMs: 500 },
  { type: 'error', code: 'room-full', message: 'full', channel: 1 },
  { type: 'error', code: 'malformed', message: 'no' },
];

test.each(wellFormed)('$type is read as it was written', (message) => {
  expect(parseServerMessage(JSON.stringify(message))).toEqual(message);
});

test.each([
  [{ ...view, members: [{ ...ada, id: '' }] }, 'members'],
  [{ ...view, members: { ada } }, 'members'],
  [{ ...view, members: [null] }, 'members'],
  [{ ...view, members: [{ id: 'ada', host: 'h' }] }, 'members'],
  [{ ...view, members: [{ ...ada, host: 'h'.repeat(129) }] }, 'members'],
  [{ ...view, n: 1.5 }, 'n'],
  [{ ...view, from: -1 }, 'from'],
  [{ ...view, era: '' }, 'era'],
  [{ ...view, epoch: -1 }, 'epoch'],
  [{ ...view, founder: undefined }, 'founder'],
  [{ ...view, witness: undefined }, 'witness'],
  [{ ...view, witness: '' }, 'witness'],
  [{ ...view, continues: undefined }, 'continues'],
  [{ ...view, continues: 0 }, 'continues'],
  [{ ...view, foundsInMs: -1 }, 'foundsInMs'],
  [{ type: 'ask-pledge', channel: 1, epoch: 0 }, 'epoch'],
  [{ ...view, bye: [{ id: 'b' }] }, 'bye'],
  [{ ...view, gone: 'b' }, 'gone'],
  [{ ...view, more: 'no' }, 'more'],
  [{ ...welcome, maxFrameBytes: 0 }, 'maxFrameBytes'],
  [{ ...welcome, messagesPerSecond: undefined }, 'messagesPerSecond'],
  [{ ...welcome, heartbeatMs: 0 }, 'heartbeatMs'],
  [{ ...welcome, resume: 's'.repeat(65) }, 'resume'],
  [{ type: 'drain', retryAfterMs: -1 }, 'retryAfterMs'],
  [{ type: 'error', code: 'c'.repeat(65), message: '' }, 'code'],
  [{ type: 'error', code: 'malformed', message: 'm'.repeat(1025) }, 'message'],
  [{ type: 'hint', channel: -1, id: 'ada' }, 'channel'],
])('a wrong field is named: %j', (message, field) => {
  const path = new RegExp(`^${message.type} ${field} \\S`);
  expect(() => parseServerMessage(JSON.stringify(message))).toThrow(
    expect.objectContaining({ message: expect.stringMatching(path) }),
  );
});

test('what a client may say is nothing that a server may say', () => {
  expect(() => parseServerMessage('{"type":"hello","version":1}')).toThrow('type is none of welcome, view, hint');
});
