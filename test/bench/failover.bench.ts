import { beatMs, silenceMs } from '../../src/core/available/pace.ts';
import type { Seen } from '../e2e/app/diary.ts';
import { agreement, linkedToLeader, splitByLeader } from '../e2e/stage/member.ts';
import type { PageMember, PageOptions } from '../e2e/stage/page.ts';
import { openStage, type Room, type Stage } from '../e2e/stage/stage.ts';
import type { BenchOptions, Figures } from './figures.ts';

export const title =
  'Failover: four pages in two Chromium processes, linked to their leader by WebRTC, signaling over loopback';

/** After so much silence a member that keeps three links is given up. */
const detectionMs = silenceMs(beatMs(3), 0);

/** Ends the leader's page; returns when that was, in milliseconds since 1970. */
type Ending = (leader: PageMember, others: readonly PageMember[]) => Promise<number>;

export async function run({ runs, say }: BenchOptions): Promise<Figures> {
  const closed = await measure('closing the page of the leader', close, {});
  const killed = await measure('killing the renderer of the leader, with the hint', kill, {});
  const unhinted = await measure('killing the renderer of the leader, without the hint', kill, { hintless: true });
  return {
    closed: {
      what: 'page of the leader closes → all agree on the next',
      unit: 'ms',
      samples: closed,
      beside: '≤ 20 ms',
    },
    killed: {
      what: 'renderer of the leader killed → all agree, with the hint of the server',
      unit: 'ms',
      samples: killed,
      beside: '≤ 100 ms',
    },
    unhinted: {
      what: 'renderer of the leader killed → all agree, without a hint',
      unit: 'ms',
      samples: unhinted,
      beside: `≤ ${1.2 * detectionMs} ms: 1.2 × the detection of ${detectionMs} ms`,
    },
  };

  async function measure(what: string, end: Ending, options: Partial<PageOptions>): Promise<number[]> {
    say(`${what}: ${runs} runs`);
    const stage = openStage();
    try {
      return await failovers(stage, await stage.room(), runs, end, options);
    } finally {
      await stage.close();
    }
  }
}

/** One room through all the runs: a newcomer takes the place of each leader that went, and then all get `ready`. */
export async function failovers(
  stage: Stage,
  room: Room,
  runs: number,
  end: Ending,
  options: Partial<PageOptions>,
  ready: (pages: readonly PageMember[]) => Promise<unknown> = async () => {},
): Promise<number[]> {
  stage.allow(/./);
  const samples: number[] = [];
  let pages: PageMember[] = [];
  let opened = 0;
  while (samples.length < runs) {
    while (pages.length < 4) {
      pages.push(await room.page(['left', 'right'][opened++ % 2] as string, { ...options, killable: true }));
    }
    const before = await agreement(pages);
    await ready(pages);
    await linkedToLeader(pages, 'webrtc');
    const [leader, others] = splitByLeader(pages, before);
    const at = await end(leader, others);
    const { id } = await agreement(others);
    const heard = await Promise.all(others.map(async (member) => heardOf(id, at, await member.ask('seen'))));
    samples.push(Math.max(...heard) - at);
    pages = others;
  }
  return samples;
}

/** When this member last came to know of the leader `id`, after `at`. */
function heardOf(id: string, at: number, seen: readonly Seen[]): number {
  const heard = seen.filter((event) => event.name === 'leader' && event.at >= at && event.leader?.id === id);
  return heard.at(-1)?.at ?? Number.NaN;
}

export const kill: Ending = (leader) => leader.kill();

/** From `pagehide`, which the page leaves word of in the storage that the pages of one browser share. */
export const close: Ending = async (leader, others) => {
  await leader.close();
  const words = await Promise.all(others.map(({ page }) => page.evaluate(() => localStorage.getItem('hidden-at'))));
  return Math.max(...words.map(Number));
};
