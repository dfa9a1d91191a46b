import { ClusterError, type ClusterErrorCode } from '../protocol/errors.ts';
import { type Json, jsonBytes } from '../protocol/json.ts';

/** What the server refuses for good: after these, the same words would be refused again. */
export const finalRefusals: ReadonlyMap<string, ClusterErrorCode> = new Map([
  ['unauthorised', 'rejected'],
  ['room-full', 'rejected'],
  ['charter-differs', 'options-differ'],
  ['epoch-refused', 'superseded'],
  ['too-large', 'too-large'],
]);

/** Throws `too-large` for an `info` that the server would refuse. */
export function assertTaken(info: Json, maxBytes: number): void {
  const bytes = jsonBytes(info);
  if (bytes <= maxBytes) return;
  throw new ClusterError('too-large', `the info takes ${bytes} bytes of JSON, and the server takes ${maxBytes}`);
}
