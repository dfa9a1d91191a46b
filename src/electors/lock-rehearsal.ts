import type { Claim } from '../core/lock/claim.ts';
import type { LockEffect, LockEvent } from '../core/lock/events.ts';
import { Lock } from '../core/lock/lock.ts';

const leading: Claim = { id: 'leader', ticket: 1, beat: 1, freshMs: 1_000, term: 1, after: 0 };
const own = 'heir';

/**
 * Takes over from a leader that has gone, where nobody hears of it. Engines compile a function when it is first called: an
 * heir that has done so before takes over in two thirds of the time. Returns true if it went as it is meant to.
 */
export function rehearse(): boolean {
  const core = new Lock({ id: own, chance: 0, priority: 0, minMembers: 1, preferVisible: true, maxTerm: 2 });
  const at = { fast: 0, slow: 0 };
  let claims = [leading];
  const beat = { type: 'beat', term: 1, version: 1, line: [own], edition: null, ask: false };
  const events: LockEvent[] = [
    { type: 'members', peers: [leading.id] },
    { type: 'message', from: leading.id, message: beat },
  ];
  const follow = (effect: LockEffect): void => {
    if (effect.type === 'claim' && effect.claim) claims = [leading, effect.claim];
    if (effect.type === 'look') events.push({ type: 'looked', look: effect.look, claims, hasStrange: false });
    if (effect.type === 'raise') events.push({ type: 'raised', raise: effect.raise, term: 2 });
  };
  for (const event of events) core.step({ ...event, at }).forEach(follow);
  core.step({ type: 'gone', id: leading.id, at });
  return core.isLeader(at);
}
