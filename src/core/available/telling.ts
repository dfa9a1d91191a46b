import type { Member } from './member.ts';
import { sameIds, sameLeadership } from './record.ts';

/**
 * Tells the application what has changed since it was told last: that it leads, when it knows all else. True if the leader is
 * another one.
 */
export function tell(member: Member): boolean {
  const { id, leader, groupIds, wanted, register, effects, told } = member;
  const { value } = register;
  const isNewLeader = !sameLeadership(leader, told.leader);
  const leads = leader?.id === id;
  if (isNewLeader && !leads) effects.push({ type: 'leader', leader });
  if (!sameIds(groupIds, told.groupIds)) effects.push({ type: 'reachable', peers: groupIds });
  if (wanted !== told.wanted && !sameIds([...wanted], [...told.wanted]))
    effects.push({ type: 'paths', peers: [...wanted] });
  if (value !== told.value) effects.push({ type: 'published', value });
  if (isNewLeader && leads) effects.push({ type: 'leader', leader });
  member.told = { leader, groupIds, wanted, value };
  return isNewLeader;
}
