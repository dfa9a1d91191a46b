import type { Lent } from './lent.ts';

/**
 * What two members say to each other through the relay to open a data channel, as JSON.
 *
 * - `want`: whether the sender wants a channel; `lost` names a connection that ended at the sender's side.
 * - `signal`: one of the connection's own, SDP or an ICE candidate. The number of the connection comes from the
 *   initiator, and what speaks of another is dropped.
 */
export type WebRtcSignal =
  | { readonly type: 'want'; readonly want: boolean; readonly lost: string | null }
  | { readonly type: 'signal'; readonly connection: string; readonly signal: ConnectionSignal };

export type ConnectionSignal =
  | { readonly type: 'offer' | 'answer'; readonly sdp: string }
  | {
      readonly type: 'candidate';
      readonly candidate: {
        readonly candidate: string;
        readonly sdpMLineIndex: number | null;
        readonly sdpMid: string | null;
      };
    };

const maxSignalBytes = 16 * 1024;
const maxCandidateLength = 1024;

export function encodeSignal(signal: WebRtcSignal): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(signal));
}

/** Null for anything else, and for anything of unreasonable size. Only what is known is taken over. */
export function decodeSignal(bytes: Uint8Array, parseJson: Lent['parseJson']): WebRtcSignal | null {
  if (bytes.byteLength > maxSignalBytes) return null;
  let value: unknown;
  try {
    value = parseJson(new TextDecoder().decode(bytes));
  } catch {
    return null; // a Malformed: it throws nothing else
  }
  if (!isRecord(value)) return null;
  if (value.type === 'want') return readWant(value);
  const signal = isRecord(value.signal) ? readConnectionSignal(value.signal) : null;
  if (value.type !== 'signal' || !isConnectionId(value.connection) || signal === null) return null;
  return { type: 'signal', connection: value.connection, signal };
}

function readWant({ want, lost }: Readonly<Record<string, unknown>>): WebRtcSignal | null {
  if (typeof want !== 'boolean' || !(lost === null || isConnectionId(lost))) return null;
  return { type: 'want', want, lost };
}

/** What simple-peer emits, or what claims to be that. Null for kinds that a data channel has no use for. */
export function readConnectionSignal(value: unknown): ConnectionSignal | null {
  if (!isRecord(value)) return null;
  const { type, sdp, candidate } = value;
  if ((type === 'offer' || type === 'answer') && typeof sdp === 'string') return { type, sdp };
  if (type !== 'candidate' || !isRecord(candidate)) return null;
  const { candidate: line, sdpMLineIndex = null, sdpMid = null } = candidate;
  if (typeof line !== 'string' || line.length > maxCandidateLength) return null;
  if (sdpMLineIndex !== null && typeof sdpMLineIndex !== 'number') return null;
  if (sdpMid !== null && (typeof sdpMid !== 'string' || sdpMid.length > 64)) return null;
  return { type, candidate: { candidate: line, sdpMLineIndex, sdpMid } };
}

function isConnectionId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
