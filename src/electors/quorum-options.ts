import { defaultLimits, maxVoters } from '../core/quorum/limits.ts';
import { isPeerId, type PeerId } from '../protocol/ids.ts';
import { checkOptions, type OptionRule } from '../protocol/options.ts';

export interface QuorumOptions {
  /**
   * The ids of those who vote, up to 64, the same list at every member. Keep them odd: of four, two are not more than of
   * three.
   */
  readonly voters: readonly PeerId[];
  /** The shortest lease, from 10 ms, the same at every member. Default 250 ms. */
  readonly minLeaseMs?: number;
  /** The longest lease, the same at every member. Default 5,000 ms. */
  readonly maxLeaseMs?: number;
}

const lease: OptionRule = {
  mayBe: 'a number of milliseconds from 10 on',
  type: 'number',
  test: (ms: number) => Number.isFinite(ms) && ms >= 10,
};

const rules: { readonly [Name in keyof QuorumOptions]-?: OptionRule } = {
  voters: {
    mayBe: 'a list of ids, such as ["a", "b", "c"]',
    type: 'object',
    test: (voters: unknown) => Array.isArray(voters) && voters.length > 0 && voters.every(isPeerId),
  },
  minLeaseMs: lease,
  maxLeaseMs: lease,
};

/** Throws a `TypeError` or `RangeError` that names the option and what it may be. */
export function checkQuorumOptions(options: QuorumOptions): void {
  checkOptions('quorum', options, rules, ['voters']);
  const { voters, minLeaseMs = defaultLimits.minLeaseMs, maxLeaseMs = defaultLimits.maxLeaseMs } = options;
  if (voters.length > maxVoters) throw new RangeError(`quorum: there may be up to ${maxVoters} "voters"`);
  if (new Set(voters).size < voters.length) throw new RangeError('quorum: a voter is named twice in "voters"');
  // Nobody would heed a vote that promises more than the longest lease.
  if (minLeaseMs > maxLeaseMs)
    throw new RangeError(`quorum: "minLeaseMs" is ${minLeaseMs}, and may not be above "maxLeaseMs", ${maxLeaseMs}`);
}
