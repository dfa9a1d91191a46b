import { expect } from 'vitest';
import { type Leadership, now } from '../app/diary.ts';
import { heldByNobody, notePauses, type Pause } from '../app/pauses.ts';
import { agreement, type Member, splitByLeader } from './member.ts';

const mostTries = 3;
/** What follows from a pause shows a moment after it. */
const echoMs = 1_000;

/** A stretch of time in which nothing was to happen to these members. */
export interface Calm {
  /** Fails as `check` does; where one of these members was held up meanwhile, the test is tried again. */
  check<Checked>(check: () => Checked | Promise<Checked>): Promise<Checked>;
}

/** Begins such a stretch. */
export type Watch = (members: readonly Member[]) => Calm;

class Disturbed extends Error {}

/**
 * A machine may hold up a page or a process, and a member that wakes from a pause doubts itself, and is doubted: no promise
 * is that nothing happens then. Where a check failed and somebody was held up, `attempt` is run again.
 */
export async function whereCalm<Result>(attempt: (watch: Watch) => Promise<Result>): Promise<Result> {
  const disturbances: string[] = [];
  let isOver = false;
  // Browsers and servers note nothing: what holds up the machine, and them, shows here too.
  const ownPauses = notePauses(() => !isOver, heldByNobody);
  try {
    while (disturbances.length < mostTries) {
      try {
        return await attempt((members) => calmAmong(members, ownPauses));
      } catch (error) {
        if (!(error instanceof Disturbed)) throw error;
        disturbances.push(error.message);
      }
    }
  } finally {
    isOver = true;
  }
  throw new Error(`in none of ${mostTries} tries all were left to run:\n${disturbances.join('\n')}`);
}

/** Hands leadership over to `chosen`, unless it leads already; once more where somebody was held up, and it went elsewhere. */
export function leadBy(members: readonly Member[], chosen: Member): Promise<Leadership> {
  return whereCalm(async (watch) => {
    const before = await agreement(members);
    if (before.id === chosen.id) return before;
    const calm = watch(members);
    await calm.check(() => splitByLeader(members, before)[0].ask('transfer', chosen.id));
    const next = await agreement(members);
    await calm.check(() => expect(next.id).toBe(chosen.id));
    return next;
  });
}

function calmAmong(members: readonly Member[], ownPauses: () => readonly Pause[]): Calm {
  const sinceAt = now() - echoMs;
  return {
    check: async (check) => {
      try {
        return await check();
      } catch (error) {
        const held = await heldUpSince(sinceAt, members, ownPauses);
        if (held.length === 0) throw error;
        throw new Disturbed(`${String(error)}\n${held.join(', ')}`);
      }
    },
  };
}

async function heldUpSince(
  sinceAt: number,
  members: readonly Member[],
  ownPauses: () => readonly Pause[],
): Promise<string[]> {
  const ofMembers = members.map(async (member) => [member.id, await member.ask('pauses')] as const);
  const all = [...(await Promise.all(ofMembers)), ['the test', ownPauses()] as const];
  return all.flatMap(([who, pauses]) =>
    pauses
      .filter(({ at, ms }) => at + ms > sinceAt)
      .map(({ at, ms }) => `${who} was held up for ${Math.round(ms)} ms at ${new Date(at).toISOString()}`),
  );
}
