import { flag, list, message, object, optional, orNull, peerId, text, whole, type Parse } from '../core/parsing.ts';
import { parseJson } from './foreign-json.ts';
import { channel, host, info } from './fields.ts';
import type { ServerErrorCode, ServerMessage } from './messages.ts';

const count = whole(0);
const positive = whole(1);
const secret = text(1, 64);
const ids = list(peerId);

const anyMessage: Parse<ServerMessage> = message<ServerMessage>({
  welcome: object({
    channel,
    resume: secret,
    heartbeatMs: positive,
    maxFrameBytes: positive,
    maxInfoBytes: positive,
    messagesPerSecond: positive,
    bytesPerSecond: positive,
    maxIdBytes: positive,
    slowBytes: positive,
    stuckBytes: positive,
  }),
  view: object({
    channel,
    era: secret,
    from: count,
    n: count,
    founder: orNull(peerId),
    epoch: count,
    witness: orNull(peerId),
    continues: orNull(positive),
    foundsInMs: optional(count),
    bye: ids,
    gone: ids,
    members: list(object({ id: peerId, info, host })),
    more: flag,
  }),
  hint: object({ channel, id: peerId }),
  'ask-pledge': object({ channel, epoch: positive }),
  pong: object({ nonce: count }),
  drain: object({ retryAfterMs: count }),
  // A later server may have reasons that are not known here.
  error: object({ code: text(1, 64) as Parse<ServerErrorCode>, message: text(0, 1024), channel: optional(channel) }),
});

/** What the server said. Clients read with this. Throws `Malformed` for what is nothing that a server may say. */
export function parseServerMessage(frame: string): ServerMessage {
  return anyMessage(parseJson(frame));
}
