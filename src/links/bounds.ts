/** What sessions of either kind keep to, and what they say where it is not kept. */

const KiB = 1024;
const MiB = 1024 * KiB;

/** How far the lanes are sent ahead of what is acknowledged: what is urgent waits behind no more than that. */
export const urgentWindow: number = 256 * KiB;
export const bulkWindow: number = MiB;
/** What may wait for a member that does not answer. */
const maxPendingOutOfReach = 8 * MiB;
/** For so long nothing needs to be confirmed before the session ends. */
export const maxStuckMs = 30_000;

export interface Load {
  readonly bytes: number;
  readonly maxMessageBytes: number;
  /** What waits already, in bytes, or in characters where texts wait as such. */
  readonly pending: number;
  readonly isOutOfReach: boolean;
}

/** Why a message is not taken; `null` if it is. */
export function refusal({ bytes, maxMessageBytes, pending, isOutOfReach }: Load): string | null {
  if (bytes > maxMessageBytes) return `a message of ${bytes} bytes; at most ${maxMessageBytes} are sent in one`;
  if (pending > (isOutOfReach ? maxPendingOutOfReach : 2 * maxMessageBytes))
    return 'too much waits for it already; await earlier sends';
  return null;
}

/** Why a session ends. */
export const beganAnew = 'the other side began anew';
export const stuck: string = `nothing was confirmed for ${maxStuckMs / 1000} s`;
export const wrongAck = 'it acknowledged what was never sent';

export function tooLong(maxMessageBytes: number): string {
  return `it sent no message of at most ${maxMessageBytes} bytes`;
}
