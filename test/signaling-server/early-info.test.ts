// What an application says of itself while the server still decides whether to let it in: through the facade, over real sockets.
import { available, createCluster, quorum, type Cluster, type ClusterError } from 'bellwether';
import { web } from 'bellwether/web';
import { expect, onTestFinished, test } from 'vitest';
import { serving, until } from './serving.ts';

/** A member whose admission waits for `admit`, and one that watches. */
async function atTheDoor(elector: typeof quorum | typeof available) {
  let admit: (() => void) | undefined;
  const { url } = await serving({
    fresh: true,
    authorize: ({ id }) =>
      id === watcher.id ||
      new Promise<boolean>((resolve) => {
        admit = () => resolve(true);
      }),
  });
  const join = (): Cluster => {
    const cluster = createCluster({
      room: 'room',
      network: web({ url, rtc: false, token: () => Promise.resolve('key') }),
      elector: elector(),
      info: 'as it joined',
    });
    onTestFinished(() => cluster.leave());
    return cluster;
  };
  const watcher = join();
  await watcher.ready();
  const member = join();
  const errors: ClusterError[] = [];
  member.on('error', (error) => errors.push(error));
  await until(() => admit !== undefined);
  return { member, errors, admit: () => admit?.(), seen: () => watcher.members.get(member.id)?.info };
}

test.each([
  ['quorum', quorum],
  ['available', available],
])('what it becomes meanwhile reaches the others (%s)', async (_, elector) => {
  const { member, errors, admit, seen } = await atTheDoor(elector);
  member.setInfo('as it became');
  admit();
  await until(() => seen() === 'as it became');
  expect(errors).toEqual([]);
});

test.each([
  ['quorum', quorum],
  ['available', available],
])('what is too large for the server is told, and the member is in as it joined (%s)', async (_, elector) => {
  const { member, errors, admit, seen } = await atTheDoor(elector);
  member.setInfo('x'.repeat(2_000));
  admit();
  await member.ready();
  await until(() => seen() !== undefined);
  expect(seen()).toBe('as it joined');
  expect(errors.map(({ code }) => code)).toEqual(['too-large']);
  member.setInfo('as it became');
  await until(() => seen() === 'as it became');
});
