import type { ClusterErrorCode } from '../protocol/errors.ts';

/** What the server refuses for good: after these, the same words would be refused again. */
export const finalRefusals: ReadonlyMap<string, ClusterErrorCode> = new Map([
  ['unauthorised', 'rejected'],
  ['room-full', 'rejected'],
  ['charter-differs', 'options-differ'],
  ['epoch-refused', 'superseded'],
  ['too-large', 'too-large'],
]);
