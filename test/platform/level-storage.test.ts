import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { beforeEach, expect, it } from 'vitest';
import type { Level } from '../../src/platform/node/level.ts';
import { levelStorage } from '../../src/platform/node/level-storage.ts';
import { failureOf } from '../failure.ts';
import { folderOfItsOwn } from '../folder.ts';

let folder = '';

beforeEach(() => {
  folder = folderOfItsOwn();
});

/** A real database that notes how it is written to. */
function noting(batches: { readonly keys: readonly string[]; readonly sync: boolean }[]) {
  return (path: string): Promise<Level> => {
    const level = new ClassicLevel<string, string>(path);
    return Promise.resolve({
      open: () => level.open(),
      close: () => level.close(),
      iterator: (range) => level.iterator(range),
      clear: (range) => level.clear(range),
      batch: (operations, options) => {
        batches.push({ keys: operations.map(({ key }) => key), ...options });
        return level.batch(operations, options);
      },
    });
  };
}

it('waits for the disk at every write, and writes at once all that came while it waited', async () => {
  const batches: { readonly keys: readonly string[]; readonly sync: boolean }[] = [];
  const storage = await levelStorage(folder, noting(batches)).open('a');
  batches.length = 0;
  await Promise.all(['one', 'two', 'three', 'four'].map((name) => storage.write({ records: { [name]: 1 } })));
  await storage.close();
  expect(batches).toEqual([
    { keys: ['record:one'], sync: true },
    { keys: ['record:two', 'record:three', 'record:four'], sync: true },
  ]);
});

it('says who holds it: the member, its process and its machine', async () => {
  const storage = await levelStorage(folder).open('member-a');
  const { code, message } = await failureOf(levelStorage(folder).open('member-a'));
  expect(code).toBe('storage-locked');
  expect(message).toContain(`member-a, process ${process.pid} on ${hostname()}`);
  await storage.close();
});

it('is refused to another process too, and free once its holder was killed', async () => {
  const program = `
    import { levelStorage } from ${JSON.stringify(join(import.meta.dirname, '../../src/platform/node/level-storage.ts'))};
    const storage = await levelStorage(process.argv[2]).open('a');
    await storage.write({ records: { written: 'by another process' } });
    console.log('open');
    setInterval(() => {}, 1000);
  `;
  await writeFile(join(folder, 'holder.mts'), program);
  const args = ['--conditions=bellwether-source', '--import', 'tsx', join(folder, 'holder.mts'), folder];
  const child = execFile(process.execPath, args, { cwd: join(import.meta.dirname, '../..') });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
  const { code, message } = await failureOf(levelStorage(folder).open('a'));
  expect(code).toBe('storage-locked');
  expect(message).toContain(`process ${child.pid}`);
  child.kill('SIGKILL');
  await exited;
  const storage = await levelStorage(folder).open('a');
  expect((await storage.load()).records.get('written')).toBe('by another process');
  await storage.close();
});

it('says what is wrong with a folder that cannot be made, and with a log that lacks an entry', async () => {
  await writeFile(join(folder, 'file'), '');
  const isFile = await failureOf(levelStorage(join(folder, 'file')).open('a'));
  expect([isFile.code, isFile.message]).toEqual([
    'storage-failed',
    expect.stringMatching(/file cannot be made: ENOTDIR/),
  ]);
  const nowhere = await failureOf(levelStorage('/proc/no/where').open('a'));
  expect([nowhere.code, nowhere.message]).toEqual([
    'storage-failed',
    expect.stringMatching(/\/proc\/no\/where cannot be made: \w+/),
  ]);

  const storage = await levelStorage(folder).open('a');
  await storage.write({ append: { firstIndex: 1, entries: ['a', 'b', 'c'] } });
  await storage.close();
  const level = new ClassicLevel<string, string>(join(folder, 'level'));
  await level.del('entry:0000000000000002');
  await level.close();
  const { code, message } = await failureOf(levelStorage(folder).open('a'));
  expect([code, message]).toEqual(['storage-failed', expect.stringContaining('entry 2 of the log is missing')]);
  await level.open();
  await level.put('entry:0000000000000002', 'neither here nor there');
  await level.close();
  const damage = await failureOf(levelStorage(folder).open('a'));
  expect([damage.code, damage.message]).toEqual(['storage-failed', expect.stringContaining('it was damaged')]);
});

it('leaves what a newer version has written as it is, and says so', async () => {
  const storage = await levelStorage(folder).open('a');
  await storage.write({ records: { kept: 'as it is' } });
  await storage.close();
  const level = new ClassicLevel<string, string>(join(folder, 'level'));
  await level.put('version', '2');
  await level.close();
  const refusal = await failureOf(levelStorage(folder).open('a'));
  expect(refusal.code).toBe('storage-version');
  expect(refusal.message).toContain('format 2, and this one knows 1');
  await level.open();
  expect(await level.get('version')).toBe('2');
  expect(await level.get('record:kept')).toBe('"as it is"');
  await level.close();
});
