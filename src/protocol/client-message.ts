import { isPeerId, isRoomName } from './ids.ts';
import { jsonBytes } from './json.ts';
import type { ClientMessage } from './messages.ts';
import {
  channel,
  host,
  natural,
  optional,
  parseMessage,
  problem,
  string,
  type Field,
  type Problem,
  type Shapes,
} from './shapes.ts';

const info: Field = ['a JSON value', (value) => value !== undefined];

const shapes: Shapes<ClientMessage> = {
  hello: { version: natural, token: optional(string(0, 8192)) },
  join: {
    channel,
    room: ['1 to 128 of A-Z a-z 0-9 _ . : -', isRoomName],
    id: ['1 to 64 of A-Z a-z 0-9 _ . : -', isPeerId],
    info,
    host,
    resume: optional(string(1, 64)),
  },
  leave: { channel },
  info: { channel, info },
  sync: { channel },
  ping: { nonce: natural },
};

/** What a client said, or why that was nothing a client may say. The server reads with this. */
export function parseClientMessage(text: string, maxInfoBytes: number): ClientMessage | Problem {
  const message = parseMessage(text, shapes);
  if ((message.type === 'join' || message.type === 'info') && jsonBytes(message.info) > maxInfoBytes) {
    return problem('too-large', `"info" must take at most ${maxInfoBytes} bytes as JSON`, message.channel);
  }
  return message;
}
