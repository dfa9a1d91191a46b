import { isPeerId, type PeerId } from './ids.ts';
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

/** What a payload is for: a frame of the session between two members, or a WebRTC signal. */
export const ports = { link: 0, signal: 1 } as const;
export type Port = (typeof ports)[keyof typeof ports];

export interface RelayFrame {
  readonly channel: Channel;
  readonly entries: readonly RelayEntry[];
}

const kindRelay = 1;
const headerBytes = 2;

/** Bytes that one entry takes in a frame. */
export function relayEntryBytes(entry: RelayEntry): number {
  return 1 + entry.peer.length + 1 + 4 + entry.payload.byteLength;
}

/** Bytes that a frame without entries takes. */
export const relayHeaderBytes: number = headerBytes;

export function encodeRelayFrame(frame: RelayFrame): Uint8Array<ArrayBuffer> {
  let size = headerBytes;
  for (const entry of frame.entries) size += relayEntryBytes(entry);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes[0] = kindRelay;
  bytes[1] = frame.channel;
  let at = headerBytes;
  for (const { peer, port, payload } of frame.entries) {
    bytes[at++] = peer.length;
    for (let i = 0; i < peer.length; i++) bytes[at++] = peer.charCodeAt(i);
    bytes[at++] = port;
    view.setUint32(at, payload.byteLength);
    bytes.set(payload, at + 4);
    at += 4 + payload.byteLength;
  }
  return bytes;
}

/** Null for anything that is not exactly such a frame. Payloads are views into `bytes`. */
export function decodeRelayFrame(bytes: Uint8Array): RelayFrame | null {
  if (bytes.byteLength < headerBytes || bytes[0] !== kindRelay) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: RelayEntry[] = [];
  let at = headerBytes;
  while (at < bytes.byteLength) {
    const idEnd = at + 1 + (bytes[at] as number);
    if (idEnd + 5 > bytes.byteLength) return null;
    const peer = String.fromCharCode(...bytes.subarray(at + 1, idEnd));
    const port = bytes[idEnd];
    const payloadStart = idEnd + 5;
    const payloadEnd = payloadStart + view.getUint32(idEnd + 1);
    if (!isPeerId(peer) || (port !== ports.link && port !== ports.signal) || payloadEnd > bytes.byteLength) return null;
    entries.push({ peer, port, payload: bytes.subarray(payloadStart, payloadEnd) });
    at = payloadEnd;
  }
  return { channel: bytes[1] as number, entries };
}
