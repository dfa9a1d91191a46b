import { expect } from 'vitest';
import { ClusterError } from '../src/protocol/errors.ts';

/** What it rejects with: a `ClusterError`, or the test fails. */
export async function failureOf(promise: Promise<unknown>): Promise<ClusterError> {
  const error = await promise.then(
    () => 'it did not fail',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClusterError);
  return error as ClusterError;
}
