import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { levelStorage } from '../../src/platform/node/level-storage.ts';
import { appended } from './core/facade.ts';
import { liferaftAppends, liferaftFailover } from './core/liferaft.ts';
import { failover, handover, type Takeover } from './core/takeover.ts';
import { bytesPerEntry, committed, entryBytes, type Rate, steps, valueOf } from './core/throughput.ts';
import { ids, memoryVoters, processVoters, type Voters } from './core/voters.ts';
import { noted, type BenchOptions, type Figures, type Note } from './figures.ts';

export const title = `The quorum core: steps, entries of ${entryBytes} bytes and their allocations in one process; failover and handover of three members; beside it liferaft`;
export const defaultRuns = 5;

const sizes = [3, 5];
const windows = [1, 64, 1024];
const oneWayMs = 5;
/** Handovers that are not measured: what a process runs for the first time is compiled meanwhile. */
const warmUps = 2 * ids.length;

/** Where processes keep what they must not forget: what is measured is the protocol, unless it is the disk that is. */
const memoryFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

interface Place {
  readonly name: string;
  readonly where: string;
  readonly delayMs: number;
  readonly folder: string;
}

const places: readonly Place[] = [
  { name: 'sockets', where: `processes, ${oneWayMs} ms one way`, delayMs: oneWayMs, folder: memoryFolder },
  { name: 'loopback', where: 'processes, loopback', delayMs: 0, folder: memoryFolder },
  { name: 'disk', where: 'processes, loopback, on the disk', delayMs: 0, folder: tmpdir() },
];

export async function run({ runs, say }: BenchOptions): Promise<Figures> {
  const { figures, note } = noted();
  for (let n = 1; n <= runs; n++) {
    say(`in one process: run ${n} of ${runs}`);
    await measureCores(note);
    await measureLogs(note);
  }
  say(`over the memory transport, ${oneWayMs} ms one way: ${runs} failovers and handovers`);
  await measureTakeovers('memory', 'memory transport', memoryVoters(oneWayMs), runs, note);
  for (let n = 1; n <= runs; n++) {
    const name = `  beside: liferaft, leader crashes → next leader, ${oneWayMs} ms one way, timeouts 150–300 ms`;
    note('liferaftFailover', name, 'ms', await liferaftFailover(3, oneWayMs));
  }
  for (const place of places) {
    say(`${place.where}: ${runs} failovers and handovers`);
    await measureProcesses(place, runs, note);
  }
  return figures;
}

async function measureCores(note: Note): Promise<void> {
  for (const size of sizes) {
    const among = `${size} members`;
    noteRate(note, `steps${size}`, `steps of ${among} that only keep their leader`, await steps(size));
    for (const window of windows) {
      const name = `${size}x${window}`;
      const what = `entries, ${among}, ${window} in flight`;
      const aim = window === 1024 ? '≥ 1,000,000/s' : '';
      noteRate(note, `entries${name}`, what, await committed(size, window), aim);
      note(
        `bytes${name}`,
        `  allocated per entry by all of them`,
        'bytes',
        Math.round(await bytesPerEntry(size, window)),
      );
    }
    noteRate(
      note,
      `liferaft${size}`,
      `  beside: liferaft, ${among}, one in flight`,
      await liferaftAppends(size, valueOf),
    );
  }
}

async function measureLogs(note: Note): Promise<void> {
  for (const window of windows) {
    const what = `openLog().append, 3 clusters over the memory transport, ${window} in flight`;
    noteRate(note, `log3x${window}`, what, await appended(window));
  }
}

function noteRate(note: Note, name: string, what: string, { perSecond, perCpuSecond }: Rate, beside?: string): void {
  note(name, what, 'per second', perSecond, beside);
  note(`${name}Cpu`, '  in a second of the processor', 'per second', perCpuSecond);
}

async function measureProcesses({ name, where, delayMs, folder }: Place, runs: number, note: Note): Promise<void> {
  const own = mkdtempSync(join(folder, 'bellwether-bench-'));
  try {
    await measureTakeovers(name, where, await processVoters(own, delayMs), runs, note);
    for (let n = 0; n < runs; n++) note(`${name}Write`, '  beside: one write to the storage', 'ms', await writeMs(own));
  } finally {
    rmSync(own, { recursive: true });
  }
}

/** Of a vote: one on the way of a failover, and one at the candidate before it asks for others. */
async function writeMs(folder: string): Promise<number> {
  const storage = await levelStorage(join(folder, 'writes')).open('bench');
  const beganMs = performance.now();
  for (let count = 0; count < 10; count++) await storage.write({ records: { 'hard-state': { term: count } } });
  const tookMs = (performance.now() - beganMs) / 10;
  await storage.close();
  return tookMs;
}

async function measureTakeovers(name: string, where: string, voters: Voters, runs: number, note: Note): Promise<void> {
  try {
    await Promise.all(ids.map((id) => voters.start(id)));
    for (let n = 0; n < runs; n++) noteFailover(await failover(voters));
    let aborted = 0;
    const onAborted = (): void => void aborted++;
    for (let n = 0; n < warmUps; n++) await handover(voters, onAborted);
    for (let n = 0; n < runs; n++) noteHandover(await handover(voters, onAborted));
    note(`${name}HandoversAborted`, '  aborted, and tried again', 'count', aborted);
  } finally {
    await voters.end();
  }

  function noteFailover({ tookMs, restMs, roundTripMs }: Takeover): void {
    const dueMs = restMs + 2 * roundTripMs;
    note(`${name}Failover`, `${where}: leader crashes → the next one leads`, 'ms', tookMs);
    note(`${name}FailoverDue`, '  beside: rest of the lease + two round trips', 'ms', dueMs);
    note(`${name}FailoverShare`, '  the former in parts of the latter', 'count', tookMs / dueMs, '≤ 1.2');
  }

  function noteHandover({ tookMs, roundTripMs }: Takeover): void {
    const aim = voters.oneWayMs > 0 ? '≤ 2' : ''; // a trip that takes no time is shorter than to write down a vote
    note(`${name}Handover`, `${where}: leader hands over → the next one leads`, 'ms', tookMs);
    note(`${name}RoundTrip`, '  beside: one round trip', 'ms', roundTripMs);
    note(`${name}HandoverTrips`, '  the former in round trips', 'count', tookMs / roundTripMs, aim);
  }
}
