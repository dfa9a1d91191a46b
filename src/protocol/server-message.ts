import { isPeerId } from './ids.ts';
import type { ServerMessage } from './messages.ts';
import {
  channel,
  host,
  isRecord,
  list,
  natural,
  optional,
  parseMessage,
  positive,
  string,
  type Field,
  type Problem,
  type Shapes,
} from './shapes.ts';

const id: Field = ['an id', isPeerId];
const ids = list(id);
const member: Field = [
  '{ id, info, host }',
  (value) => isRecord(value) && isPeerId(value.id) && value.info !== undefined && host[1](value.host),
];
const secret = string(1, 64);

const shapes: Shapes<ServerMessage> = {
  welcome: {
    channel,
    resume: secret,
    heartbeatMs: positive,
    maxFrameBytes: positive,
    messagesPerSecond: positive,
    bytesPerSecond: positive,
  },
  view: {
    channel,
    era: secret,
    from: natural,
    n: natural,
    founder: id,
    epoch: positive,
    bye: ids,
    gone: ids,
    members: list(member),
    more: ['a boolean', (value) => typeof value === 'boolean'],
  },
  hint: { channel, id },
  pong: { nonce: natural },
  drain: { retryAfterMs: natural },
  error: { code: secret, message: string(0, 1024), channel: optional(channel) },
};

/** What the server said, or why that was nothing a server may say. Clients read with this. */
export function parseServerMessage(text: string): ServerMessage | Problem {
  return parseMessage(text, shapes);
}
