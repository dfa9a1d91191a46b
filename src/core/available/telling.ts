import type { Member } from './member.ts';
import { sameIds, sameLeadership } from './record.ts';

/** Tells the application what has changed since it was told last. True if the leader is another one. */
export function tell(member: Member): boolean {
  const { leader, groupIds, wanted, register, effects, told } = member;
  const { value } = register;
  const isNewLeader = !sameLeadership(leader, told.leader);
  if (isNewLeader) effects.push({ type: 'leader', leader });
  if (!sameIds(groupIds, told.groupIds)) effects.push({ type: 'reachable', peers: groupIds });
  if (wanted !== told.wanted && !sameIds([...wanted], [...told.wanted]))
    effects.push({ type: 'paths', peers: [...wanted] });
  if (value !== told.value) effects.push({ type: 'published', value });
  member.told = { leader, groupIds, wanted, value };
  return isNewLeader;
}
