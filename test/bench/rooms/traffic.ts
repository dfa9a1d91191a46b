import type { Figures } from '../figures.ts';
import { type Seated, SimulatedRoom, type Traffic } from './simulated-room.ts';

export const sizes: readonly number[] = [3, 10, 50, 200];
/** Newcomers come one after the other, as people do. */
const betweenJoinsMs = 100;
/** What of the joining is still under way, such as votes that pass on, ends within this. */
const calmMs = 10_000;
const measuredMs = 20_000;

/** In words, as they stand in the table. */
const whose = {
  follower: 'a follower on average',
  voter: 'a follower that votes',
  learner: 'a learner',
  leader: 'the leader',
  server: 'the server',
};

/** A learner has less to say than a voter, and the larger the room, the more of its followers learn. */
type Load = Readonly<Partial<Record<keyof typeof whose, Traffic>>>;

/** Per second, while nothing happens: over simulated sockets, which count what passes both ways. */
export async function traffic(say: (line: string) => void, of: readonly number[] = sizes): Promise<Figures> {
  const figures: Record<string, Figures[string]> = {};
  for (const size of of) {
    say(`traffic of a room of ${size}`);
    const load = await loadOf(size);
    for (const name of Object.keys(whose) as (keyof Load)[]) {
      if (load[name] === undefined) continue;
      const { bytes, messages } = load[name];
      const who = `a room of ${size}, ${whose[name]}`;
      figures[`${name}Bytes${size}`] = { what: `${who}: bytes a second`, unit: 'bytes', samples: [Math.round(bytes)] };
      figures[`${name}Frames${size}`] = { what: `${who}: frames a second`, unit: 'count', samples: [messages] };
    }
  }
  return figures;
}

async function loadOf(size: number): Promise<Load> {
  const room = new SimulatedRoom(size);
  for (let n = 0; n < size; n++) {
    room.join();
    await room.clock.advance(betweenJoinsMs);
  }
  const { members } = room;
  await room.clock.runUntil(() => settled(members));
  await room.clock.advance(calmMs);
  const before = members.map(({ traffic: { bytes, messages } }) => ({ bytes, messages }));
  await room.clock.advance(measuredMs);
  if (!settled(members)) throw new Error('the room did not stay as it was');
  const perSecond = members.map(({ cluster, traffic: { bytes, messages } }, at) => ({
    isLeader: cluster.isLeader,
    role: cluster.members.get(cluster.id)?.role,
    bytes: ((bytes - (before[at]?.bytes ?? 0)) * 1000) / measuredMs,
    messages: ((messages - (before[at]?.messages ?? 0)) * 1000) / measuredMs,
  }));
  room.end();
  const followers = perSecond.filter(({ isLeader }) => !isLeader);
  const learners = followers.filter(({ role }) => role === 'learner');
  const voters = followers.filter(({ role }) => role === 'voter');
  return {
    follower: sum(followers, followers.length),
    voter: sum(voters, voters.length),
    ...(learners.length > 0 && { learner: sum(learners, learners.length) }),
    leader: sum(perSecond.filter(({ isLeader }) => isLeader)),
    server: sum(perSecond),
  };
}

/** All follow one of them, and those vote that are to. */
function settled(members: readonly Seated[]): boolean {
  const [leader, ...more] = members.filter(({ cluster }) => cluster.isLeader);
  return (
    leader !== undefined &&
    more.length === 0 &&
    members.every(
      ({ cluster }) => cluster.leader?.id === leader.cluster.id && votersIn(cluster) === Math.min(5, members.length),
    )
  );
}

function votersIn({ members }: Seated['cluster']): number {
  return [...members.values()].filter(({ role }) => role === 'voter').length;
}

/** Their sum; by `parts`, their mean. */
function sum(all: readonly Traffic[], parts = 1): Traffic {
  const of = (pick: (one: Traffic) => number): number => all.reduce((total, one) => total + pick(one), 0) / parts;
  return { bytes: of(({ bytes }) => bytes), messages: of(({ messages }) => messages) };
}
