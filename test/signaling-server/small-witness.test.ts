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

interface Full extends Room {
  readonly leader: Member;
  readonly other: Member;
  /** The place of the last entry. */
  readonly last: number;
}

/** Two voters and the witness, which is full. */
async function full(): Promise<Full> {
  const here = await room();
  const { join, kept, rounds } = here;
  const pair = [join(), join()] as const;
  await until(() => pair.every((member) => roles(member).join() === 'voter,voter,witness'));
  await until(() => pair.some(({ cluster }) => cluster.leader?.isSelf));
  const [leader, other] = pair[0].cluster.leader?.isSelf ? pair : [pair[1], pair[0]];
  const indexes = await Promise.all(Array.from({ length: 60 }, () => leader.log.append(large)));
  await until(() => kept() >= maxWitnessChars);
  await rounds();
  expect(kept()).toBeLessThan(maxWitnessChars + 2 * large.length);
  return { ...here, leader, other, last: indexes.at(-1) as number };
}

/** Where all share one busy thread, a lease may lapse for a moment. */
const leads = ({ cluster }: Member): Promise<void> => until(() => cluster.isLeader);

/** What became of it. */
function watched(promise: Promise<unknown>): { readonly state: () => string } {
  let state = 'waits';
  void promise.then(
    () => (state = 'committed'),
    (error: unknown) => (state = String(error)),
  );
  return { state: () => state };
}

test('Q8: what is appended waits while the last member is alone with a witness that is full, and not for long when it has compacted', async () => {
  const { leader, other, last, rounds } = await full();
  await other.cluster.leave();
  await until(() => leader.cluster.members.size === 2);
  const append = watched(leader.log.append('one more'));
  await expect(leader.log.read()).resolves.toBe(last);
  await rounds();
  await leads(leader);
  expect(append.state()).toBe('waits');
  await leader.log.compact(last, 'sixty');
  await until(() => append.state() === 'committed');
  await leads(leader);
});

test('Q8: so it does where the state that it was compacted to is longer than the witness may keep, until that is shorter', async () => {
  const { leader, other, last, rounds } = await full();
  await leader.log.compact(last, 'y'.repeat(maxWitnessChars));
  await other.cluster.leave();
  const append = watched(leader.log.append('one more'));
  await expect(leader.log.read()).resolves.toBe(last);
  await rounds();
  await leads(leader);
  expect(append.state()).toBe('waits');
  await leader.log.compact(last, 'sixty');
  await until(() => append.state() === 'committed');
});

test('whatever a lone member publishes, the smallest witness has room for it: the log goes on behind', async () => {
  const { cluster, log } = (await room()).join();
  await until(() => cluster.isLeader);
  for (let digit = 0; digit < 10; digit++) {
    cluster.publish(`${digit}`.repeat(65_534));
    await log.append(`behind ${digit}`);
  }
});
