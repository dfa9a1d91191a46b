import { expect, test } from 'vitest';
import { endIfEnough, type Pledger } from '../../../src/core/founding/enough.ts';
import { compareLogs, nobody, type LogEnd } from '../../../src/core/founding/group.ts';
import { isQuorum, type Voter } from '../../../src/core/quorum/configuration.ts';
import type { Standing } from '../../../src/core/quorum/state.ts';

type Half = readonly Voter[];
/** How a voter's log ends: by the old configuration, by the joint one, by the new one; or by what a rival leader wrote. */
type Log = 'old' | 'joint' | 'new' | 'rival';
type Logs = ReadonlyMap<string, Log>;

const logs: readonly Log[] = ['old', 'joint', 'new', 'rival'];
const ends: Readonly<Record<Log, LogEnd>> = {
  old: { lastIndex: 1, lastTerm: 1 },
  joint: { lastIndex: 2, lastTerm: 1 },
  new: { lastIndex: 3, lastTerm: 1 },
  rival: { lastIndex: 2, lastTerm: 2 },
};
/** What of each other's entries a log has. */
const has: Readonly<Record<Log, readonly Log[]>> = {
  old: ['old'],
  joint: ['old', 'joint'],
  new: ['old', 'joint', 'new'],
  rival: ['old', 'rival'],
};

function* subsetsOf<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let bits = 0; bits < 2 ** items.length; bits++) yield items.filter((_, at) => bits & (1 << at));
}

function half(peers: readonly string[], witness: string | null): Half {
  const voters = peers.map((id) => ({ id, weight: 1, witness: false }));
  return witness === null ? voters : [...voters, { id: witness, weight: Math.max(1, peers.length - 1), witness: true }];
}

/** One change of voters, in every state in which it can be: who has how much of it. */
class Change {
  readonly old: Half;
  readonly young: Half;

  constructor(old: Half, young: Half) {
    this.old = old;
    this.young = young;
  }

  halvesOf(log: Log): readonly Half[] {
    if (log === 'joint') return [this.old, this.young];
    return [log === 'new' ? this.young : this.old];
  }

  /** All of `among`, each with half of the weight and more: they elect, and commit. */
  isQuorum(log: Log, among: (id: string) => boolean): boolean {
    return isQuorum({ halves: this.halvesOf(log), learners: [] }, among);
  }

  /** By the configuration in its log, with those who would vote for it, or still follow it: whose logs do not go beyond. */
  canLead(id: string, held: Logs, among: (id: string) => boolean): boolean {
    const own = held.get(id) as Log;
    const isVoter = this.halvesOf(own).some((voters) => voters.some((voter) => voter.id === id && !voter.witness));
    const follows = (other: string): boolean => compareLogs(ends[held.get(other) ?? 'old'], ends[own]) <= 0;
    return isVoter && this.isQuorum(own, (other) => among(other) && follows(other));
  }

  isCommitted(entry: Log, held: Logs): boolean {
    return this.isQuorum(entry, (id) => has[held.get(id) ?? 'old'].includes(entry));
  }

  /**
   * Leaders follow the rules: the new configuration is proposed when the joint one is committed, and a rival was elected by
   * those who had nothing of either, and take nothing of the one that came before it.
   */
  isPossible(held: Logs): boolean {
    const isThere = (log: Log): boolean => [...held.values()].includes(log);
    const before = (id: string): boolean => held.get(id) === 'old' || held.get(id) === 'rival';
    if (isThere('new') && !this.isCommitted('joint', held)) return false;
    return !isThere('rival') || this.isQuorum('old', before);
  }
}

function* heldBy(ids: readonly string[]): Generator<Logs> {
  const [first, ...others] = ids;
  if (first === undefined) return yield new Map();
  for (const log of logs) for (const rest of heldBy(others)) yield new Map([[first, log], ...rest]);
}

const peers = ['a', 'b', 'c'];

/** What there is to see of one state: how often pledges were enough, and what went wrong. */
function look(
  change: Change,
  held: Logs,
  witness: string | null,
  pledged: readonly string[],
): string | null | undefined {
  const standingOf = (id: string): Standing => {
    const log = held.get(id) as Log;
    return { ...ends[log], configuration: change.halvesOf(log), promisedMs: 0 };
  };
  const own = witness !== null && pledged.includes(witness) ? standingOf(witness) : null;
  const pledgers: readonly Pledger[] = pledged
    .filter((id) => id !== witness)
    .map((id) => ({ id, standing: standingOf(id), isThere: true }));
  const end = endIfEnough({ ...nobody, epoch: 1, founder: 'a', witness }, pledgers, own);
  if (end === null) return undefined;
  for (const [id, log] of held) {
    if (!pledged.includes(id) && change.canLead(id, held, (other) => !pledged.includes(other))) {
      return `${id} can still lead`;
    }
    const goesOn = logs.find(
      (one) => ends[one].lastIndex === end.lastIndex && ends[one].lastTerm === end.lastTerm,
    ) as Log;
    if (change.isCommitted(log, held) && !has[goesOn].includes(log)) {
      return `what is committed by the ${log} one is not in the log that goes on`;
    }
  }
  return null;
}

test.each([[null], ['w']])(
  'E2, E3: of every change of up to three voters, in every state it can be in, with whoever pledges: the others are no quorum, and what is committed goes on (witness: %s)',
  (witness) => {
    let enough = 0;
    const wrong: string[] = [];
    const changes = [...subsetsOf(peers)].filter((old) => old.length > 0);
    const ids = witness === null ? peers : [...peers, witness];
    for (const old of changes) {
      for (const young of changes) {
        const change = new Change(half(old, witness), half(young, witness));
        for (const held of heldBy(ids)) {
          if (!change.isPossible(held)) continue;
          for (const pledged of subsetsOf(ids)) {
            const seen = look(change, held, witness, pledged);
            if (seen === null) enough++;
            else if (seen) wrong.push(`${old} to ${young}, ${[...held].join(' ')}, pledged ${pledged}: ${seen}`);
          }
        }
      }
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(enough).toBeGreaterThan(5_000);
  },
);

const standing = (lastIndex: number): Standing => ({ lastIndex, lastTerm: 1, configuration: [], promisedMs: 0 });
const group = { ...nobody, epoch: 2, founder: 'a', witness: 'w' };

test('E3: a log that ends before the one that the epoch began with is never enough: its founder may have had the only one', () => {
  const begun = { ...group, continues: { epoch: 1, lastIndex: 5, lastTerm: 1 } };
  const pledger = (lastIndex: number) => ({ id: 'b', standing: standing(lastIndex), isThere: true });
  expect(endIfEnough(begun, [pledger(4)], standing(3))).toBeNull();
  expect(endIfEnough(begun, [pledger(5)], standing(3))).toEqual({ lastIndex: 5, lastTerm: 1 });
  expect(endIfEnough(begun, [pledger(0)], standing(5))).toEqual({ lastIndex: 5, lastTerm: 1 });
});

test('E3: nor where the epoch begins anew with a log that its founder had before', () => {
  const begun = { ...group, begunWith: { lastIndex: 5, lastTerm: 1 } };
  const pledger = { id: 'b', standing: standing(0), isThere: true };
  expect(endIfEnough(begun, [pledger], standing(0))).toBeNull();
  expect(endIfEnough(begun, [pledger], standing(5))).toEqual({ lastIndex: 5, lastTerm: 1 });
});

test('E2: what founded the epoch counts until an entry says otherwise, and of one that was taken over nothing does', () => {
  const pledger = { id: 'b', standing: standing(0), isThere: true };
  expect(endIfEnough(group, [pledger], standing(0))).not.toBeNull();
  expect(endIfEnough(group, [pledger], null)).toBeNull();
  expect(endIfEnough({ ...group, founder: null }, [pledger], standing(0))).toBeNull();
});
