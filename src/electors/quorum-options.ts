import { maxVoters as maxVotersEver } from '../core/quorum/limits.ts';
import { maxCharterMs } from '../protocol/charter.ts';
import { isPeerId, type PeerId } from '../protocol/ids.ts';
import { checkOptions, type OptionRule } from '../protocol/options.ts';
import { filled } from './quorum-charter.ts';

export interface QuorumOptions {
  /**
   * The ids of those who vote, for members that keep their ids, as those of `nodes()` do: up to 64, the same list at every
   * member. Keep them odd: of four, two are not more than of three. Left out: members come and go, and whoever is there
   * gets a vote, up to `maxVoters`.
   */
  readonly voters?: readonly PeerId[];
  /**
   * Whether the signaling server votes as well, in every room: then a member and the server are enough to go on, and so
   * are all members without it. Default `'anchor'`; `'none'` needs more than half of those who vote.
   */
  readonly witness?: 'anchor' | 'none';
  /** How many members vote at most: 1 to 64, default 5. The others learn what is decided. */
  readonly maxVoters?: number;
  /** The shortest lease, from 10 ms. Default 250 ms. */
  readonly minLeaseMs?: number;
  /** The longest lease, up to 10 minutes. Default 5,000 ms. */
  readonly maxLeaseMs?: number;
  /**
   * A leader that has not reached the server for so long leads no more; and if those who vote are lost for good, the room
   * is founded anew after that. From 1 s and no less than `maxLeaseMs`, up to a day; a server refuses more than its
   * `maxCharterMs`. Both are 120,000 ms by default.
   */
  readonly charterMs?: number;
}

const isMs =
  (least: number, most: number) =>
  (value: number): boolean =>
    Number.isFinite(value) && value >= least && value <= most;

const maxLeaseEverMs = 600_000;
const leaseRule: OptionRule = {
  mayBe: `a number of milliseconds from 10 to ${maxLeaseEverMs}`,
  type: 'number',
  test: isMs(10, maxLeaseEverMs),
};

const rules: { readonly [Name in keyof QuorumOptions]-?: OptionRule } = {
  voters: { mayBe: 'a list of ids, such as ["a", "b", "c"]', type: 'object', test: isVoterList },
  witness: { mayBe: '"anchor" or "none"', type: 'string', test: (value) => value === 'anchor' || value === 'none' },
  maxVoters: {
    mayBe: `a whole number from 1 to ${maxVotersEver}`,
    type: 'number',
    test: (count: number) => Number.isInteger(count) && count >= 1 && count <= maxVotersEver,
  },
  minLeaseMs: leaseRule,
  maxLeaseMs: leaseRule,
  charterMs: {
    mayBe: `a number of milliseconds from 1000 to ${maxCharterMs}`,
    type: 'number',
    test: isMs(1_000, maxCharterMs),
  },
};

function isVoterList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isPeerId);
}

/** Throws a `TypeError` or `RangeError` that names the option and what it may be. */
export function checkQuorumOptions(options: QuorumOptions): void {
  checkOptions('quorum', options, rules, []);
  const { minLeaseMs, maxLeaseMs, charterMs } = filled(options);
  // Nobody would heed a vote that promises more than the longest lease.
  if (minLeaseMs > maxLeaseMs)
    throw new RangeError(`quorum: "minLeaseMs" is ${minLeaseMs}, and may not be above "maxLeaseMs", ${maxLeaseMs}`);
  if (options.voters) return checkVoters(options.voters, options);
  if (charterMs < maxLeaseMs)
    throw new RangeError(`quorum: "charterMs" is ${charterMs}, and may not be below "maxLeaseMs", ${maxLeaseMs}`);
}

function checkVoters(voters: readonly PeerId[], options: QuorumOptions): void {
  if (voters.length > maxVotersEver) throw new RangeError(`quorum: there may be up to ${maxVotersEver} "voters"`);
  if (new Set(voters).size < voters.length) throw new RangeError('quorum: a voter is named twice in "voters"');
  for (const name of ['witness', 'maxVoters', 'charterMs'] as const) {
    if (options[name] === undefined) continue;
    throw new TypeError(`quorum: "${name}" is for members that come and go, "voters" for those that stay: give one`);
  }
}
