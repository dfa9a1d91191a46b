import type { TokenBucket } from '../../core/token-bucket.ts';
import type { ClusterError } from '../../protocol/errors.ts';
import type { parseJson } from '../../protocol/foreign-json.ts';
import type { ports } from '../../protocol/relay-frame.ts';
import type { Backoff } from '../../signaling/backoff.ts';

/**
 * What WebRTC needs of modules that the first load has anyway. If what is loaded later imported them itself, bundlers
 * would cut them out of the first load, into one more file of it.
 */
export interface Lent {
  readonly Backoff: typeof Backoff;
  readonly ClusterError: typeof ClusterError;
  readonly parseJson: typeof parseJson;
  readonly ports: typeof ports;
  readonly TokenBucket: typeof TokenBucket;
}
