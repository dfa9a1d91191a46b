/** Names one life of one member: a page load or a process start. Never used again. 1 to 64 of `[A-Za-z0-9_.:-]`. */
export type PeerId = string;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

/** A fresh id of 128 random bits, as 22 characters. */
export function freshPeerId(randomBytes: (length: number) => Uint8Array): PeerId {
  let id = '';
  for (const byte of randomBytes(22)) id += ALPHABET[byte & 63];
  return id;
}

export function isPeerId(value: unknown): value is PeerId {
  return typeof value === 'string' && /^[A-Za-z0-9_.:-]{1,64}$/.test(value);
}

/** A room's name: 1 to 128 of `[A-Za-z0-9_.:-]`. */
export function isRoomName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_.:-]{1,128}$/.test(value);
}
