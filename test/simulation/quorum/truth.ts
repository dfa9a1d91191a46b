import { isQuorum, votersOf } from '../../../src/core/quorum/configuration.ts';
import type { World } from '../world.ts';
import type { QuorumLife } from './life.ts';

/**
 * Who must be able to lead at this moment: the voters of some quorum of which each can talk with each, in both
 * directions, but for witnesses, and for those whose log lacks something that another voter has; what a witness has, all
 * of them can have (Q8). Who decides is what the newest log among them says.
 */
export function electable(world: World<QuorumLife>): QuorumLife[] {
  const responsive = world.lives.filter((life) => life.responsive && votersOf(life.core.configuration).length > 0);
  const found = new Set<QuorumLife>();
  for (let set = 1; set < 1 << responsive.length; set++) {
    const lives = responsive.filter((_, at) => (set & (1 << at)) !== 0);
    if (!lives.every((one) => lives.every((other) => one === other || linked(world, one, other)))) continue;
    for (const life of leadersOf(lives, world.schedule.minMembers)) found.add(life);
  }
  return [...found];
}

/** Of those who can all talk with each other. */
function leadersOf(lives: readonly QuorumLife[], minMembers: number): readonly QuorumLife[] {
  const { configuration } = newestOf(lives).core;
  const voters = new Map(votersOf(configuration).map((voter) => [voter.id, voter]));
  if (!isQuorum(configuration, (id) => lives.some((life) => life.id === id))) return [];
  if (lives.filter(({ id }) => voters.has(id)).length < minMembers) return [];
  const peers = lives.filter(({ id }) => voters.get(id)?.witness !== true);
  return peers.filter((life) => voters.has(life.id) && !newer(newestOf(peers), life));
}

function newestOf(lives: readonly QuorumLife[]): QuorumLife {
  return lives.reduce((one, other) => (newer(other, one) ? other : one));
}

/** Members of its configuration that the leader can talk with. */
export function followersOf(world: World<QuorumLife>, leader: QuorumLife): QuorumLife[] {
  const { configuration } = leader.core;
  return around(world, leader).filter(
    ({ id }) =>
      configuration.halves.some((half) => half.some((voter) => voter.id === id)) || configuration.learners.includes(id),
  );
}

/** Whoever it can talk with. */
export function around(world: World<QuorumLife>, life: QuorumLife): QuorumLife[] {
  return world.lives.filter((other) => other !== life && other.responsive && linked(world, other, life));
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
