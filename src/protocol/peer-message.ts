import { isPeerId, isRoomName, type PeerId } from './ids.ts';
import { parseJson } from './foreign-json.ts';
import { type Json, jsonBytes } from './json.ts';

/**
 * What two processes that know each other's addresses say on the socket between them, as JSON in text frames. Binary
 * frames are those of the links.
 */
export type PeerMessage = PeerHello | { readonly type: 'info'; readonly info: Json } | { readonly type: PlainType };

/** The first words of both sides: of the one that called, then of the one that was called. */
export interface PeerHello {
  readonly type: 'hello';
  readonly version: number;
  readonly room: string;
  readonly id: PeerId;
  /** Who votes, as the sender was told; sorted. All must have been told the same. */
  readonly voters: readonly PeerId[];
  /** Names the storage of the sender. Another one under the same id has forgotten what was promised. */
  readonly life: string;
  readonly info: Json;
  readonly host: string;
}

/** `bye`: the sender leaves. `ping` is answered by `pong`. */
type PlainType = 'bye' | 'ping' | 'pong';

export const peerProtocolVersion = 1;

export const maxPeers = 64;
export const maxPeerInfoBytes = 1024;

/** Why one side closes the socket. The reason says it in words. */
export const peerCloseCodes = {
  /** Come again. */
  silent: 4001,
  /** The same words would be refused again, until somebody changes what one of the two was told. */
  malformed: 4500,
  refused: 4501,
} as const;

/** What the text says, or in words why it says nothing. */
export function parsePeerMessage(text: string): PeerMessage | string {
  let value: Json;
  try {
    value = parseJson(text);
  } catch (error) {
    return (error as Error).message;
  }
  if (typeof value !== 'object' || value === null) return 'a message must be a JSON object';
  const fields = value as Readonly<Record<string, Json | undefined>>;
  switch (fields['type']) {
    case 'hello':
      return parseHello(fields);
    case 'info':
      return isInfo(fields['info']) ? { type: 'info', info: fields['info'] } : infoProblem;
    case 'bye':
    case 'ping':
    case 'pong':
      return { type: fields['type'] };
    default:
      return 'a message must have a "type" that is known';
  }
}

const infoProblem = `"info" must be JSON of at most ${maxPeerInfoBytes} bytes`;

function parseHello(fields: Readonly<Record<string, Json | undefined>>): PeerHello | string {
  const { version, room, id, voters, life, info, host } = fields;
  if (!Number.isSafeInteger(version)) return '"version" must be a whole number';
  if (!isRoomName(room)) return '"room" must be the name of a room';
  if (!isPeerId(id)) return '"id" must be the id of a member';
  if (!isPeerId(life)) return '"life" must be the name of a storage';
  if (!Array.isArray(voters) || voters.length > maxPeers || !voters.every(isPeerId))
    return '"voters" must be a list of ids';
  if (!isInfo(info)) return infoProblem;
  if (typeof host !== 'string' || host.length > 255) return '"host" must be a string of at most 255 characters';
  return { type: 'hello', version: version as number, room, id, voters: voters as PeerId[], life, info, host };
}

function isInfo(info: Json | undefined): info is Json {
  return info !== undefined && jsonBytes(info) <= maxPeerInfoBytes;
}
