/** One who votes, and how much that counts. */
export interface Voter {
  readonly id: string;
  /** A whole number from 1. Written in every half of every configuration, never derived. */
  readonly weight: number;
  /** True: stores and votes, but never campaigns. */
  readonly witness: boolean;
}

/**
 * Who decides. A quorum is more than half of the weight of *every* half: one half as a rule, two while one
 * configuration gives way to another (joint consensus, Ongaro §4.3).
 */
export interface Configuration {
  readonly halves: readonly (readonly Voter[])[];
  /** Are sent the log and promise like voters, and do not count. */
  readonly learners: readonly string[];
}

/** The first one of an epoch: every voter counts for one, and so does the witness, where there is one. */
export function foundedBy(voters: readonly string[], witness: string | null = null): Configuration {
  const half: Voter[] = voters.map((id) => ({ id, weight: 1, witness: false }));
  if (witness !== null) half.push({ id: witness, weight: 1, witness: true });
  return { halves: [half], learners: [] };
}

/**
 * The highest value that a quorum has reached: each voter's value counts with its weight, in every half. Without any
 * voter nothing is ever reached: `-Infinity`.
 */
export function quorumValue({ halves }: Configuration, valueOf: (id: string) => number): number {
  let lowest = Infinity;
  for (const half of halves) lowest = Math.min(lowest, valueOfHalf(half, valueOf));
  return halves.length === 0 ? -Infinity : lowest;
}

/** Of one half at a time, in the order of its voters: kept, for this is asked for in every step. */
const values: number[] = [];

/** For the few voters there are, comparing each with each is quicker than sorting, and allocates nothing. */
function valueOfHalf(half: readonly Voter[], valueOf: (id: string) => number): number {
  let reached = -Infinity;
  let needed = 0;
  for (let at = 0; at < half.length; at++) {
    const { id, weight } = half[at] as Voter;
    values[at] = valueOf(id);
    needed += weight / 2;
  }
  for (let at = 0; at < half.length; at++) {
    const value = values[at] as number;
    if (value > reached && weightFrom(value, half) > needed) reached = value;
  }
  return reached;
}

/** Of those whose value is not below `value`. */
function weightFrom(value: number, half: readonly Voter[]): number {
  let sum = 0;
  for (let at = 0; at < half.length; at++) if ((values[at] as number) >= value) sum += (half[at] as Voter).weight;
  return sum;
}

/** True if those for whom `holds` is true are a quorum. */
export function isQuorum(configuration: Configuration, holds: (id: string) => boolean): boolean {
  return quorumValue(configuration, (id) => (holds(id) ? 1 : 0)) === 1;
}

/** While one configuration gives way to another, quorums of both decide, and the log goes to the learners of the new. */
function jointOf(from: Configuration, to: Configuration): Configuration {
  return { halves: [...from.halves, ...to.halves], learners: to.learners };
}

export function isJoint({ halves }: Configuration): boolean {
  return halves.length > 1;
}

/** Where a joint configuration leads. */
export function settledOf({ halves, learners }: Configuration): Configuration {
  return { halves: halves.slice(-1), learners };
}

/**
 * The next on the way from one to another, neither of them joint; `null`: it is there. Learners come and go at once. A
 * change of voters, be it of one of them or of a weight, needs both halves in between: quorums of the old and of the new
 * need not meet (`a+b` of `a b w`, `c+w` of `a b c w=2`).
 */
export function stepTowards(from: Configuration, to: Configuration): Configuration | null {
  const [old = []] = from.halves;
  const [young = []] = to.halves;
  if (!sameVoters(old, young)) return jointOf(from, to);
  return sameLearners(from, to) ? null : { halves: from.halves, learners: to.learners };
}

export function sameConfiguration(one: Configuration, other: Configuration): boolean {
  const { halves } = other;
  const isSame =
    one.halves.length === halves.length && one.halves.every((half, at) => sameVoters(half, halves[at] ?? []));
  return isSame && sameLearners(one, other);
}

function sameLearners({ learners }: Configuration, other: Configuration): boolean {
  const known = new Set(learners);
  return known.size === other.learners.length && other.learners.every((id) => known.has(id));
}

/** In whatever order. */
function sameVoters(half: readonly Voter[], other: readonly Voter[]): boolean {
  const isIn = ({ id, weight, witness }: Voter): boolean =>
    half.some((one) => one.id === id && one.weight === weight && one.witness === witness);
  return half.length === other.length && other.every(isIn);
}

/** Each voter once, in the order of the halves. */
export function votersOf({ halves }: Configuration): readonly Voter[] {
  const [only] = halves;
  if (only !== undefined && halves.length === 1) return only;
  const voters = new Map<string, Voter>();
  for (const half of halves) for (const voter of half) if (!voters.has(voter.id)) voters.set(voter.id, voter);
  return [...voters.values()];
}

/** As JSON, more or less. */
export function configurationChars({ halves, learners }: Configuration): number {
  let chars = 0;
  for (const half of halves) for (const { id } of half) chars += id.length + voterChars;
  for (const id of learners) chars += id.length + learnerChars;
  return chars;
}

/** What stands around an id. */
const voterChars = `{"id":"","weight":1,"witness":false},`.length;
const learnerChars = `"",`.length;
