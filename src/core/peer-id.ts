/** Longest id of a member: each of its characters is one byte. */
export const maxIdBytes = 64;

/** 1 to `maxIdBytes` of `[A-Za-z0-9_.:-]`. */
export function isPeerId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxIdBytes && /^[\w.:-]+$/.test(value);
}
