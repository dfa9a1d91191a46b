import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SharedWrite, VoterReport } from '../app/voter.ts';
import { type Lines, loopback } from './lines.ts';
import { until } from './member.ts';
import { type Program, type ProgramLimits, startProgram } from './node.ts';
import { type SmallDisk, smallDisk } from './small-disk.ts';

/** A file that all leaders write into, and that takes nothing of a term below the highest it has seen. */
export class SharedFile {
  readonly path: string;
  readonly refused: SharedWrite[] = [];
  #highestTerm = 0;

  constructor(path: string) {
    this.path = path;
    writeFileSync(path, '');
  }

  take(write: SharedWrite): void {
    if (write.term < this.#highestTerm) return void this.refused.push(write);
    this.#highestTerm = write.term;
    appendFileSync(this.path, `${JSON.stringify(write)}\n`);
  }

  writes(): SharedWrite[] {
    const lines = readFileSync(this.path, 'utf8').trimEnd().split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as SharedWrite);
  }

  /** In words, every sign of two leaders at once, or of two of one term; refused writes are looked at as well. */
  doubleLeaders(): string[] {
    const all = [...this.writes(), ...this.refused];
    const terms = new Map<number, SharedWrite[]>();
    for (const write of all) terms.set(write.term, [...(terms.get(write.term) ?? []), write]);
    const signs: string[] = [];
    for (const [term, writes] of terms) {
      const ids = new Set(writes.map(({ id }) => id));
      if (ids.size > 1) signs.push(`${[...ids].join(' and ')} led in term ${term}`);
    }
    const spans = [...terms].toSorted(([one], [other]) => one - other).map(([term, writes]) => spanOf(term, writes));
    for (const [at, { term, firstMs }] of spans.entries()) {
      for (const before of spans.slice(0, at))
        if (before.lastMs > firstMs) signs.push(`term ${before.term} was led after term ${term} had begun`);
    }
    return signs;
  }
}

/** When its leader led for certain: it did not before `firstMs` had come, and did after `lastMs` had. */
function spanOf(term: number, writes: readonly SharedWrite[]) {
  const firstMs = Math.min(...writes.map(({ toMs }) => toMs));
  const lastMs = Math.max(...writes.map(({ fromMs }) => fromMs));
  return { term, firstMs, lastMs };
}

const ids = ['a', 'b', 'c'];

/** Processes a, b and c, which elect among themselves, each with a folder of its own. */
export class Voters {
  readonly file: SharedFile;
  readonly running = new Map<string, Program>();
  readonly lines: Lines;
  readonly #folder: string;
  readonly #disks: SmallDisk[] = [];

  private constructor(folder: string, lines: Lines) {
    this.#folder = folder;
    this.lines = lines;
    this.file = new SharedFile(join(folder, 'shared'));
  }

  static async make(linesOf: (ids: readonly string[]) => Promise<Lines> = loopback): Promise<Voters> {
    return new Voters(mkdtempSync(join(tmpdir(), 'bellwether-voters-')), await linesOf(ids));
  }

  async start(id: string, limits: Omit<ProgramLimits, 'prefix'> = {}): Promise<Program> {
    const options = {
      id,
      listen: this.lines.listen(id),
      peers: Object.fromEntries(ids.map((peer) => [peer, this.lines.url(id, peer)])),
      dataDir: join(this.#folder, id),
    };
    const program = await startProgram('test/e2e/app/voter.ts', options, {
      ...limits,
      prefix: this.lines.prefix(id),
    });
    program.process.child.on('message', (message) => {
      const { write } = message as { readonly write?: SharedWrite };
      if (write) this.file.take(write);
    });
    this.running.set(id, program);
    return program;
  }

  /** The folder of that member, before it starts, gets little room; returns how to make more. */
  fillable(id: string): SmallDisk | null {
    const disk = smallDisk(join(this.#folder, id));
    if (disk) this.#disks.push(disk);
    return disk;
  }

  async startAll(): Promise<void> {
    await Promise.all(ids.map((id) => this.start(id)));
  }

  async kill(id: string): Promise<void> {
    await this.running.get(id)?.process.end('SIGKILL');
    this.running.delete(id);
  }

  stop(id: string): void {
    this.running.get(id)?.process.child.kill('SIGSTOP');
  }

  go(id: string): void {
    this.running.get(id)?.process.child.kill('SIGCONT');
  }

  ask(id: string, name: string, ...args: readonly unknown[]): Promise<never> {
    const program = this.running.get(id);
    return program ? program.ask(name, ...args) : Promise.reject(new Error(`${id} does not run`));
  }

  /** Waits until those (default: all that run) name one leader among them; returns it. */
  async agreement(among: readonly string[] = [...this.running.keys()]): Promise<{ id: string; term: number }> {
    const read = (): Promise<VoterReport[]> => Promise.all(among.map((id) => this.ask(id, 'report')));
    const agreed = (all: readonly VoterReport[]): boolean => {
      const leader = all[0]?.leader;
      const leading = among.filter((_, at) => all[at]?.isLeader);
      return (
        !!leader &&
        leading.length === 1 &&
        leading[0] === leader.id &&
        all.every((report) => report.leader?.id === leader.id && report.leader.term === leader.term)
      );
    };
    const all = await until(`${among.join(', ')} agree on a leader`, read, agreed);
    return all[0]?.leader as { id: string; term: number };
  }

  /** Waits until all that run have read so many entries of the log at least, and returns what each has. */
  async logs(count: number): Promise<string[][]> {
    const running = [...this.running.keys()];
    return until(
      `${running.join(', ')} have read ${count} entries`,
      () => Promise.all(running.map((id) => this.ask(id, 'entries') as Promise<string[]>)),
      (logs) => logs.every((log) => log.length >= count),
    );
  }

  async end(): Promise<void> {
    for (const [id, { process }] of this.running) {
      process.child.kill('SIGCONT');
      await this.kill(id);
    }
    this.lines.end();
    for (const disk of this.#disks) disk.end();
    rmSync(this.#folder, { recursive: true });
  }
}
