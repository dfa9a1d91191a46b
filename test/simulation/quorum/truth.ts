import { isQuorum } from '../../../src/core/quorum/configuration.ts';
import type { World } from '../world.ts';
import { founding } from './life.ts';
import type { QuorumLife } from './life.ts';

/**
 * Who must be able to lead at this moment: the voters of some quorum of which each can talk with each, in both
 * directions, but for witnesses, and for those whose log lacks something that another of them has.
 */
export function electable(world: World<QuorumLife>): QuorumLife[] {
  const configuration = founding(world);
  const [half = []] = configuration.halves;
  const voters = half.flatMap(({ id, witness }) => {
    const life = world.lifeOf(id);
    return life?.responsive === true ? [{ life, witness }] : [];
  });
  if (voters.length < world.schedule.minMembers) return [];
  const found = new Set<QuorumLife>();
  for (let set = 1; set < 1 << voters.length; set++) {
    const chosen = voters.filter((_, at) => (set & (1 << at)) !== 0);
    const lives = chosen.map(({ life }) => life);
    if (lives.length < world.schedule.minMembers) continue;
    if (!isQuorum(configuration, (id) => lives.some((life) => life.id === id))) continue;
    if (!lives.every((one) => lives.every((other) => one === other || linked(world, one, other)))) continue;
    const newest = lives.reduce((one, other) => (newer(other, one) ? other : one));
    for (const { life, witness } of chosen) if (!witness && !newer(newest, life)) found.add(life);
  }
  return [...found];
}

/** Members of the configuration that the leader can talk with. */
export function followersOf(world: World<QuorumLife>, leader: QuorumLife): QuorumLife[] {
  return world.lives.filter(
    (life) => life !== leader && life.responsive && isFounder(world, life) && linked(world, life, leader),
  );
}

/** Who forgot everything came back as somebody else, whom nobody listens to. */
function isFounder(world: World<QuorumLife>, { id, seat }: QuorumLife): boolean {
  return id === world.idOf(seat.index, 0);
}

function linked(world: World<QuorumLife>, one: QuorumLife, other: QuorumLife): boolean {
  const [a, b] = [one.seat.index, other.seat.index];
  return world.network.open(a, b) && world.network.open(b, a);
}

/** Its log is more up to date (Raft §5.4.1). */
function newer(one: QuorumLife, other: QuorumLife): boolean {
  const [a, b] = [lastTermOf(one), lastTermOf(other)];
  return a > b || (a === b && one.core.lastIndex > other.core.lastIndex);
}

export function lastTermOf({ core }: QuorumLife): number {
  return core.entry(core.lastIndex)?.term ?? core.snapshot?.term ?? 0;
}
