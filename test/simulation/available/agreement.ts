import type { Leadership } from '../../../src/core/leadership.ts';
import type { Life } from '../life.ts';
import { groups } from '../truth.ts';
import type { World } from '../world.ts';

/** One group and its leader; `null` where too few have met for a first election. */
export interface Agreed {
  readonly members: readonly Life[];
  readonly leader: Leadership | null;
}

/** What a group does not agree on yet, and the promise that would be broken if it stayed so. */
export class Missing {
  readonly promise: string;
  readonly what: string;

  constructor(promise: string, what: string) {
    this.promise = promise;
    this.what = what;
  }
}

const oneLeader = 'A1: one leader in each group, and all agree';
const sameGroup = 'A1: everybody reaches its whole group';
const sameValue = 'everybody sees what the leader of its group published';

/** At this moment: what every group agrees on, or what is still missing. */
export function agreement(world: World): Agreed[] | Missing {
  if (world.lives.some((life) => life.state === 'starting')) return new Missing(oneLeader, 'a member has not started');
  const agreed: Agreed[] = [];
  for (const members of groups(world)) {
    const one = agreementOf(members, world.schedule.minMembers);
    if (one instanceof Missing) return one;
    agreed.push(one);
  }
  return agreed;
}

function agreementOf(members: readonly Life[], minMembers: number): Agreed | Missing {
  const [first] = members;
  const leader = first!.election!.leader();
  for (const member of members) {
    const missing = disagreement(member, first!, leader, members);
    if (missing !== null) return missing;
  }
  if (leader === null) {
    const few = members.length < minMembers;
    return few
      ? { members, leader }
      : new Missing(oneLeader, `${first!.label} and ${members.length - 1} with it have no leader`);
  }
  const leading = members.find((member) => member.id === leader.id);
  if (leading === undefined)
    return new Missing(oneLeader, `${first!.label} follows ${leader.id}, who is not of its group`);
  return leading.election!.isLeader()
    ? { members, leader }
    : new Missing(oneLeader, `${leading.label} is to lead and does not`);
}

function disagreement(member: Life, first: Life, leader: Leadership | null, members: readonly Life[]): Missing | null {
  const election = member.election!;
  const own = election.leader();
  if (own?.id !== leader?.id || own?.term !== leader?.term)
    return new Missing(oneLeader, `${first.label} follows ${written(leader)}, ${member.label} follows ${written(own)}`);
  if (own?.id !== member.id && election.isLeader())
    return new Missing(oneLeader, `${member.label} leads and follows ${written(own)}`);
  const reachable = member.reachable;
  if (reachable.size !== members.length || members.some(({ id }) => !reachable.has(id)))
    return new Missing(sameGroup, `${member.label} reaches ${reachable.size} members in a group of ${members.length}`);
  if (JSON.stringify(election.published()) !== JSON.stringify(first.election!.published()))
    return new Missing(sameValue, `${first.label} and ${member.label} see different published values`);
  return null;
}

function written(leader: Leadership | null): string {
  return leader === null ? 'nobody' : `${leader.id} in term ${leader.term}`;
}
