import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../../signaling-server/level-store.ts';
import { serveSignaling } from '../../../signaling-server/standalone.ts';

/** What a server has used so far, and holds now. */
export interface Usage {
  readonly cpuMs: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly witnesses: number;
}

/**
 * A server on a disk, in a process of its own, which tells its parent where it listens, and, whenever asked, its usage:
 * after all garbage is collected if that is asked for.
 */
const folder = mkdtempSync(join(tmpdir(), 'bellwether-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('disconnect', () => process.exit());

const limits = { maxRoomsPerConnection: 256, messagesPerSecond: 1e9, bytesPerSecond: 1e12 };
const store = await openStore(folder);
const server = await serveSignaling({ port: 0, host: '127.0.0.1', store, fresh: true, limits });
process.send?.(server.url);

process.on('message', (collects: boolean) => {
  if (collects) globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { heapUsed, external, rss } = process.memoryUsage();
  const { witnesses } = server.counters;
  const usage: Usage = { cpuMs: (user + system) / 1000, heapBytes: heapUsed + external, rssBytes: rss, witnesses };
  process.send?.(usage);
});
