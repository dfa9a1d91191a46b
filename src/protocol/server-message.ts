import { isPeerId } from './ids.ts';
import type { Limits } from './limits.ts';
import type { LeaveReason, ServerErrorCode, ServerMessage, WireMember } from './messages.ts';
import {
  channel,
  isHost,
  isNatural,
  isRecord,
  natural,
  optional,
  parseMessage,
  string,
  type Field,
  type Problem,
  type Shapes,
} from './shapes.ts';

const limitNames: readonly (keyof Limits)[] = [
  'maxFrameBytes',
  'maxInfoBytes',
  'maxMembersPerRoom',
  'maxRoomsPerConnection',
  'messagesPerSecond',
  'bytesPerSecond',
];
const leaveReasons: readonly LeaveReason[] = ['bye', 'gone', 'kicked'];
const errorCodes: readonly ServerErrorCode[] = [
  'malformed',
  'unknown-type',
  'too-large',
  'not-joined',
  'already-joined',
  'id-taken',
  'room-full',
  'too-many-rooms',
  'rate-limited',
  'unauthorised',
  'version',
];

const id: Field = { valid: isPeerId, must: 'an id' };
const era = string(1, 64);
const positive: Field = { valid: isPositive, must: 'a whole number from 1 on' };
const members: Field = { valid: listOf(isWireMember), must: 'a list of { id, info, host }' };

const shapes: Shapes<ServerMessage> = {
  welcome: {
    channel,
    era,
    n: natural,
    members,
    founder: id,
    epoch: positive,
    resume: string(1, 64),
    resumed: { valid: (value) => typeof value === 'boolean', must: 'a boolean' },
    limits: { valid: isLimits, must: `an object of whole numbers from 1 on: ${limitNames.join(', ')}` },
    heartbeatMs: positive,
  },
  view: { channel, era, n: natural, members, founder: id, epoch: positive },
  delta: {
    channel,
    era,
    from: natural,
    n: natural,
    joined: members,
    updated: members,
    left: { valid: listOf(isDeparture), must: `a list of { id, reason }, reason one of ${leaveReasons.join(', ')}` },
  },
  hint: { channel, id },
  absent: { channel, ids: { valid: listOf(isPeerId), must: 'a list of ids' } },
  pong: { nonce: natural },
  drain: { retryAfterMs: natural },
  error: {
    code: { valid: (value) => errorCodes.includes(value as ServerErrorCode), must: `one of ${errorCodes.join(', ')}` },
    message: string(0, 1024),
    channel: optional(channel),
  },
};

/** What the server said, or why that was nothing a server may say. Clients read with this. */
export function parseServerMessage(text: string): ServerMessage | Problem {
  return parseMessage(text, shapes);
}

function listOf(valid: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(valid);
}

function isPositive(value: unknown): boolean {
  return isNatural(value) && value > 0;
}

function isWireMember(value: unknown): value is WireMember {
  return isRecord(value) && isPeerId(value.id) && value.info !== undefined && isHost(value.host);
}

function isDeparture(value: unknown): boolean {
  return isRecord(value) && isPeerId(value.id) && leaveReasons.includes(value.reason as LeaveReason);
}

function isLimits(value: unknown): value is Limits {
  return isRecord(value) && limitNames.every((name) => isPositive(value[name]));
}
