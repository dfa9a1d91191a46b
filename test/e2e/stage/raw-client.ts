import { WebSocket } from 'ws';
import { type ClientMessage, type ServerMessage, protocolVersion } from '../../../src/protocol/messages.ts';
import { decodeRelayFrame, type RelayEntry, encodeRelayFrame } from '../../../src/protocol/relay-frame.ts';

/** A socket to the signaling server that says whatever it is told to, as a stranger's program might. */
export interface RawClient {
  readonly heard: readonly ServerMessage[];
  readonly relayed: readonly RelayEntry[];
  send(frame: string | Uint8Array): void;
  relay(...entries: RelayEntry[]): void;
  /** Says hello and joins as `id`; resolves when the server has answered. `claims`: what else it says of itself. */
  join(room: string, id: string, info?: unknown, claims?: Claims): Promise<ServerMessage>;
  /** What the server answers next, beside telling of others. */
  answerTo(frame: string | Uint8Array): Promise<ServerMessage>;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  end(): void;
}

type Join = Extract<ClientMessage, { readonly type: 'join' }>;
type Claims = Pick<Join, 'charter' | 'epoch' | 'lapsed' | 'resume'>;

/** What the server says to this client because of what the client said. */
const answers = new Set<ServerMessage['type']>(['welcome', 'error', 'pong']);

export async function connectRaw(url: string): Promise<RawClient> {
  const socket = new WebSocket(url);
  const heard: ServerMessage[] = [];
  const relayed: RelayEntry[] = [];
  socket.on('message', (frame: Buffer, isBinary) => {
    if (isBinary) relayed.push(...(decodeRelayFrame(frame)?.entries ?? []));
    else heard.push(JSON.parse(frame.toString()) as ServerMessage);
  });
  const closed = new Promise<number>((resolve) => {
    socket.once('close', resolve);
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {}); // told by `closed`
  const send = (frame: string | Uint8Array): void => socket.send(frame);
  const answerTo = (frame: string | Uint8Array): Promise<ServerMessage> =>
    new Promise((resolve) => {
      const listen = (answer: Buffer, isBinary: boolean): void => {
        if (isBinary) return;
        const message = JSON.parse(answer.toString()) as ServerMessage;
        if (!answers.has(message.type)) return;
        socket.off('message', listen);
        resolve(message);
      };
      socket.on('message', listen);
      send(frame);
    });
  return {
    heard,
    relayed,
    send,
    relay: (...entries) => send(encodeRelayFrame({ channel: 0, entries })),
    join: (room, id, info = null, claims = {}) => {
      send(JSON.stringify({ type: 'hello', version: protocolVersion }));
      return answerTo(JSON.stringify({ type: 'join', channel: 0, room, id, info, host: '', ...claims }));
    },
    answerTo,
    closed,
    end: () => socket.terminate(),
  };
}
