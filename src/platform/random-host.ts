import { freshPeerId } from '../protocol/ids.ts';
import { randomBytes } from './globals.ts';

/** A host for runtimes that do not name their machine: random, and the same for as long as the process lives. */
export function randomHost(): () => string {
  let host: string | undefined;
  return () => (host ??= freshPeerId(randomBytes));
}
