/** Names one life of one member: a page load or a process start. Never used again. 1 to 64 of `[A-Za-z0-9_.:-]`. */
export type PeerId = string;

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

/** A fresh id of 128 random bits and a few more, as 22 characters. */
export function freshPeerId(randomBytes: (length: number) => Uint8Array): PeerId {
  return Array.from(randomBytes(22), (byte) => alphabet[byte & 63]).join('');
}

export { isPeerId } from '../core/peer-id.ts';

/** A room's name: 1 to 128 of `[A-Za-z0-9_.:-]`. */
export function isRoomName(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.:-]{1,128}$/.test(value);
}
