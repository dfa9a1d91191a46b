import type { Leadership } from '../app/diary.ts';
import type { EngineMember } from './engine.ts';
import { until } from './member.ts';

/** Runs in a page: what it believes to lead at this very moment. */
export const firstRead = '({ isLeader: participant.report().isLeader, thrown: participant.check() })';

/** What a page reads that has been replaced, and knows it. */
export const replaced = { isLeader: false, thrown: 'not-leader' } as const;

const giveUpMs = 60_000;

export interface Hang {
  /** What the page believed in the end, before it did anything else. */
  over(): Promise<unknown>;
}

/**
 * Keeps the main thread of the leader's page busy in one single task, which ends when somebody works in a later term: the
 * site has been told so by then. Its workers run meanwhile.
 */
export async function hangUntilReplaced({ page }: EngineMember, room: string, { term }: Leadership): Promise<Hang> {
  await page.evaluate(`void setTimeout(() => {
    const begun = performance.now();
    const isReplaced = () => {
      const asking = new XMLHttpRequest();
      asking.open('GET', ${JSON.stringify(`works?room=${encodeURIComponent(room)}`)}, false);
      asking.send();
      return JSON.parse(asking.responseText).some((work) => work.term > ${term});
    };
    do for (const since = performance.now(); performance.now() < since + 100;);
    while (!isReplaced() && performance.now() < begun + ${giveUpMs});
    globalThis.readAfterHanging = ${firstRead};
  })`);
  return {
    over: () =>
      until(
        'the page goes on',
        () => page.evaluate('globalThis.readAfterHanging ?? null'),
        (read) => read !== null,
      ),
  };
}
