import type { RoomRecord } from '../../signaling-server/record.ts';
import type { QuorumCharter } from '../../src/protocol/charter.ts';

export const quorumCharter: QuorumCharter = {
  ...{ witness: 'anchor', maxVoters: 5, minLeaseMs: 250, maxLeaseMs: 1000 },
  charterMs: 120_000,
};

/** Of a room that Ada founded. */
export function recordOf(epoch: number, witness: string | null = `w${epoch}`): RoomRecord {
  return { epoch, founder: 'ada', witness, continues: null, charter: { elector: 'quorum', quorum: quorumCharter } };
}

/** Of a room that all have left, with a goodbye. */
export function closedRecordOf(epoch: number): RoomRecord {
  return { epoch, founder: null, witness: null, continues: null, charter: null };
}
