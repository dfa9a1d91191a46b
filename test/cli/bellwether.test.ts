import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../signaling-server/level-store.ts';
import { numberFlags, parseServeFlags, type NumberFlagName } from '../../src/cli/flags.ts';
import { optionsOf } from '../../src/cli/serve.ts';
import { closeCodes } from '../../src/protocol/messages.ts';
import manifest from '../../package.json' with { type: 'json' };
import { folderOfItsOwn } from '../folder.ts';
import { TestClient, until } from '../signaling-server/serving.ts';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'src/cli/main.ts');

interface Run {
  readonly process: ChildProcess;
  stdout: string;
  stderr: string;
  exitCode: number | null;
}

/** The command in a process of its own, straight from the sources. */
function bellwether(...args: readonly string[]): Run {
  return bellwetherIn(root, ...args);
}

function bellwetherIn(folder: string, ...args: readonly string[]): Run {
  const node = ['--conditions=bellwether-source', '--import', import.meta.resolve('tsx'), program, ...args];
  const child = spawn(process.execPath, node, { cwd: folder });
  const run: Run = { process: child, stdout: '', stderr: '', exitCode: null };
  child.stdout.on('data', (data: Buffer) => (run.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (run.stderr += data.toString()));
  child.on('close', (code) => (run.exitCode = code ?? -1));
  onTestFinished(() => void child.kill('SIGKILL'));
  return run;
}

async function finished(run: Run): Promise<Run> {
  await until(() => run.exitCode !== null);
  return run;
}

async function urlOf(run: Run): Promise<string> {
  await until(() => run.stdout.includes('\n') || run.exitCode !== null);
  return /^bellwether serves at (ws:\/\/\S+)\n/.exec(run.stdout)?.[1] ?? `nothing: ${run.stderr}`;
}

describe('bellwether', { timeout: 60_000 }, () => {
  test('explains itself', async () => {
    const [top, serve, version] = await Promise.all([
      finished(bellwether('--help')),
      finished(bellwether('serve', '--help')),
      finished(bellwether('--version')),
    ]);
    expect(top).toMatchObject({ exitCode: 0, stderr: '' });
    expect(top.stdout).toContain('bellwether serve');
    expect(serve).toMatchObject({ exitCode: 0, stderr: '' });
    for (const flag of ['--port', '--host', '--path', '--origin', '--trust-proxy', '--data', '--memory', '--fresh']) {
      expect(serve.stdout).toContain(flag);
    }
    expect(version).toMatchObject({ exitCode: 0, stdout: `${manifest.version}\n` });
  });

  test.each([
    [['dance'], '"dance" is no command: there are serve'],
    [['serve', '--prot', '1'], "Unknown option '--prot'; there are --port,"],
    [['serve', 'now'], "Unexpected argument 'now'"],
    [['serve', '--port', '65536'], '--port must be a whole number from 0 to 65535, not "65536"'],
    [['serve', '--port'], "'--port <value>' argument missing"],
    [['serve', '--max-rooms', '0'], '--max-rooms must be a whole number from 1 to'],
    [['serve', '--max-members', '1e3'], '--max-members must be a whole number from 1 to'],
    [['serve', '--max-charter-ms', '0'], '--max-charter-ms must be a whole number from 1 to 86400000'],
    [['serve', '--path', 'x'], '--path must begin with "/", not be "x"'],
    [['serve', '--origin', 'example.org'], '--origin must be an origin such as https://example.org, not "example.org"'],
    [['serve', '--trust-proxy', '1x'], '--trust-proxy must be the number of your own proxies'],
    [['serve', '--trust-proxy=no'], '--trust-proxy must be the number of your own proxies, or stand alone for one'],
    [['serve', '--data', ''], '--data must be a folder to remember rooms in, such as ./bellwether-data'],
    [['serve', '--data', 'x', '--memory'], '--data and --memory exclude each other: give one of them'],
    [['serve', '--max-frame-bytes', '3071', '--memory'], '--max-frame-bytes must be at least --max-info-bytes + 2048'],
    [
      ['serve', '--max-frame-bytes', '1000000', '--memory'],
      '--max-frame-bytes must be at most twice --max-bytes-per-second',
    ],
  ])('%j is answered in one line, with exit code 2', async (args, message) => {
    const run = await finished(bellwether(...args));
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('says in one line that its port is taken, with exit code 1', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', () => resolve()));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const run = await finished(bellwether('serve', '--memory', '--port', String(port)));
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toBe(
      `bellwether: port ${port} on 127.0.0.1 is taken: stop what listens there, or choose another --port\n`,
    );
  });

  test('each number that is given reaches the server under the name that it has there', () => {
    const names = Object.keys(numberFlags) as NumberFlagName[];
    const given = (name: NumberFlagName): number => numberFlags[name].least + 1 + names.indexOf(name);
    const flags = parseServeFlags(names.flatMap((name) => [`--${name}`, String(given(name))]));
    expect(optionsOf(flags, null)).toMatchObject({
      port: given('port'),
      maxRooms: given('max-rooms'),
      maxConnectionsPerAddress: given('max-connections-per-address'),
      maxWitnessChars: given('max-witness-chars'),
      maxTotalWitnessChars: given('max-total-witness-chars'),
      maxCharterMs: given('max-charter-ms'),
      limits: {
        maxMembersPerRoom: given('max-members'),
        maxRoomsPerConnection: given('max-rooms-per-connection'),
        maxFrameBytes: given('max-frame-bytes'),
        maxInfoBytes: given('max-info-bytes'),
        messagesPerSecond: given('max-messages-per-second'),
        bytesPerSecond: given('max-bytes-per-second'),
      },
    });
  });

  test('serves with the limits and origins given', async () => {
    const run = bellwether(
      'serve',
      '--memory',
      '--port',
      '0',
      '--max-members',
      '1',
      '--origin',
      'https://a.example',
      '--origin',
      'https://b.example',
    );
    const url = await urlOf(run);
    const ada = await TestClient.join(url, 'ada', { origin: 'https://b.example' });
    ada.say({ type: 'join', channel: 1, room: 'room', id: 'bob', info: null, host: 'h' });
    expect(await ada.refused()).toBe('room-full');
    const stranger = await TestClient.open(url, { origin: 'https://c.example' });
    expect(await stranger.closed()).toMatchObject({ code: closeCodes.forbidden });
  });

  test.each([
    [['--trust-proxy'], '1.1.1.1', '2.2.2.2'],
    [['--trust-proxy', '2'], '1.1.1.1, 10.0.0.1', '2.2.2.2, 10.0.0.1'],
  ])('%j takes addresses from behind so many proxies', async (flags, one, other) => {
    const run = bellwether('serve', ...flags, '--memory', '--port', '0', '--max-connections-per-address', '1');
    const url = await urlOf(run);
    const from = (forwarded: string) => TestClient.open(url, { headers: { 'x-forwarded-for': forwarded } });
    const clients = [await from(one), await from(other), await from(one)];
    expect(clients.map(({ refusal }) => refusal)).toEqual([null, null, 429]);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s tells the clients to come back, lets them go, and ends with 0',
    async (signal) => {
      const run = bellwether('serve', '--memory', '--port', '0');
      const url = await urlOf(run);
      const clients = await Promise.all(['ada', 'bob', 'cyd'].map((id) => TestClient.join(url, id)));
      run.process.kill(signal);
      for (const client of clients) {
        expect((await client.heard('drain')).retryAfterMs).toBeGreaterThan(0);
        expect(await client.closed()).toMatchObject({ code: closeCodes.drain });
      }
      expect(await finished(run)).toMatchObject({ exitCode: 0, stderr: '' });
    },
  );

  test('a second signal ends it at once', async () => {
    const run = bellwether('serve', '--memory', '--port', '0');
    const url = await urlOf(run);
    const ada = await TestClient.join(url, 'ada');
    ada.socket.pause(); // its close is never answered
    run.process.kill('SIGTERM');
    const health = `${url.replace('ws:', 'http:')}/healthz`;
    while ((await fetch(health)).status !== 503);
    run.process.kill('SIGTERM');
    expect((await finished(run)).exitCode).toBe(1);
  });

  test('keeps its folder to itself, and leaves it in order on SIGTERM', async () => {
    const folder = folderOfItsOwn();
    const first = bellwether('serve', '--data', folder, '--port', '0');
    await urlOf(first);
    const second = await finished(bellwether('serve', '--data', folder, '--port', '0'));
    expect(second).toMatchObject({ exitCode: 1, stdout: '' });
    expect(second.stderr).toMatch(
      new RegExp(
        `^bellwether: [^\n]*${folder} is held by a signaling server, process ${first.process.pid} on [^\n]*end it first; ` +
          'or choose another --data, or --memory[^\n]*\n$',
      ),
    );
    first.process.kill('SIGTERM');
    expect(await finished(first)).toMatchObject({ exitCode: 0, stderr: '' });
    const store = await openStore(folder);
    expect(store.watchedMs).toBeGreaterThan(0);
    await store.close();
  });

  test('says why rooms wait, for how long, and what ends that', async () => {
    const folder = folderOfItsOwn();
    for (const where of [['--memory'], ['--data', folder]]) {
      const run = bellwether('serve', ...where, '--port', '0');
      await until(() => run.stdout.split('\n').length > 2 || run.exitCode !== null);
      expect(run.stdout).toMatch(/\nRooms of quorum\(\) [^\n]* in 120 s [^\n]* start it with --fresh\.\n$/);
      run.process.kill('SIGKILL');
    }
    const fresh = bellwether('serve', '--memory', '--fresh', '--port', '0');
    await urlOf(fresh);
    fresh.process.kill('SIGTERM');
    expect((await finished(fresh)).stdout).toMatch(/^bellwether serves at \S+\n$/);
  });

  test('remembers rooms in ./bellwether-data unless it is told where, or --memory', async () => {
    const folder = folderOfItsOwn();
    for (const flags of [['--memory'], ['--data', 'elsewhere'], []]) {
      const run = bellwetherIn(folder, 'serve', ...flags, '--port', '0', '--fresh');
      await urlOf(run);
      expect(existsSync(join(folder, 'bellwether-data'))).toBe(flags.length === 0);
      run.process.kill('SIGTERM');
      expect(await finished(run)).toMatchObject({ exitCode: 0, stderr: '' });
    }
    expect(readdirSync(folder).toSorted()).toEqual(['bellwether-data', 'elsewhere']);
    const store = await openStore(join(folder, 'bellwether-data'));
    expect(store.watchedMs).toBe(Infinity);
    await store.close();
  });

  test('--fresh is remembered: nobody has to wait after the next start without it', async () => {
    const folder = folderOfItsOwn();
    const run = bellwether('serve', '--data', folder, '--port', '0', '--fresh');
    await urlOf(run);
    run.process.kill('SIGTERM');
    await finished(run);
    const store = await openStore(folder);
    expect(store.watchedMs).toBe(Infinity);
    await store.close();
  });

  test.each([
    ['of a newer version', { version: '999' }, /was written by a newer version of bellwether .*update bellwether/],
    ['of a cluster’s member', { owner: 'member a' }, /belongs to member a, and a signaling server may not use it/],
    [
      'that was damaged',
      { owner: 'a signaling server', 'room/one': '{"epoch":' },
      /"room\/one" cannot be read.*restore/,
    ],
  ])('does not touch a folder %s, and says in one line what to do', async (_, content, message) => {
    const folder = folderOfItsOwn();
    const level = new ClassicLevel<string, string>(join(folder, 'level'));
    await level.batch(Object.entries(content).map(([key, value]) => ({ type: 'put', key, value })));
    await level.close();
    const run = await finished(bellwether('serve', '--data', folder, '--port', '0'));
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(message);
    expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
    for (const [key, value] of Object.entries(content)) {
      await level.open();
      expect(await level.get(key)).toBe(value);
      await level.close();
    }
  });

  test('says why a folder cannot be made', async () => {
    const run = await finished(bellwether('serve', '--data', '/dev/null/data', '--port', '0'));
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /^bellwether: the folder \/dev\/null\/data cannot be made: ENOTDIR[^\n]*'\/dev\/null\/data[^\n]*; or choose another --data, or --memory\n$/,
    );
  });
});
