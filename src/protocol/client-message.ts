import { flag, Malformed, message, object, optional, peerId, text, whole, type Parse } from '../core/parsing.ts';
import { charter } from './charter.ts';
import { channel, host, info } from './fields.ts';
import { isRoomName } from './ids.ts';
import { parseJson } from './foreign-json.ts';
import { jsonBytes, type Json } from './json.ts';
import type { Channel, ClientMessage, ServerErrorCode } from './messages.ts';
import { pledge, standing } from './standing.ts';

/** Why a text is no message, in words for whoever sent it: the server answers with them. */
export interface Problem {
  readonly type: 'problem';
  readonly code: ServerErrorCode;
  readonly message: string;
  /** The room that the text spoke of, where that could be read. */
  readonly channel?: Channel | undefined;
}

const anyMessage: Parse<ClientMessage> = message<ClientMessage>({
  hello: object({ version: whole(0), token: optional(text(0, 8192)) }),
  join: object({
    channel,
    room: roomName,
    id: peerId,
    info,
    host,
    resume: optional(text(1, 64)),
    charter: optional(charter),
    epoch: optional(whole(1)),
    lapsed: optional(flag),
  }),
  leave: object({ channel, pledge: optional(pledge) }),
  standing: object({ channel, epoch: whole(1), standing }),
  pledge: object({ channel, epoch: whole(1), standing }),
  info: object({ channel, info }),
  sync: object({ channel }),
  ping: object({ nonce: whole(0) }),
});

/** What a client said, or why that was nothing a client may say. The server reads with this. */
export function parseClientMessage(frame: string, maxInfoBytes: number): ClientMessage | Problem {
  let value: Json = null;
  try {
    value = parseJson(frame);
    const said = anyMessage(value);
    if ((said.type === 'join' || said.type === 'info') && jsonBytes(said.info) > maxInfoBytes) {
      return problem('too-large', `info takes more than ${maxInfoBytes} bytes as JSON`, said.channel);
    }
    return said;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return problem('malformed', error.message, channelOf(value));
  }
}

export function problem(code: ServerErrorCode, words: string, room?: Channel): Problem {
  return { type: 'problem', code, message: words, channel: room };
}

function roomName(value: unknown): string {
  if (!isRoomName(value)) throw new Malformed('is not 1 to 128 of A-Z a-z 0-9 _ . : -');
  return value;
}

function channelOf(value: Json): Channel | undefined {
  try {
    return object({ channel })(value).channel;
  } catch {
    return undefined;
  }
}
