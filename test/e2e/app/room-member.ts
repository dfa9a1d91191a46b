import { appendFileSync } from 'node:fs';
import { type Cluster, createCluster, type Member, quorum, type QuorumOptions } from 'bellwether';
import { openLog } from 'bellwether/log';
import { web } from 'bellwether/web';
import { WebSocket } from 'ws';
import type { SocketConstructor } from '../../../src/platform/platform.ts';
import { answerParent } from './answer-parent.ts';
import type { SharedWrite } from './voter.ts';

export interface RoomMemberOptions {
  readonly url: string;
  readonly room: string;
  /** Hands in `@roamhq/wrtc`; else all stays on the relay. */
  readonly wrtc: boolean;
  readonly quorum: QuorumOptions;
  /** Where all members write down when they lead. */
  readonly file: string;
}

export interface RoomReport {
  /** Another one after the room was founded anew without this member. */
  readonly id: string;
  readonly state: string;
  readonly discovery: string;
  readonly isLeader: boolean;
  readonly leader: { readonly id: string; readonly term: number } | null;
  /** How many leaders it has heard of so far. */
  readonly leaders: number;
  readonly leaseMs: number | null;
  readonly members: readonly Pick<Member, 'id' | 'role' | 'path' | 'reachable' | 'rttMs'>[];
  readonly counters: Cluster['counters'];
  readonly errors: readonly string[];
}

const { url, room, wrtc, quorum: options, file } = JSON.parse(process.argv[2] ?? '{}') as RoomMemberOptions;
const medium = web({
  url,
  WebSocket: WebSocket as unknown as SocketConstructor,
  ...(wrtc ? { wrtc: (await import('@roamhq/wrtc')).default } : { rtc: false }),
});
const cluster = createCluster({ room, network: medium, elector: quorum(options) });
const log = openLog<string>(cluster);
const errors: string[] = [];
const entries: string[] = [];
let leaders = 0;

cluster.on('error', ({ code, message }) => errors.push(`${code}: ${message}`));
cluster.on('leader', ({ leader }) => {
  if (leader) leaders++;
});
void read();

/** From the beginning again where the room was founded anew without this member: the log is another one then. */
async function read(): Promise<void> {
  while (cluster.state !== 'left') {
    entries.length = 0;
    try {
      for await (const item of log.entries()) if (item.type === 'entry') entries.push(item.value);
    } catch (error) {
      errors.push(String(error));
    }
  }
}

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
const lookEveryMs = 4;

// Looks as often as it can whether it leads, and writes down when that was; also in the first moment after a pause.
let count = 0;
setInterval(() => {
  const { id } = cluster;
  const fromMs = nowMs();
  const term = cluster.isLeader ? cluster.leader?.term : undefined;
  if (term === undefined) return;
  const write: SharedWrite = { id, term, count: count++, fromMs, toMs: nowMs() };
  appendFileSync(file, `${JSON.stringify(write)}\n`);
}, lookEveryMs);

const trueNow = Date.now;

answerParent(cluster.id, {
  report: (): RoomReport => ({
    id: cluster.id,
    state: cluster.state,
    discovery: cluster.discovery,
    isLeader: cluster.isLeader,
    leader: cluster.leader && { id: cluster.leader.id, term: cluster.leader.term },
    leaders,
    leaseMs: cluster.leaseMs,
    members: Array.from(cluster.members.values(), ({ id, role, path, reachable, rttMs }) => {
      return { id, role, path, reachable, rttMs };
    }),
    counters: cluster.counters,
    errors,
  }),
  entries: () => entries,
  append: (value: string) => log.append(value),
  leave: () => cluster.leave(),
  /** As somebody who sets the clock of the machine would. */
  setClock: (aheadMs: number) => {
    Date.now = () => trueNow() + aheadMs;
  },
});
