import { isPeerId } from '../core/peer-id.ts';
import type { PeerId } from './ids.ts';
import type { Channel } from './messages.ts';

/**
 * A binary frame between client and server: one byte kind (1), one byte channel, then entries, each
 *
 *     u8 length of id · id (ASCII) · u8 port · u32 length of payload (big endian) · payload
 *
 * From a client the id is the receiver's; the server writes the sender's in its place (T2). Several entries in one
 * frame may go to several members: one frame counts once against the frame rate, and by its bytes. An entry must fit
 * into a frame of `maxFrameBytes` with either of the two ids.
 */
export interface RelayEntry {
  readonly peer: PeerId;
  readonly port: Port;
  readonly payload: Uint8Array;
}

/**
 * What a payload is for: a frame of the session between two members, a WebRTC signal, or a piece of what is said to the
 * server's witness, or by it (`pieces.ts`).
 */
export const ports = { link: 0, signal: 1, witness: 2 } as const;
export type Port = (typeof ports)[keyof typeof ports];

export interface RelayFrame {
  readonly channel: Channel;
  readonly entries: readonly RelayEntry[];
}

const kindRelay = 1;

/** Bytes that one entry takes in a frame. */
export function relayEntryBytes(entry: RelayEntry): number {
  return 6 + entry.peer.length + entry.payload.byteLength;
}

/** Bytes that a frame without entries takes. */
export const relayHeaderBytes = 2;

/** What a frame with one entry takes beside its payload, with the longest id that there is. */
export const maxRelayOverheadBytes = 72;

export function encodeRelayFrame({ channel, entries }: RelayFrame): Uint8Array<ArrayBuffer> {
  let size = relayHeaderBytes;
  for (const entry of entries) size += relayEntryBytes(entry);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes[0] = kindRelay;
  bytes[1] = channel;
  let at = relayHeaderBytes;
  for (const { peer, port, payload } of entries) {
    bytes[at++] = peer.length;
    for (let i = 0; i < peer.length; i++) bytes[at++] = peer.charCodeAt(i);
    bytes[at++] = port;
    view.setUint32(at, payload.byteLength);
    bytes.set(payload, at + 4);
    at += 4 + payload.byteLength;
  }
  return bytes;
}

/** A mark of byte order is not skipped: with it, it is no id. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Null for anything that is not exactly such a frame. Payloads are views into `bytes`. */
export function decodeRelayFrame(bytes: Uint8Array): RelayFrame | null {
  const [kind, channel] = bytes;
  if (kind !== kindRelay || channel === undefined) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: RelayEntry[] = [];
  for (let at = relayHeaderBytes; at < bytes.byteLength;) {
    const idEnd = at + 1 + (bytes[at] as number);
    const start = idEnd + 5;
    if (start > bytes.byteLength) return null;
    const peer = decoder.decode(bytes.subarray(at + 1, idEnd));
    const port = bytes[idEnd];
    at = start + view.getUint32(idEnd + 1);
    if (!isPeerId(peer) || !isPort(port) || at > bytes.byteLength) return null;
    entries.push({ peer, port, payload: bytes.subarray(start, at) });
  }
  return { channel, entries };
}

function isPort(port: number | undefined): port is Port {
  return port === ports.link || port === ports.signal || port === ports.witness;
}
