import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, ClusterError, createCluster } from 'bellwether';
import { nodes, type NodesOptions } from 'bellwether/nodes';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderOfItsOwn } from './folder.ts';
import { freePorts } from './peering/ports.ts';

const options: NodesOptions = {
  id: 'a',
  listen: { port: 7001 },
  peers: { a: 'ws://127.0.0.1:7001', b: 'ws://127.0.0.1:7002', c: 'wss://c.example.org' },
  dataDir: './data',
};

describe('wrong options', () => {
  it.each([
    [{ ...options, id: 'no spaces' }, /"id" must be 1 to 64/],
    [{ ...options, listen: 7001 }, /"listen" must be an address, such as { port: 7001 }; it is 7001/],
    [{ ...options, listen: {} }, /"listen": the option "port" must be a whole number from 0 to 65535; it is missing/],
    [{ ...options, listen: { port: 70_000 } }, /"listen": the option "port" must be .+; it is 70000/],
    [{ ...options, listen: { port: 7001, host: 5 } }, /"listen": the option "host" must be .+; it is 5/],
    [
      { ...options, listen: { port: 7001, hots: '0.0.0.0' } },
      /"listen": there is no option "hots"; did you mean "host"/,
    ],
    [{ ...options, peers: { b: 'http://127.0.0.1' } }, /"peers" must be WebSocket URLs by id/],
    [{ ...options, peers: { 'not an id': 'ws://127.0.0.1' } }, /"peers" must be/],
    [{ ...options, peers: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`p${at}`, 'ws://h'])) }, /"peers"/],
    [{ ...options, dataDir: '' }, /"dataDir" must be the path/],
    [{ ...options, id: 'd' }, /"peers" must name all members, this one too; "d" is not among a, b, c/],
    [{ id: 'a', listen: { port: 1 }, peers: {} }, /"dataDir" must be the path of a folder; it is missing/],
    [{ ...options, datadir: './data' }, /no option "datadir"; did you mean "dataDir"/],
  ])('are refused by name (%#)', (wrong, message) => {
    expect(() => nodes(wrong as NodesOptions)).toThrow(message);
  });

  it('right ones are an inert description: nothing is listened on, opened or made', () => {
    expect(nodes(options)).toMatchObject({ name: 'nodes', id: 'a', elector: { name: 'quorum' } });
  });
});

describe('members', () => {
  let folder = '';
  const clusters: Cluster[] = [];

  beforeEach(() => {
    folder = folderOfItsOwn();
  });

  afterEach(async () => {
    await Promise.all(clusters.splice(0).map((cluster) => cluster.leave()));
  });

  function start(id: string, port: number, peers: Readonly<Record<string, string>>, room = 'room'): Cluster {
    const all = { ...peers, [id]: `ws://127.0.0.1:${port}` };
    const network = nodes({ id, listen: { port }, peers: all, dataDir: join(folder, id) });
    const cluster = createCluster({ room, network });
    clusters.push(cluster);
    return cluster;
  }

  const failureOf = async (cluster: Cluster): Promise<string> => {
    const error: unknown = await cluster.ready().then(
      () => 'it is ready',
      (reason: unknown) => reason,
    );
    return error instanceof ClusterError ? `${error.code}: ${error.message}` : String(error);
  };

  it('lead under the names they were given, alone if they are the only one, and again after leaving', async () => {
    const [port = 0] = await freePorts(1);
    const terms: number[] = [];
    for (let life = 0; life < 2; life++) {
      const cluster = start('only', port, {});
      const term = await new Promise<number>((resolve) => {
        void cluster.whileLeader((lead) => resolve(lead.term));
      });
      expect(cluster.id).toBe('only');
      terms.push(term);
      await cluster.leave();
    }
    expect(terms[1]).toBeGreaterThan(terms[0] ?? Infinity);
  });

  it('leave at once where the port is taken, the folder is held, or founded by others', async () => {
    const [port = 0, second = 0] = await freePorts(2);
    const first = start('a', port, { b: 'ws://127.0.0.1:9' });
    await first.ready();
    expect(await failureOf(start('b', port, { a: 'ws://127.0.0.1:9' }))).toMatch(
      new RegExp(`^listen-failed: this member cannot listen on 127.0.0.1:${port}: .*already in use`),
    );
    expect(await failureOf(start('a', second, { b: 'ws://127.0.0.1:9' }))).toMatch(
      /^storage-locked: .*a of the room room/,
    );
    await first.leave();
    const elsewhere = start('a', port, { b: 'ws://127.0.0.1:9' }, 'another');
    expect(await failureOf(elsewhere)).toMatch(/^storage-locked: .*belongs to a of the room room/);
    const founders = start('a', port, { b: 'ws://127.0.0.1:9', c: 'ws://127.0.0.1:9' });
    expect(await failureOf(founders)).toMatch(/^storage-failed: the peers were a, b before, and are a, b, c now/);
    const again = start('a', port, { b: 'ws://127.0.0.1:9' });
    await again.ready();
    expect(again.state).toBe('online');
  });

  it('leave at once where the folder cannot be made, and say why', async () => {
    const [port = 0] = await freePorts(1);
    writeFileSync(join(folder, 'a'), 'no folder');
    expect(await failureOf(start('a', port, {}))).toMatch(/^storage-failed: the folder .* cannot be made: ENOTDIR/);
  });
});
