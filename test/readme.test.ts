import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Node, nodesOf, parse } from './architecture/source.ts';
import { measureFirstLoad } from './bench/size.bench.ts';
import { type Consumer, installPacked } from './package/pack.ts';
import { freePorts } from './peering/ports.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const tsx = pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href;
const blocksIn = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, code = '']) => code);
const blocks = blocksIn('ts');

describe('the README', () => {
  let consumer: Consumer;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    consumer = await installPacked();
    for (const name of ['@types/node', 'react', '@types/react', 'csstype', 'classic-level']) consumer.link(name);
  });

  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    consumer?.remove();
  });

  it('opens with ten lines that run, by the network of the next lines, beside the server started by the command that it names', async () => {
    const [first = '', next = ''] = blocks;
    expect(first.trim().split('\n').filter(Boolean).length).toBeLessThanOrEqual(10);
    expect(readme).toContain('npx bellwether serve --fresh`');
    const url = /ws:\/\/127\.0\.0\.1:(\d+)/.exec(next) ?? ['', ''];
    const port = (await isTaken(Number(url[1]))) ? '0' : url[1];
    const server = start(
      join(consumer.installed, 'dist/src/cli/main.js'),
      'serve',
      '--fresh',
      ...(port === '0' ? ['--port', port] : []),
    );
    const address = await server.prints(/ws:\S+:(\d+)\b/);
    const program = withLinesOf(next, first).replace(url[0], `ws://127.0.0.1:${address[1]}`); // the same, unless that port is taken
    consumer.write('first.js', program);
    const member = start(join(consumer.folder, 'first.js'));
    await member.prints(/Ada leads/);
    await member.prints(/this member leads, in term \d+/);
  });

  it('shows three processes that agree with no server between them, as it stands but for the ports', async () => {
    const code = blocks.find((block) => block.includes('bellwether/nodes')) ?? '';
    const free = await freePorts(3);
    const own = code.replaceAll(/700[1-3]/g, (port) => `${free[Number(port) - 7001]}`);
    consumer.write('nodes.mts', own);
    const voters = ['a', 'b', 'c'].map((id) => start('--import', tsx, 'nodes.mts', id));
    await Promise.all(voters.map((voter) => voter.prints(/^[1-9]\d* paid$/m)));
  });

  it('shows a test in virtual time that runs as it stands', async () => {
    const code = blocks.find((block) => block.includes('bellwether/testing')) ?? '';
    consumer.write('testing.ts', code);
    const { code: exitCode, text } = await consumer.node('--import', tsx, 'testing.ts');
    expect({ exitCode, text }).toEqual({ exitCode: 0, text: '' });
  });

  it.each(['ts', 'tsx'].flatMap((language) => blocksIn(language).map((code, at) => [at + 1, language, code] as const)))(
    'has types that hold in its code (block %i of %s)',
    async (index, language, code) => {
      const name = `block-${index}.${language}`;
      consumer.write(name, code);
      const options = [
        '--module',
        'nodenext',
        '--target',
        'es2022',
        '--lib',
        'es2023,dom',
        '--types',
        'node',
        '--strict',
        ...['--jsx', 'react-jsx'],
      ];
      const { text } = await consumer.tsc(...options, '--noEmit', '--ignoreConfig', name);
      expect(text).toBe('');
    },
  );

  it.each([
    ['cluster/options', 'ClusterOptions'],
    ...['Cluster', 'ClusterEvents', 'Member', 'Leader', 'Lead', 'Channel'].map((type) => ['cluster/cluster', type]),
    ['electors/lock-elector', 'LockElectorOptions'],
    ['web', 'WebOptions'],
    ['nodes', 'NodesOptions'],
    ['electors/quorum-options', 'QuorumOptions'],
    ['log', 'Log'],
    ['log', 'EntriesOptions'],
  ])('names every member in %s of %s', (file, type) => {
    const missing = membersOf(`src/${file}.ts`, type ?? '').filter(
      (name) => !new RegExp(`\\b${name}\\b`).test(codeIn(readme)),
    );
    expect(missing).toEqual([]);
  });

  it('names every error code, and no other', () => {
    const { program } = source('src/protocol/errors.ts');
    const codes = [...nodesOf(declarationOf(program, 'ClusterErrorCode'))].flatMap(({ node }) =>
      node.type === 'Literal' ? [String(node.value)] : [],
    );
    const table = readme.slice(readme.indexOf('### Errors'), readme.indexOf('### `web('));
    const named = [...table.matchAll(/^\| `([a-z-]+)`/gm)].map(([, code]) => code);
    expect(named.toSorted()).toEqual(codes.toSorted());
    expect(codes.length).toBeGreaterThan(5);
  });

  it('says a size that holds, and is not padded', async () => {
    const [, tabs, web] =
      /`tabs\(\)` loads in \*\*([\d.]+) kB\*\*, and with `web\(\)` in \*\*([\d.]+) kB\*\*/.exec(readme) ?? [];
    for (const [said, subject] of [
      [Number(tabs), 'tabs'],
      [Number(web), 'web'],
    ] as const) {
      const { first, byVite } = await measureFirstLoad(subject);
      for (const { gzip } of [first, byVite]) expect(gzip / 1000).toBeLessThan(said + 0.05);
      expect(first.gzip / 1000).toBeGreaterThan(said - 2);
    }
  });

  it('points at nothing that is not there', () => {
    const targets = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, target = '']) => target);
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });

  it('names only commands that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const named = [...readme.matchAll(/npm (?:run )?([a-z]+)(?: --|`| )/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  /** Runs Node until the test ends. */
  function start(...args: string[]): { prints(pattern: RegExp): Promise<RegExpExecArray> } {
    const child = spawn(process.execPath, args, { cwd: consumer.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let output = '';
    const read = (bytes: Buffer): void => void (output += bytes.toString());
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    return {
      prints: (pattern) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            const match = pattern.exec(output);
            if (match) resolve(match);
          };
          child.stdout.on('data', look);
          child.on('exit', () => reject(new Error(`ended before it printed ${pattern}:\n${output}`)));
          look();
        }),
    };
  }
});

/** The program with its import of a network, and its `createCluster`, as these lines have them. */
function withLinesOf(lines: string, program: string): string {
  const [network, create] = [/^import .*bellwether\/.*$/m, /^const cluster = .*$/m];
  return program.replace(network, network.exec(lines)?.[0] ?? '').replace(create, create.exec(lines)?.[0] ?? '');
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

const source = (path: string) => parse(path, readFileSync(join(root, path), 'utf8'));

/** What stands in the README as code: in blocks, or within backticks. */
const codeIn = (text: string): string => [...text.matchAll(/```[^]*?```|`[^`\n]+`/g)].map(([code]) => code).join('\n');

function declarationOf(program: Node, name: string): Node {
  for (const { node } of nodesOf(program)) {
    const isType = node.type === 'TSInterfaceDeclaration' || node.type === 'TSTypeAliasDeclaration';
    if (isType && (node.id as { name: string }).name === name) return node;
  }
  throw new Error(`there is no type ${name}`);
}

/** The names in an interface, symbols aside. */
function membersOf(path: string, type: string): string[] {
  const declaration = declarationOf(source(path).program, type);
  const { body, typeAnnotation } = declaration as unknown as Record<string, { body?: unknown[]; members?: unknown[] }>;
  const members = (body?.body ?? typeAnnotation?.members ?? []) as { key?: { name?: string }; computed?: boolean }[];
  const names = members.flatMap(({ key, computed }) => (key?.name && !computed ? [key.name] : []));
  if (names.length === 0) throw new Error(`${type} has no members`);
  return names;
}
