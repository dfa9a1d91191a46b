import type { Configuration, Voter } from './configuration.ts';
import { maxMembers } from './limits.ts';

/** How one who votes, learns or wants to looks to the leader. */
export interface Attendance {
  readonly id: string;
  readonly host: string;
  readonly witness: boolean;
  /**
   * `gone`: it said so, or is neither heard nor known to those above. `silent`: not heard for long. `ready`: its log is
   * nearly the leader's, and it answers. `present`: anything else.
   */
  readonly state: 'gone' | 'silent' | 'present' | 'ready';
}

/** Who votes now, and who could. */
interface Electorate {
  readonly leader: string;
  /** The witness is not among them. */
  readonly voters: readonly Attendance[];
  readonly witness: Attendance | undefined;
  readonly ready: readonly Attendance[];
  readonly maxVoters: number;
}

/**
 * What a configuration should become, joint or not: the same as it is if nothing is to be done. The dead lose their votes,
 * to others that are ready, before the number of voters grows. `members`: all who vote, learn, or want to.
 */
export function wantedConfiguration(
  { halves: [half = []] }: Configuration,
  members: readonly Attendance[],
  { leader, maxVoters }: { readonly leader: string; readonly maxVoters: number },
): Configuration {
  const voting = members.filter(({ id }) => half.some((voter) => voter.id === id));
  const voters = voting.filter(({ witness }) => !witness);
  const ready = members.filter((one) => one.state === 'ready' && !voting.includes(one));
  const electorate = { leader, voters, witness: voting.find(({ witness }) => witness), ready, maxVoters };
  const witness = wantedWitness(electorate);
  const wanted = voters.some(isDead) ? replaced(electorate) : grown(electorate, witness === undefined);
  const learners = members.filter((one) => one.state !== 'gone' && one !== witness && !wanted.includes(one));
  return { halves: [weighted(wanted, witness)], learners: learners.slice(0, maxMembers).map(({ id }) => id) };
}

function isDead({ state }: Attendance): boolean {
  return state === 'gone' || state === 'silent';
}

/**
 * With n voters, an anchor has the weight n - 1: any one of them and the anchor are a quorum, and from two on so are all of
 * them without it (Q8).
 */
function weighted(voters: readonly Attendance[], witness: Attendance | undefined): readonly Voter[] {
  const half: Voter[] = voters.map(({ id }) => ({ id, weight: 1, witness: false }));
  if (witness !== undefined) half.push({ id: witness.id, weight: Math.max(1, half.length - 1), witness: true });
  return half;
}

/** Its successor, if it is dead; nobody, if all voters are there and can do without. */
function wantedWitness({ voters, witness, ready }: Electorate): Attendance | undefined {
  if (witness !== undefined && !isDead(witness)) return witness;
  const successor = ready.find((one) => one.witness);
  const isDispensable = voters.length >= 3 && !voters.some(isDead);
  return successor ?? (isDispensable ? undefined : witness);
}

/** As many as before, if others are ready. One that is only silent may come back: that is better than nobody. */
function replaced({ voters, ready, maxVoters }: Electorate): readonly Attendance[] {
  const living = voters.filter((one) => !isDead(one));
  const kept = [...living, ...newVoters(living, ready, Math.min(maxVoters, voters.length) - living.length)];
  const silent = voters.filter(({ state }) => state === 'silent');
  return [...kept, ...silent.slice(0, Math.max(0, 2 - kept.length))];
}

/** Up to `maxVoters`. Without a witness an odd number: of four, two are no more than of three. */
function grown({ leader, voters, ready, maxVoters }: Electorate, isPlain: boolean): readonly Attendance[] {
  const more = newVoters(voters, ready, maxVoters - voters.length);
  const isEven = (voters.length + more.length) % 2 === 0;
  const all = [...voters, ...(isPlain && isEven ? more.slice(0, -1) : more)];
  return voters.length < maxVoters ? all : spread(all, ready, leader);
}

/** So many, each of the host that has the fewest voters. */
function newVoters(voters: readonly Attendance[], ready: readonly Attendance[], count: number): readonly Attendance[] {
  const chosen: Attendance[] = [];
  const left = ready.filter(({ witness }) => !witness);
  while (chosen.length < count && left.length > 0) {
    const crowds = left.map(({ host }) => crowd([...voters, ...chosen], host));
    chosen.push(...left.splice(crowds.indexOf(Math.min(...crowds)), 1));
  }
  return chosen;
}

/** One of a crowded host makes room for one of a host that has none. */
function spread(voters: readonly Attendance[], ready: readonly Attendance[], leader: string): readonly Attendance[] {
  const newcomer = ready.find(({ witness, host }) => !witness && crowd(voters, host) === 0);
  const spare = voters.find(({ id, host }) => id !== leader && crowd(voters, host) > 1);
  return newcomer === undefined ? voters : voters.map((one) => (one === spare ? newcomer : one));
}

function crowd(voters: readonly Attendance[], host: string): number {
  return voters.filter((voter) => voter.host === host).length;
}
