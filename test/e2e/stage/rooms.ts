import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { QuorumOptions } from 'bellwether';
import { build } from 'esbuild';
import { afterEach } from 'vitest';
import { charterOf } from '../../../src/electors/quorum-charter.ts';
import type { Charter } from '../../../src/protocol/charter.ts';
import type { RoomMemberOptions, RoomReport } from '../app/room-member.ts';
import { until } from './member.ts';
import { type Program, startProgram } from './node.ts';
import { root } from './process.ts';
import { type SignalingProcess, startSignaling } from './signaling.ts';
import { SharedFile } from './voters.ts';

/** A Node process in a room. */
export interface RoomMember {
  readonly program: Program;
  report(): Promise<RoomReport>;
  /** What it has read of the log. */
  entries(): Promise<readonly string[]>;
  append(value: string): Promise<unknown>;
  /** Sets its wall clock. */
  setClock(aheadMs: number): Promise<void>;
}

export interface Leader {
  readonly member: RoomMember;
  readonly id: string;
  readonly term: number;
}

/** Whoever appends in these tests has a leader, or gets one, long before. */
const answerMs = 60_000;
/** A process that is asked for more than that is stopped. */
const silentMs = 2_000;

let rooms = 0;
let built: Promise<string> | null = null;

/** The program of a member, in one file: many of them start at once. */
async function buildProgram(): Promise<string> {
  const outfile = `${root}test/e2e/output/room-member.mjs`;
  await build({
    entryPoints: [`${root}test/e2e/app/room-member.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['bellwether-source', 'node'],
    external: ['ws', 'classic-level', '@roamhq/wrtc', 'simple-peer'],
    logLevel: 'error',
  });
  return outfile;
}

/** A room of processes at a server of its own, which they may be killed, stopped and let go in. */
export class ProcessRoom {
  readonly server: SignalingProcess;
  readonly name: string = `room-${rooms++}`;
  /** What all of its members agree on. */
  readonly charter: Charter;
  readonly file: SharedFile;
  readonly #folder: string;
  readonly #options: Omit<RoomMemberOptions, 'wrtc'>;
  readonly #running = new Set<RoomMember>();

  private constructor(server: SignalingProcess, folder: string, quorum: QuorumOptions) {
    this.server = server;
    this.#folder = folder;
    this.file = new SharedFile(join(folder, 'led'));
    this.charter = charterOf(quorum);
    this.#options = { url: server.url, room: this.name, quorum, file: this.file.path };
  }

  static async open(quorum: QuorumOptions): Promise<ProcessRoom> {
    const folder = mkdtempSync(join(tmpdir(), 'bellwether-room-'));
    return new ProcessRoom(await startSignaling({ maxCharterMs: quorum.charterMs }), folder, quorum);
  }

  /** So many new members, on the relay alone unless they are given WebRTC. `url`: another way to the server. */
  start(count: number, { wrtc = false, url = this.server.url } = {}): Promise<RoomMember[]> {
    return Promise.all(Array.from({ length: count }, () => this.#startOne({ ...this.#options, url, wrtc })));
  }

  async #startOne(options: RoomMemberOptions): Promise<RoomMember> {
    const program = await startProgram(await (built ??= buildProgram()), options, { flags: [] });
    const member: RoomMember = {
      program,
      report: () => program.ask('report'),
      entries: () => program.ask('entries'),
      append: (value) => this.#answered(`append of ${value}`, program.ask('append', value)),
      setClock: (aheadMs) => program.ask('setClock', aheadMs),
    };
    this.#running.add(member);
    return member;
  }

  /** Fails with what every member sees if that takes too long. */
  async #answered<Answer>(what: string, answer: Promise<Answer>): Promise<Answer> {
    const over = new AbortController();
    const late = setTimeout(answerMs, undefined, { signal: over.signal }).then(async () => {
      throw new Error(`the ${what} was not answered within ${answerMs} ms:\n${await this.#views()}`);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      over.abort();
      late.catch(() => {}); // nobody waits for it any more
    }
  }

  async #views(): Promise<string> {
    const views = [...this.#running].map(async ({ program, report }) => [
      program.id,
      await Promise.race([report(), setTimeout(silentMs, 'does not answer')]),
    ]);
    return JSON.stringify(Object.fromEntries(await Promise.all(views)), null, 1);
  }

  /** SIGKILL to all of them at once. */
  async kill(...members: readonly RoomMember[]): Promise<void> {
    for (const member of members) this.#running.delete(member);
    await Promise.all(members.map(({ program }) => program.process.end('SIGKILL')));
  }

  stop(...members: readonly RoomMember[]): void {
    for (const { program } of members) program.process.child.kill('SIGSTOP');
  }

  /** As when the laptop is closed on which everything runs. */
  async sleep(ms: number): Promise<void> {
    const pids = [this.server.pid, ...[...this.#running].map(({ program }) => program.process.pid)];
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await setTimeout(ms);
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }

  go(...members: readonly RoomMember[]): void {
    for (const { program } of members) program.process.child.kill('SIGCONT');
  }

  async end(): Promise<void> {
    this.go(...this.#running);
    await Promise.all([this.kill(...this.#running), this.server.end()]);
    rmSync(this.#folder, { recursive: true });
  }
}

/** Rooms for the tests of one file. After each test nothing may have been led twice (Q2). */
export function useRooms(): { open(quorum?: QuorumOptions): Promise<ProcessRoom> } {
  let open: ProcessRoom[] = [];
  afterEach(async () => {
    const signs = open.flatMap(({ file }) => file.doubleLeaders());
    await Promise.all(open.map((room) => room.end()));
    open = [];
    if (signs.length > 0) throw new Error(`Q2 does not hold: ${signs.join('; ')}`);
  });
  return {
    open: async (quorum = {}) => {
      const room = await ProcessRoom.open(quorum);
      open.push(room);
      return room;
    },
  };
}

export function others(members: readonly RoomMember[], but: RoomMember): RoomMember[] {
  return members.filter((one) => one !== but);
}

/** Waits until exactly one of these leads, and all of them follow it. */
export async function led(members: readonly RoomMember[], withinMs = 60_000): Promise<Leader> {
  const all = await until('all follow one of them', () => reportsOf(members), oneLeads, withinMs);
  const at = all.findIndex(({ isLeader }) => isLeader);
  const { leader } = all[at] as RoomReport;
  return { member: members[at] as RoomMember, ...(leader as NonNullable<RoomReport['leader']>) };
}

function oneLeads(all: readonly RoomReport[]): boolean {
  const [leading, ...more] = all.filter(({ isLeader }) => isLeader);
  return (
    leading !== undefined &&
    more.length === 0 &&
    all.every(({ leader }) => leader?.id === leading.id && leader.term === leading.leader?.term)
  );
}

export function reportsOf(members: readonly RoomMember[]): Promise<RoomReport[]> {
  return Promise.all(members.map((member) => member.report()));
}

/**
 * Waits until these, and with them a witness, are all who vote, as each of them knows. Returns the witness's id. Those that
 * vanished are missed, and given up, after a while.
 */
export async function voting(members: readonly RoomMember[], withinMs = 60_000): Promise<string> {
  const all = await until(
    'these vote, and a witness',
    () => reportsOf(members),
    (reports) => {
      const ids = reports.map(({ id }) => id).toSorted();
      return reports.every((report) => {
        const voters = idsOf(report, 'voter');
        return voters.join() === ids.join() && idsOf(report, 'witness').length === 1;
      });
    },
    withinMs,
  );
  return idsOf(all[0] as RoomReport, 'witness')[0] as string;
}

/** Waits until all of them talk to each other over WebRTC. */
export async function linkedDirectly(members: readonly RoomMember[]): Promise<void> {
  await until(
    'all are linked by WebRTC',
    () => reportsOf(members),
    (reports) => {
      const ids = reports.map(({ id }) => id);
      const direct = (report: RoomReport): string[] =>
        report.members.filter(({ path }) => path === 'webrtc').map(({ id }) => id);
      return reports.every((report) => ids.every((id) => id === report.id || direct(report).includes(id)));
    },
    60_000,
  );
}

function idsOf({ members }: RoomReport, role: string): string[] {
  return members
    .filter((member) => member.role === role)
    .map(({ id }) => id)
    .toSorted();
}

/** Appends these through that member; resolves when all are committed. */
export async function appendAll(member: RoomMember, values: readonly string[]): Promise<void> {
  await Promise.all(values.map((value) => append(member, value)));
}

/** Again where a change of leader has cost it its place: that is told as such. */
async function append(member: RoomMember, value: string): Promise<void> {
  for (;;) {
    try {
      await member.append(value);
      return;
    } catch (error) {
      if (!String(error).includes('was not committed and never will be')) throw error;
    }
  }
}

/** Waits until that member has read all of these, each once, in the order of its log. */
export async function readsAll(member: RoomMember, values: readonly string[]): Promise<void> {
  const read = await until(
    'it has read all that was committed',
    () => member.entries(),
    (entries) => values.every((value) => entries.includes(value)),
    60_000,
  );
  if (new Set(read).size < read.length) throw new Error(`an entry was read twice: ${read.join()}`);
}
