import { expect, test, vi } from 'vitest';
import { type Member, reports, until } from './stage/member.ts';
import { useStage } from './stage/use-stage.ts';

// The server waits two minutes for a page that says nothing itself.
vi.setConfig({ testTimeout: 420_000 });

const stage = useStage();
const quick = { quorum: { maxLeaseMs: 1_000, charterMs: 4_000 } };

/** Waits until they all follow one of them, under the ids that they have by then; returns its term. */
async function followed(members: readonly Member[]): Promise<number> {
  const read = await until(
    'all follow one of them',
    () => reports(members),
    (all) => {
      const leader = all.find(({ isLeader }) => isLeader);
      return leader !== undefined && all.every((one) => one.leader?.id === leader.id);
    },
    240_000,
  );
  return read[0]?.leader?.term as number;
}

test('Q2, Q10: both pages of a room are frozen, their browser answers for them, and a newcomer leads all the same; thawed, they follow', async () => {
  stage.allow(/WebSocket/);
  const room = await stage.room();
  const options = { ...quick, killable: true };
  const pages = [await room.page('left', options), await room.page('right', options)];
  const before = await followed(pages);
  try {
    for (const page of pages) page.signal('SIGSTOP');
    const newcomer = await room.page('third', quick);
    const anew = await followed([newcomer]);
    expect(anew).toBeGreaterThan(before);

    for (const page of pages) page.signal('SIGCONT');
    expect(await followed([...pages, newcomer])).toBeGreaterThanOrEqual(anew);
  } finally {
    for (const page of pages) page.signal('SIGCONT'); // or nobody can close them
  }
});
