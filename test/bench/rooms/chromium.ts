import type { Seen } from '../../e2e/app/diary.ts';
import type { Report } from '../../e2e/app/participant.ts';
import { agreement, linkedToLeader, reports, until } from '../../e2e/stage/member.ts';
import type { PageMember } from '../../e2e/stage/page.ts';
import { openStage, type Stage } from '../../e2e/stage/stage.ts';
import { close, failovers, kill } from '../failover.bench.ts';
import type { Figures } from '../figures.ts';

const byQuorum = { quorum: {} };

/** Pages in two Chromium processes, linked by WebRTC, and the real server with its witness. */
export async function inChromium(runs: number, say: (line: string) => void): Promise<Figures> {
  say(`joining: ${runs} runs`);
  const { known, voter, leases } = await joins(runs);
  const beside = `the lease is ${Math.round(Math.max(...leases))} ms`;
  say(`killing the renderer of the leader: ${runs} runs`);
  const crashed = await handovers(runs, kill);
  say(`closing the page of the leader: ${runs} runs`);
  const closed = await handovers(runs, close);
  return {
    known: { what: 'createCluster → leader known', unit: 'ms', samples: known },
    voter: { what: 'createCluster → has a vote', unit: 'ms', samples: voter },
    lease: { what: 'the lease, as the leader announces it', unit: 'ms', samples: leases },
    crashed: { what: 'renderer of the leader killed → all agree on the next', unit: 'ms', samples: crashed, beside },
    closed: { what: 'page of the leader closes → all agree on the next', unit: 'ms', samples: closed, beside },
  };
}

interface Joins {
  readonly known: number[];
  readonly voter: number[];
  readonly leases: number[];
}

/** A newcomer joins three, and leaves again. */
async function joins(runs: number): Promise<Joins> {
  const samples: Joins = { known: [], voter: [], leases: [] };
  const stage = quiet();
  try {
    const room = await stage.room();
    const hosts: PageMember[] = [];
    for (const browser of ['left', 'right', 'left']) hosts.push(await room.page(browser, byQuorum));
    while (samples.known.length < runs) {
      await agreement(hosts);
      await allVote(hosts);
      const page = await room.page('right', byQuorum);
      await allVote([...hosts, page]);
      const seen = await page.ask('seen');
      const { createdAt } = await page.ask('times');
      samples.known.push(firstAt(seen, (event) => event.name === 'leader') - createdAt);
      samples.voter.push(firstAt(seen, (event) => event.name === 'role' && event.role === 'voter') - createdAt);
      samples.leases.push((await page.ask('report')).leaseMs ?? Number.NaN);
      await page.close();
    }
  } finally {
    await stage.close();
  }
  return samples;
}

function firstAt(seen: readonly Seen[], wanted: (event: Seen) => boolean): number {
  return seen.find(wanted)?.at ?? Number.NaN;
}

async function handovers(runs: number, end: typeof kill): Promise<number[]> {
  const stage = quiet();
  try {
    return await failovers(stage, await stage.room(), runs, end, byQuorum, async (pages) => {
      await allVote(pages);
      await linkedToLeader(pages, 'webrtc');
    });
  } finally {
    await stage.close();
  }
}

function quiet(): Stage {
  const stage = openStage();
  stage.allow(/./);
  return stage;
}

/** Waits until these, and nobody else, have a vote, as all of them know. */
async function allVote(pages: readonly PageMember[]): Promise<void> {
  const votersIn = ({ members }: Report): number => members.filter(({ role }) => role === 'voter').length;
  const pagesIn = ({ members }: Report): number => members.filter(({ role }) => role !== 'witness').length;
  await until(
    `${pages.length} vote`,
    () => reports(pages),
    (read) => read.every((report) => votersIn(report) === pages.length && pagesIn(report) === pages.length),
    60_000,
  );
}
