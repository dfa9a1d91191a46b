// What an application sees where the server lets a witness keep less than there is: through the facade, over real sockets.
import { createCluster, type Cluster } from 'bellwether';
import { openLog, type Log } from 'bellwether/log';
import { web } from 'bellwether/web';
import { expect, onTestFinished, test, vi } from 'vitest';
import { leastWitnessChars } from '../../signaling-server/options.ts';
import { serving, until } from './serving.ts';

vi.setConfig({ testTimeout: 60_000 }); // real sockets, on a machine that may be busy

interface Member {
  readonly cluster: Cluster;
  readonly log: Log<string, string>;
}

interface Room {
  join(): Member;
  /** What the witness stores. */
  kept(): number;
  /** Time for a few rounds of heartbeats, in which whatever can be committed is. */
  rounds(): Promise<void>;
}

const maxWitnessChars = leastWitnessChars;
const large = 'x'.repeat(10_000);

async function room(): Promise<Room> {
  const limits = { messagesPerSecond: 10_000, bytesPerSecond: 100_000_000 };
  const server = await serving({ maxWitnessChars, limits, fresh: true });
  const { url } = server;
  return {
    kept: () => server.counters.witnessChars,
    async rounds() {
      const { relayed } = server.counters;
      await until(() => server.counters.relayed > relayed + 10);
    },
    join() {
      const cluster = createCluster({ room: 'room', network: web({ url, rtc: false }) });
      onTestFinished(() => cluster.leave());
      return { cluster, log: openLog(cluster) };
    },
  };
}

const roles = ({ cluster }: Member): readonly string[] =>
  [...cluster.members.values()].map(({ role }) => role).toSorted();

interface Pair extends Room {
  readonly leader: Member;
  readonly other: Member;
}

interface Full extends Pair {
  /** The place of the last entry. */
  readonly last: number;
}

/** Two voters and the witness. */
async function met(): Promise<Pair> {
  const here = await room();
  const pair = [here.join(), here.join()] as const;
  await until(() => pair.every((member) => roles(member).join() === 'voter,voter,witness'));
  await until(() => pair.some(({ cluster }) => cluster.leader?.isSelf));
  const [leader, other] = pair[0].cluster.leader?.isSelf ? pair : [pair[1], pair[0]];
  return { ...here, leader, other };
}

async function full(pair: Pair): Promise<Full> {
  const { leader, kept, rounds } = pair;
  const indexes = await Promise.all(Array.from({ length: 60 }, () => leader.log.append(large)));
  await until(() => kept() >= maxWitnessChars);
  await rounds();
  expect(kept()).toBeLessThan(maxWitnessChars + 2 * large.length);
  return { ...pair, last: indexes.at(-1) as number };
}

/**
 * A witness takes more from whoever is elected anew. Where all share one busy thread, a lease may lapse: a room in which it
 * did is not judged, and another one is.
 */
async function withinOneTerm(judge: (room: Full) => Promise<void>): Promise<void> {
  const pair = await met();
  const { cluster } = pair.leader;
  const term = cluster.leader?.term;
  try {
    await judge(await full(pair));
  } catch (error) {
    await until(() => cluster.leader !== null);
    if (cluster.leader?.term === term) throw error;
    await withinOneTerm(judge);
  }
}

/** What became of it. */
function watched(promise: Promise<unknown>): { readonly state: () => string } {
  let state = 'waits';
  void promise.then(
    () => (state = 'committed'),
    (error: unknown) => (state = String(error)),
  );
  return { state: () => state };
}

/** What the last member appends, once the other one has left, until it has compacted to what the witness has room for. */
async function waitsForTheWitness({ leader, other, last, rounds }: Full): Promise<void> {
  await other.cluster.leave();
  await until(() => leader.cluster.members.size === 2);
  const append = watched(leader.log.append('one more'));
  await expect(leader.log.read()).resolves.toBe(last);
  await rounds();
  expect([append.state(), leader.cluster.isLeader]).toEqual(['waits', true]);
  await leader.log.compact(last, 'sixty');
  await until(() => append.state() === 'committed');
}

test('Q8: what is appended waits while the last member is alone with a witness that is full, and not for long when it has compacted', () =>
  withinOneTerm(async (here) => {
    await waitsForTheWitness(here);
    expect(here.leader.cluster.isLeader).toBe(true);
  }));

test('Q8: so it does where the state that it was compacted to is longer than the witness may keep, until that is shorter', () =>
  withinOneTerm(async (here) => {
    await here.leader.log.compact(here.last, 'y'.repeat(maxWitnessChars));
    await waitsForTheWitness(here);
  }));

test('whatever a lone member publishes, the smallest witness has room for it: the log goes on behind', async () => {
  const { cluster, log } = (await room()).join();
  await until(() => cluster.isLeader);
  for (let digit = 0; digit < 10; digit++) {
    cluster.publish(`${digit}`.repeat(65_534));
    await log.append(`behind ${digit}`);
  }
});
