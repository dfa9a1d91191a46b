import { isQuorum, votersOf } from '../../../src/core/quorum/configuration.ts';
import type { World } from '../world.ts';
import type { QuorumLife } from './life.ts';

/**
 * Who must be able to lead at this moment: the voters of some quorum of which each can talk with each, in both
 * directions, but for witnesses, and for those whose log lacks something that another voter has; what a witness has, all
 * of them can have (Q8). Who decides is what the newest log among them says.
 */
export function electable(world: World<QuorumLife>): QuorumLife[] {
  const epoch = latestEpoch(world);
  const responsive = world.lives.filter(
    (life) => life.responsive && life.epoch === epoch && votersOf(life.core.configuration).length > 0,
  );
  const found = new Set<QuorumLife>();
  const within = responsive.map((one) => setOf(responsive, (other) => one === other || linked(world, one, other)));
  for (let set = 1; set < 1 << responsive.length; set++) {
    if (!within.every((reach, at) => (set & (1 << at)) === 0 || (set & ~reach) === 0)) continue;
    const lives = responsive.filter((_, at) => (set & (1 << at)) !== 0);
    for (const life of leadersOf(lives, world.schedule.minMembers)) found.add(life);
  }
  return [...found];
}

/** As bits of a number. */
function setOf<T>(all: readonly T[], isIn: (one: T) => boolean): number {
  return all.reduce((set, one, at) => (isIn(one) ? set | (1 << at) : set), 0);
}

export function latestEpoch(world: World<QuorumLife>): number {
  return Math.max(0, ...world.seats.map(({ life }) => life?.epoch ?? 0));
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
  return around(world, leader).filter((life) => isMember(life, leader));
}

/** Whoever it can talk with. */
export function around(world: World<QuorumLife>, life: QuorumLife): QuorumLife[] {
  return world.lives.filter((other) => isAround(world, other, life));
}

/** It is one of its `followersOf`. */
export function isFollower(world: World<QuorumLife>, life: QuorumLife, leader: QuorumLife): boolean {
  return isAround(world, life, leader) && isMember(life, leader);
}

function isAround(world: World<QuorumLife>, other: QuorumLife, life: QuorumLife): boolean {
  return other !== life && other.responsive && linked(world, other, life);
}

function isMember({ id }: QuorumLife, leader: QuorumLife): boolean {
  const { halves, learners } = leader.core.configuration;
  return halves.some((half) => half.some((voter) => voter.id === id)) || learners.includes(id);
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
