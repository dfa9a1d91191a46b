import type { Member, Snapshot } from 'bellwether';
import { nameOf } from './names.ts';

/** The members that are pages. The witness votes as they do, but is none of them: the server runs it. */
export function flockOf({ members }: Pick<Snapshot, 'members'>): Member[] {
  return [...members.values()].filter(({ role }) => role !== 'witness');
}

export function witnessOf({ members }: Pick<Snapshot, 'members'>): Member | null {
  return [...members.values()].find(({ role }) => role === 'witness') ?? null;
}

/** What a member is called in a sentence. */
export function calledOf({ id, info, role }: Member): string {
  return role === 'witness' ? 'the witness' : nameOf(info, id);
}
