import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as index from 'bellwether';
import * as log from 'bellwether/log';
import * as nodes from 'bellwether/nodes';
import * as react from 'bellwether/react';
import * as server from 'bellwether/server';
import * as tabs from 'bellwether/tabs';
import * as testing from 'bellwether/testing';
import * as web from 'bellwether/web';
import { build } from 'esbuild';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, installPacked } from './package/pack.ts';

const entries = {
  bellwether: index,
  'bellwether/tabs': tabs,
  'bellwether/web': web,
  'bellwether/nodes': nodes,
  'bellwether/log': log,
  'bellwether/react': react,
  'bellwether/server': server,
  'bellwether/testing': testing,
};
const root = join(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe('the package, as npm would publish it', () => {
  let consumer: Consumer;

  beforeAll(async () => {
    consumer = await installPacked();
    consumer.link('react');
  });

  afterAll(() => consumer?.remove());

  it('holds what was compiled, its sources and its papers, and nothing else', () => {
    const strangers = consumer.files.filter((path) => !/^(dist\/)?(src|signaling-server)\//.test(path));
    expect(strangers.toSorted()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
    const compiled = consumer.files.filter((path) => path.endsWith('.js'));
    const sources = consumer.files.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
    expect(compiled.toSorted()).toEqual(sources.map((path) => `dist/${path.replace(/ts$/, 'js')}`).toSorted());
    expect(consumer.files.filter((path) => /\.(test|spec)\./.test(path))).toEqual([]);
  });

  it('has every file that its exports, imports and bin name', () => {
    const named = [...leavesOf(manifest.exports), ...leavesOf(manifest.imports), ...leavesOf(manifest.bin)];
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(join(consumer.installed, path)))).toEqual([]);
  });

  it('lets no condition of ours be met by anybody else’s tools: it has a name of its own', () => {
    const conditions = new Set([...namesOf(manifest.exports), ...namesOf(manifest.imports)]);
    const standard = new Set(['types', 'default', 'node', 'browser', 'deno', 'bun', 'workerd']);
    expect([...conditions].filter((name) => !standard.has(name))).toEqual(['bellwether-source']);
  });

  it('gives publint nothing to say', async () => {
    const { messages } = await publint({ pkgDir: consumer.installed, pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  it.each(Object.entries(entries))('exports from %s in plain Node what its source does', async (name, source) => {
    const script = `console.log(JSON.stringify(Object.keys(await import('${name}')).sort()))`;
    const { code, text } = await consumer.node('--input-type=module', '-e', script);
    expect({ code, names: JSON.parse(text) }).toEqual({ code: 0, names: Object.keys(source).toSorted() });
    expect(Object.keys(source).length).toBeGreaterThan(0);
  });

  it('elects in plain Node, over its own server', async () => {
    consumer.write('elect.js', electing);
    const { code, text } = await consumer.node('elect.js');
    expect({ code, text }).toEqual({ code: 0, text: 'one leader, known to both\n' });
  });

  it('tells whoever lacks the package of its storage what to install', async () => {
    consumer.write('nodes.js', lackingStorage);
    const { code, text } = await consumer.node('nodes.js');
    expect({ code, text }).toEqual({
      code: 0,
      text: expect.stringMatching(/^storage-failed .*npm install classic-level\n$/),
    });
  });

  it('tells whoever serves without that package what to do', async () => {
    const command = join(consumer.installed, manifest.bin.bellwether);
    const { code, text } = await consumer.node(command, 'serve', '--port', '0');
    expect({ code, text }).toEqual({
      code: 1,
      text: expect.stringMatching(/^bellwether: .* npm install classic-level; or choose .* --memory.*\n$/),
    });
  });

  it('has a command that explains itself', async () => {
    const command = readFileSync(join(consumer.installed, manifest.bin.bellwether), 'utf8');
    expect(command).toMatch(/^#!\/usr\/bin\/env node\n/);
    const { code, text } = await consumer.node(join(consumer.installed, manifest.bin.bellwether), 'serve', '--help');
    expect(code).toBe(0);
    expect(text).toMatch(/--host[^]*--port/);
  });

  it.each(['bundler', 'nodenext'])(
    'has types for a strict browser project without @types/node (%s)',
    async (resolution) => {
      consumer.write('page.ts', browserProject);
      const { code, text } = await consumer.tsc('-p', tsconfig(consumer, resolution, 'page.ts', []));
      expect(text).toBe('');
      expect(code).toBe(0);
    },
  );

  it.each(['bundler', 'nodenext'])(
    'has types for a strict Node project, which knows nothing of browsers (%s)',
    async (resolution) => {
      if (!existsSync(join(consumer.folder, 'node_modules/@types/node'))) consumer.link('@types/node');
      consumer.write('server.ts', nodeProject);
      const { code, text } = await consumer.tsc('-p', tsconfig(consumer, resolution, 'server.ts', ['node']));
      expect(text).toBe('');
      expect(code).toBe(0);
    },
  );

  it('has types that find mistakes', async () => {
    consumer.write('mistake.ts', `import { createCluster } from 'bellwether';\ncreateCluster({ room: 1 });\n`);
    const { code, text } = await consumer.tsc('-p', tsconfig(consumer, 'bundler', 'mistake.ts', []));
    expect(code).not.toBe(0);
    expect(text).toContain('mistake.ts(2,');
  });

  it.each([
    'bellwether',
    'bellwether/tabs',
    'bellwether/web',
    'bellwether/log',
    'bellwether/react',
    'bellwether/testing',
  ])('leaves nothing of %s where nothing of it is used', async (name) => {
    expect((await bundled(`import * as all from '${name}'`)).trim()).toBe('');
  });

  it('brings little where only its error class is used', async () => {
    const text = await bundled(`import { ClusterError } from 'bellwether'; console.log(ClusterError)`);
    expect(text.length).toBeLessThan(1000);
  });

  async function bundled(contents: string): Promise<string> {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: consumer.folder },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      logLevel: 'warning',
    });
    return outputFiles[0]?.text ?? '';
  }
});

describe('the lock file', () => {
  it('names no registry, so that everybody installs from their own', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const [, ...packages] = Object.entries<{ resolved?: string; integrity?: string }>(lock.packages);
    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(packages.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
  });

  it('belongs to this package.json', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const { dependencies, devDependencies, optionalDependencies, peerDependencies, version } = manifest;
    const belonging = { dependencies, devDependencies, optionalDependencies, peerDependencies, version };
    expect(lock.packages['']).toMatchObject(belonging);
  });
});

/** @returns every string in a value: the targets of a map of conditions. */
function leavesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Object.values(value as object).flatMap(leavesOf);
}

/** The conditions of such a map; its own keys (`.` or `#`) are none. */
function namesOf(value: unknown): string[] {
  if (typeof value === 'string') return [];
  return Object.entries(value as object).flatMap(([key, inner]) => [
    ...(/^[.#]/.test(key) ? [] : [key]),
    ...namesOf(inner),
  ]);
}

function tsconfig(consumer: Consumer, resolution: string, file: string, types: string[]): string {
  const name = `tsconfig.${resolution}.${file}.json`;
  const compilerOptions = {
    module: resolution === 'bundler' ? 'preserve' : 'nodenext',
    moduleResolution: resolution,
    target: 'es2022',
    lib: types.includes('node') ? ['es2022'] : ['es2022', 'dom'],
    types,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  };
  consumer.write(name, JSON.stringify({ compilerOptions, files: [file] }));
  return name;
}

const electing = `
  import { createServer } from 'node:http';
  import { createCluster } from 'bellwether';
  import { attachSignaling } from 'bellwether/server';
  import { web } from 'bellwether/web';

  const server = createServer();
  const signaling = attachSignaling(server, { fresh: true });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const network = web({ url: 'ws://127.0.0.1:' + server.address().port + '/bellwether' });
  const members = [createCluster({ room: 'a', network }), createCluster({ room: 'a', network })];
  await Promise.all(members.map((member) => member.ready()));
  const agreed = () => {
    const [one, two] = members.map((member) => member.leader?.id);
    return one && one === two && members.filter((member) => member.isLeader).length === 1;
  };
  while (!agreed()) await new Promise((resolve) => setTimeout(resolve, 10));
  console.log('one leader, known to both');
  await Promise.all(members.map((member) => member.leave()));
  await signaling.close();
  server.close();
`;

const lackingStorage = `
  import { createCluster } from 'bellwether';
  import { nodes } from 'bellwether/nodes';

  const network = nodes({ id: 'a', listen: { port: 0 }, peers: { a: 'ws://127.0.0.1:1' }, dataDir: './data' });
  await createCluster({ room: 'a', network }).ready().catch(({ code, message }) => console.log(code, message));
`;

const browserProject = `
  import { createCluster, ClusterError, type Cluster, type Lead, type Member } from 'bellwether';
  import { web } from 'bellwether/web';
  import * as testing from 'bellwether/testing';

  const cluster: Cluster = createCluster({ room: 'doc-42', info: { name: 'Ada' }, network: web({ url: 'wss://example.org' }) });
  const undo: () => void = cluster.on('leader', ({ leader, term }) => console.log(leader?.id, term));
  cluster.on('error', (error: ClusterError) => console.log(error.code));
  cluster.on('conflict', ({ winner, loser }) => console.log(winner.term, loser.published));
  void cluster.whileLeader(async (lead: Lead) => {
    lead.check();
    await fetch('/save', { method: 'POST', signal: lead.signal });
  });
  const members: Member[] = [...cluster.members.values()];
  const chat = cluster.channel<{ text: string }>('chat');
  chat.on((message, from) => console.log(message.text, from));
  console.log(undo, members, testing);
`;

const nodeProject = `
  import { createServer } from 'node:http';
  import { createCluster } from 'bellwether';
  import { attachSignaling } from 'bellwether/server';
  import { web } from 'bellwether/web';

  const server = createServer();
  attachSignaling(server);
  import { openLog, type LogEntry } from 'bellwether/log';
  import { nodes } from 'bellwether/nodes';
  createCluster({ room: 'doc-42', network: web({ url: 'ws://127.0.0.1:8787' }), exitSignals: true });
  const network = nodes({ id: 'a', listen: { port: 7001 }, peers: { b: 'ws://b:7001' }, dataDir: './data' });
  const log = openLog<{ n: number }, number>(createCluster({ room: 'doc-42', network }));
  const index: number | null = await log.append({ n: 1 });
  for await (const item of log.entries({ from: index ?? 1 })) {
    const entry: LogEntry<{ n: number }> | null = item.type === 'entry' ? item : null;
    console.log(entry?.value.n, item.index);
  }
`;
