import type { Configuration } from '../core/quorum/configuration.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Role } from '../protocol/members.ts';

/**
 * What everyone is in that configuration. While one gives way to another, what they are in the one before: until then it
 * also takes a quorum of that, which may bear less. Of a founder and the witness neither may be lost, of two voters and the
 * witness any one (Q8).
 */
export function rolesOf({ halves: [inForce = [], next = []], learners }: Configuration): ReadonlyMap<PeerId, Role> {
  const roles = new Map<PeerId, Role>([...next.map(({ id }) => id), ...learners].map((id) => [id, 'learner']));
  for (const { id, witness } of inForce) roles.set(id, witness ? 'witness' : 'voter');
  return roles;
}

/**
 * To whom a member keeps a direct path, so that paths grow with the members and not with their square: voters to each
 * other, of whom each may lead next; learners to the leader alone, and it opens none to them by itself.
 */
export function pathsOf(self: PeerId, leader: PeerId | null, roles: ReadonlyMap<PeerId, Role>): readonly PeerId[] {
  if (roles.get(self) !== 'voter') return leader === null || leader === self ? [] : [leader];
  return [...roles.keys()].filter((id) => id !== self && roles.get(id) === 'voter');
}
