import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openStore } from '../../signaling-server/level-store.ts';
import type { RoomRecord } from '../../signaling-server/record.ts';
import { Store } from '../../signaling-server/store.ts';
import { levelStorage } from '../../src/platform/node/level-storage.ts';
import { failureOf } from '../failure.ts';
import { folderOfItsOwn } from '../folder.ts';
import { MemoryDatabase } from './memory-database.ts';

const charter: RoomRecord['charter'] = {
  elector: 'quorum',
  quorum: { witness: 'anchor', maxVoters: 5, minLeaseMs: 250, maxLeaseMs: 5000, charterMs: 120_000 },
};

function recordOf(epoch: number, witness: string | null = `w${epoch}`): RoomRecord {
  const continues = epoch === 7 ? { epoch: 5, lastIndex: 12, lastTerm: 5 * 2 ** 20 + 1 } : null;
  return { epoch, founder: 'ada', witness, continues, charter };
}

test('what it was told of a room is there again, on a real disk', async () => {
  const folder = folderOfItsOwn();
  const store = await openStore(folder);
  expect([store.rooms.size, store.highestEpoch, store.watchedMs]).toEqual([0, 0, 0]);
  await store.remember('one', recordOf(7));
  await store.remember('two.of:them', { epoch: 8, founder: null, witness: null, continues: null, charter: null });
  await (await store.openWitness('w7')).write({ records: { 'hard-state': { term: 7 } } });
  await store.watched(60_000);
  await store.close();

  const again = await openStore(folder);
  expect([...again.rooms]).toEqual([
    ['one', recordOf(7)],
    ['two.of:them', { epoch: 8, founder: null, witness: null, continues: null, charter: null }],
  ]);
  expect((await (await again.openWitness('w7')).load()).records.get('hard-state')).toEqual({ term: 7 });
  expect(again.watchedMs).toBe(60_000);
  await again.close();
  const afterCrash = await openStore(folder); // nobody said how long the one before had watched
  expect(afterCrash.watchedMs).toBe(0);
  await afterCrash.watched(Infinity);
  await afterCrash.close();
  const last = await openStore(folder);
  expect(last.watchedMs).toBe(Infinity);
  await last.close();
});

test('what it was told of a room and its witness is there again after its process was killed', async () => {
  const folder = folderOfItsOwn();
  const program = `
    import { openStore } from ${JSON.stringify(join(import.meta.dirname, '../../signaling-server/level-store.ts'))};
    const store = await openStore(${JSON.stringify(join(folder, 'store'))});
    await store.remember('room', ${JSON.stringify(recordOf(7))});
    const witness = await store.openWitness('w7');
    await witness.write({ records: { 'hard-state': { vote: 'ada' } }, append: { firstIndex: 1, entries: ['one'] } });
    console.log('durable');
    setInterval(() => {}, 1000);
  `;
  await writeFile(join(folder, 'server.mts'), program);
  const args = ['--conditions=bellwether-source', '--import', 'tsx', join(folder, 'server.mts')];
  const child = execFile(process.execPath, args, { cwd: join(import.meta.dirname, '../..') });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const said = await new Promise<string>((resolve) => {
    child.stdout?.once('data', resolve);
    child.stderr?.once('data', resolve);
  });
  expect(said).toBe('durable\n');
  child.kill('SIGKILL');
  await exited;

  const store = await openStore(join(folder, 'store'));
  expect([...store.rooms]).toEqual([['room', recordOf(7)]]);
  const { records, entries } = await (await store.openWitness('w7')).load();
  expect([records.get('hard-state'), entries]).toEqual([{ vote: 'ada' }, ['one']]);
  await store.close();
});

test('of a room that is forgotten, only how high its epoch was is left', async () => {
  const database = new MemoryDatabase();
  const store = await Store.open(database);
  await store.remember('high', recordOf(9));
  await store.remember('low', recordOf(5));
  await store.forget('high');
  await store.forget('low');
  await store.forget('never there');
  expect([store.rooms.size, store.highestEpoch]).toEqual([0, 9]);
  const again = await Store.open(database.copy());
  expect([again.rooms.size, again.highestEpoch]).toEqual([0, 9]);
});

test('a witness that the record names no more leaves nothing behind, whenever the process ends; another one stays', async () => {
  const database = new MemoryDatabase();
  const store = await Store.open(database);
  await store.remember('room', recordOf(1));
  await store.remember('other', recordOf(2));
  for (const id of ['w1', 'w2']) {
    await (await store.openWitness(id)).write({ append: { firstIndex: 1, entries: [id] } });
  }
  const clear = vi.spyOn(database, 'clear').mockReturnValueOnce(new Promise(() => {}));
  await store.remember('room', recordOf(3));
  expect(clear).toHaveBeenCalledOnce();
  const crashed = database.copy(); // before anything was deleted
  expect(crashed.keys.some((key) => key.startsWith('witness/w1/'))).toBe(true);

  const again = await Store.open(crashed);
  expect(crashed.keys.filter((key) => /w1|dropped/.test(key))).toEqual([]);
  expect((await (await again.openWitness('w2')).load()).entries).toEqual(['w2']);
  await again.remember('room', recordOf(4, 'w3')); // under the same name: it goes on
  await again.forget('other');
  await expect.poll(() => crashed.keys.filter((key) => key.includes('w2'))).toEqual([]);
});

test('opening reads nothing of what witnesses have, however much it is; how much that is is read later, by room', async () => {
  const database = new MemoryDatabase();
  const before = await Store.open(database);
  for (const [at, room] of ['one', 'two', 'none'].entries())
    await before.remember(room, recordOf(7 + at, room === 'none' ? null : `w${room}`));
  for (const [id, chars] of [
    ['wone', 1_000],
    ['wtwo', 2_000],
    ['wold', 4_000],
  ] as const)
    await (await before.openWitness(id)).write({ records: { some: 'x'.repeat(chars), more: 'x'.repeat(chars) } });

  const read: string[] = [];
  const copy = database.copy();
  const reads = copy.read.bind(copy);
  copy.read = (prefix) => {
    read.push(prefix);
    return reads(prefix);
  };
  const store = await Store.open(copy);
  expect(read.filter((prefix) => prefix.startsWith('w') && prefix !== 'watched-ms')).toEqual([]);
  const sizes = store.witnessChars();
  expect((await sizes.next()).value).toEqual(['one', 2_004]);
  await store.remember('two', recordOf(20, 'another'));
  expect((await sizes.next()).done).toBe(true);
});

test('one server at a time uses it', async () => {
  const store = await Store.open(new MemoryDatabase());
  store.take();
  expect(() => store.take()).toThrow(new TypeError('this store is used by another server: open one for each'));
});

test('says who has it open, and takes no folder that is a member’s', async () => {
  const folder = folderOfItsOwn();
  const store = await openStore(join(folder, 'store'));
  const held = await failureOf(openStore(join(folder, 'store')));
  expect(held.code).toBe('storage-locked');
  expect(held.message).toContain(`is held by a signaling server, process ${process.pid} on `);
  await store.close();

  const member = await levelStorage(join(folder, 'member')).open('ada');
  await member.close();
  const foreign = await failureOf(openStore(join(folder, 'member')));
  expect([foreign.code, foreign.message]).toEqual(['storage-locked', expect.stringContaining('belongs to ada')]);
});

test('leaves what a newer version wrote as it is, and says what to do', async () => {
  const folder = folderOfItsOwn();
  const store = await openStore(folder);
  await store.remember('room', recordOf(1));
  await store.close();
  const level = new ClassicLevel<string, string>(join(folder, 'level'));
  await level.put('version', '2');
  await level.put('room/room', '{"rooms":"look quite different now"}');
  await level.close();
  const { code, message } = await failureOf(openStore(folder));
  expect([code, message]).toEqual(['storage-version', expect.stringContaining('update bellwether')]);
  await level.open();
  expect(await level.get('room/room')).toBe('{"rooms":"look quite different now"}');
  await level.close();
});

test.each([
  ['room/room', 'no JSON', 'room/room'],
  ['room/room', '{"epoch":"high","founder":null,"witness":null,"charter":null}', 'epoch is no number'],
  ['room/room', '{"epoch":1,"founder":null,"witness":"w/1","charter":null}', 'witness is no id'],
  ['highest-epoch', '-1', 'highest-epoch'],
])('a store whose %s is %s cannot be opened, and says so', async (key, value, words) => {
  const database = new MemoryDatabase();
  database.damage(key, value);
  const { code, message } = await failureOf(Store.open(database));
  expect([code, message]).toEqual(['storage-failed', expect.stringContaining(words)]);
  expect(message).toContain('begin a new one in another folder');
});

test('a full disk is said at the write that found no room, and nothing that was told before is lost', async () => {
  const database = new MemoryDatabase();
  const store = await Store.open(database);
  await store.remember('room', recordOf(1));
  database.fill();
  expect((await failureOf(store.remember('room', recordOf(2)))).code).toBe('storage-full');
  expect((await failureOf(store.forget('room'))).code).toBe('storage-full');
  expect([...(await Store.open(database.copy())).rooms]).toEqual([['room', recordOf(1)]]);
});
