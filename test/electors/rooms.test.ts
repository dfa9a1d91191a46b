import { expect, it, describe } from 'vitest';
import { openRoom, votersOf } from './open-room.ts';

const rolesIn = ({ cluster }: { cluster: { members: ReadonlyMap<string, { role: string }> } }) =>
  [...cluster.members.values()].map(({ role }) => role).toSorted();

describe('members that come', () => {
  it('Q6: lead alone from the first moment on', async () => {
    const { join, agree } = openRoom();
    const { cluster } = join();
    await agree();
    expect(cluster.leader).toMatchObject({ id: cluster.id, isSelf: true });
    expect(cluster.leaseMs).toBeGreaterThanOrEqual(250);
  });

  it('Q8: get a vote, up to maxVoters, and all name the same leader', async () => {
    const { gather, join, guests, clock } = openRoom({ witness: 'none', maxVoters: 3 });
    const [leader] = await gather(3);
    for (let more = 0; more < 3; more++) join();
    await clock.runUntil(() => [...guests].every((guest) => rolesIn(guest).length === 6));
    await clock.advance(2_000);
    for (const guest of guests) {
      expect(guest.cluster.leader?.id).toBe(leader!.cluster.id);
      expect(rolesIn(guest)).toEqual(['learner', 'learner', 'learner', 'voter', 'voter', 'voter']);
      expect(votersOf(guest.cluster)).toContain(leader!.cluster.id);
    }
  });
});
