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

const maxWitnessChars = leastWitnessChars;
const large = 'x'.repeat(10_000);

async function room(): Promise<{ join(): Member }> {
  const limits = { messagesPerSecond: 10_000, bytesPerSecond: 100_000_000 };
  const { url } = await serving({ maxWitnessChars, limits, fresh: true });
  return {
    join() {
      const cluster = createCluster({ room: 'room', network: web({ url, rtc: false }) });
      onTestFinished(() => cluster.leave());
      return { cluster, log: openLog(cluster) };
    },
  };
}

const roles = ({ cluster }: Member): readonly string[] =>
  [...cluster.members.values()].map(({ role }) => role).toSorted();

/** Two voters and the witness, which is full. The leader comes first, with the place of its last entry. */
async function full(): Promise<readonly [leader: Member, other: Member, last: number]> {
  const { join } = await room();
  const pair = [join(), join()] as const;
  await until(() => pair.every((member) => roles(member).join() === 'voter,voter,witness'));
  await until(() => pair.some(({ cluster }) => cluster.isLeader));
  const [leader, other] = pair[0].cluster.isLeader ? pair : [pair[1], pair[0]];
  const indexes = await Promise.all(Array.from({ length: 60 }, () => leader.log.append(large)));
  return [leader, other, indexes.at(-1) as number];
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

test('Q8: what is appended waits while the last member is alone with a witness that is full, and not for long when it has compacted', async () => {
  const [leader, other, last] = await full();
  await other.cluster.leave();
  await until(() => leader.cluster.members.size === 2);
  const append = watched(leader.log.append('one more'));
  await expect(leader.log.read()).resolves.toBe(last);
  expect([append.state(), leader.cluster.isLeader]).toEqual(['waits', true]);
  await leader.log.compact(last, 'sixty');
  await until(() => append.state() === 'committed');
  expect(leader.cluster.isLeader).toBe(true);
});

test('Q8: so it does where the state that it was compacted to is longer than the witness may keep, until that is shorter', async () => {
  const [leader, other, last] = await full();
  await leader.log.compact(last, 'y'.repeat(maxWitnessChars));
  await other.cluster.leave();
  const append = watched(leader.log.append('one more'));
  await expect(leader.log.read()).resolves.toBe(last);
  expect([append.state(), leader.cluster.isLeader]).toEqual(['waits', true]);
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
