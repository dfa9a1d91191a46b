import { compareIds } from './record.ts';
import type { MemberRecord } from './record.ts';

/**
 * The line of succession: who has not just resigned, then by priority, visible before hidden, by order of joining, by
 * id. Members that are still looking around are not in it.
 */
export function lineOfSuccession(members: readonly MemberRecord[]): readonly MemberRecord[] {
  const line = members.filter((member) => member.rank !== null);
  line.sort(compareInLine);
  return line;
}

function compareInLine(a: MemberRecord, b: MemberRecord): number {
  return (
    Number(a.appoints !== null) - Number(b.appoints !== null) ||
    b.priority - a.priority ||
    Number(b.visible) - Number(a.visible) ||
    (a.rank ?? 0) - (b.rank ?? 0) ||
    compareIds(a.id, b.id)
  );
}
