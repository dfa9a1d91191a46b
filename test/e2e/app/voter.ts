import { createCluster, type Lead } from 'bellwether';
import { openLog } from 'bellwether/log';
import { nodes, type NodesOptions } from 'bellwether/nodes';
import { answerParent } from './answer-parent.ts';

/** What a leader wants to write into the file that all share, and when it was the leader. */
export interface SharedWrite {
  readonly id: string;
  readonly term: number;
  readonly count: number;
  /** It led at some moment between these two, on the machine's own clock, which all processes share. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface VoterReport {
  readonly state: string;
  readonly isLeader: boolean;
  readonly leader: { readonly id: string; readonly term: number } | null;
  readonly errors: readonly string[];
}

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
const writeEveryMs = 5;

/** A Node process that votes, and writes into the shared file for as long as it leads. */
const options = JSON.parse(process.argv[2] ?? '{}') as NodesOptions;
const cluster = createCluster({ room: 'voters', network: nodes(options) });
const log = openLog<string>(cluster);
const errors: string[] = [];
const entries: string[] = [];

cluster.on('error', ({ code, message }) => errors.push(`${code}: ${message}`));
void cluster.whileLeader(write);
void (async () => {
  for await (const item of log.entries()) if (item.type === 'entry') entries.push(item.value);
})().catch(() => {});

async function write({ term, signal, check }: Lead): Promise<void> {
  for (let count = 0; !signal.aborted; count++) {
    const fromMs = nowMs();
    try {
      check();
    } catch {
      return;
    }
    process.send?.({ write: { id: options.id, term, count, fromMs, toMs: nowMs() } satisfies SharedWrite });
    await new Promise((resolve) => setTimeout(resolve, writeEveryMs));
  }
}

answerParent(options.id, {
  report: (): VoterReport => {
    const { state, isLeader, leader } = cluster;
    return { state, isLeader, leader: leader && { id: leader.id, term: leader.term }, errors };
  },
  entries: () => entries,
  append: (value: string) => log.append(value),
  read: () => log.read(),
  transfer: (to?: string) => cluster.transfer(to),
  leave: () => cluster.leave(),
});
