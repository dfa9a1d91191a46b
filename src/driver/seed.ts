import type { Platform } from '../platform/platform.ts';

/** A safe integer out of six random bytes. */
export function freshSeed({ randomBytes }: Pick<Platform, 'randomBytes'>): number {
  return randomBytes(6).reduce((seed, byte) => seed * 256 + byte, 0);
}
