// Members whose options are not those of the room, through the facade, over real sockets.
import { available, createCluster, quorum, type Cluster, type ClusterError, type ClusterOptions } from 'bellwether';
import { web } from 'bellwether/web';
import { expect, onTestFinished, test, vi } from 'vitest';
import { serving, until } from './serving.ts';

vi.setConfig({ testTimeout: 60_000 }); // real sockets, on a machine that may be busy

const roles = (cluster: Cluster): string =>
  [...cluster.members.values()]
    .map(({ role }) => role)
    .toSorted()
    .join();

test('each is told which option differs, and leaves; the room stays as it is', async () => {
  const { url } = await serving({ fresh: true });
  const join = (options: Pick<ClusterOptions, 'elector'> = {}): Cluster => {
    const cluster = createCluster({ room: 'room', network: web({ url, rtc: false }), ...options });
    onTestFinished(() => cluster.leave());
    return cluster;
  };
  // So long nobody is missed, however busy the machine is.
  const patient = { elector: quorum({ minLeaseMs: 5_000 }) };
  const pair = [join(patient), join(patient)];
  await until(() => pair.every((cluster) => roles(cluster) === 'voter,voter,witness' && cluster.leader !== null));
  const leaders: (string | undefined)[] = [];
  for (const cluster of pair) cluster.on('leader', ({ leader }) => leaders.push(leader?.id));

  for (const [elector, difference] of [
    [available(), 'elector is available here, and quorum in the room'],
    [quorum({ witness: 'none' }), 'witness is none here, and anchor in the room'],
    [quorum({ maxVoters: 3 }), 'maxVoters is 3 here, and 5 in the room'],
    [quorum({ voters: ['a', 'b', 'c'] }), 'voters is named here, and come and go in the room'],
  ] as const) {
    const stranger = join({ elector });
    const errors: ClusterError[] = [];
    stranger.on('error', (error) => errors.push(error));
    await expect(stranger.ready()).rejects.toMatchObject({ code: 'options-differ' });
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['options-differ', expect.stringContaining(difference)],
    ]);
    expect(stranger.state).toBe('left');
  }

  expect(pair.map(roles)).toEqual(['voter,voter,witness', 'voter,voter,witness']);
  expect(leaders).toEqual([]);
  expect(pair.filter(({ isLeader }) => isLeader)).toHaveLength(1);
});
