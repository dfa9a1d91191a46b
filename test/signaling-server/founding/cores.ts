import type { RaftOptions } from '../../../src/core/quorum/events.ts';
import { Raft } from '../../../src/core/quorum/raft.ts';
import { ports } from '../../../src/protocol/relay-frame.ts';
import type { RoomEvent } from '../../../signaling-server/room-events.ts';

/** Short, so that a minute sees a lot. */
export const charterMs = 8_000;
const encoder = new TextEncoder();

export function coreOf(options: RaftOptions): Raft {
  return new Raft({ maxVoters: 3, limits: { minLeaseMs: 500, maxLeaseMs: 1_500, missingMs: 3_000 }, ...options });
}

/** To the witness, as one piece. */
export function toWitness(seat: string, peer: string, message: unknown): RoomEvent<string> {
  const payload = encoder.encode(JSON.stringify(message));
  return { type: 'relay', seat, entries: [{ peer, port: ports.witness, payload }] };
}
