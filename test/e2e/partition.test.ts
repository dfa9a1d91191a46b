import { expect, test } from 'vitest';
import { whereCalm } from './stage/calm.ts';
import { agreement, linkedToLeader, type Member, reachEachOther, splitByLeader, until } from './stage/member.ts';
import { useStage } from './stage/use-stage.ts';

const stage = useStage();

test('A2: two groups cut from each other each have a leader; joined again, one stays and all hear one conflict', () =>
  whereCalm(async (watch) => {
    const room = await stage.room();
    const left = await Promise.all([room.page('left'), room.page('left')]);
    const right = await Promise.all([room.page('right'), room.page('right')]);
    const all = [...left, ...right];
    await agreement(all);
    await reachEachOther(all);
    await linkedToLeader(all, 'webrtc');

    await cut(left, right);
    await Promise.all([reachEachOther(left), reachEachOther(right)]);
    const calm = watch(all);
    const [ofLeft, ofRight] = await Promise.all([agreement(left), agreement(right)]);
    await calm.check(() => splitByLeader(left, ofLeft)[0].ask('publish', 'what the left did'));
    await calm.check(() => splitByLeader(right, ofRight)[0].ask('publish', 'what the right did'));

    await Promise.all(all.map((member) => member.ask('heal')));
    const winner = await agreement(all);
    await reachEachOther(all);
    const loser = winner.id === ofLeft.id ? ofRight : ofLeft;
    await calm.check(() => expect([ofLeft.id, ofRight.id]).toContain(winner.id));
    const sides = {
      winner: { id: winner.id, published: `what the ${winner.id === ofLeft.id ? 'left' : 'right'} did` },
      loser: { id: loser.id, term: loser.term, published: `what the ${loser.id === ofLeft.id ? 'left' : 'right'} did` },
    };
    for (const member of all) {
      const conflicts = await until(
        `${member.id} hears of the conflict`,
        async () => (await member.ask('seen')).filter(({ name }) => name === 'conflict'),
        ({ length }) => length > 0,
      );
      await calm.check(() => expect(conflicts[0]).toMatchObject(sides));
    }
    await agreement(all); // and nothing is told twice meanwhile
    const seen = await Promise.all(all.map((member) => member.ask('seen')));
    const counts = seen.map((events) => events.filter(({ name }) => name === 'conflict').length);
    await calm.check(() => expect(counts).toEqual([1, 1, 1, 1]));
  }));

test('A1: a member cut from everyone leads alone, and comes back without a reload', async () => {
  const room = await stage.room();
  const pages = await Promise.all(['left', 'right', 'left'].map((browser) => room.page(browser)));
  const first = await agreement(pages);
  await reachEachOther(pages);
  const [leader, others] = splitByLeader(pages, first);

  await cut([leader], others);
  const next = await agreement(others);
  expect(next.id).not.toBe(first.id);
  await agreement([leader]);

  await Promise.all(pages.map((member) => member.ask('heal')));
  await agreement(pages);
  await reachEachOther(pages);
});

/** Cuts every path between two groups, at both ends. The signaling server's views go on. */
async function cut(group: readonly Member[], others: readonly Member[]): Promise<void> {
  const ids = (members: readonly Member[]): string[] => members.map(({ id }) => id);
  await Promise.all([
    ...group.map((member) => member.ask('cut', ids(others))),
    ...others.map((member) => member.ask('cut', ids(group))),
  ]);
}
