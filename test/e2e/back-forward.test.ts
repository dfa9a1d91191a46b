import { expect, test } from 'vitest';
import { agreement, reports, until } from './stage/member.ts';
import type { PageMember } from './stage/page.ts';
import { awayAndBack, whereKept } from './stage/kept.ts';
import { useStage } from './stage/use-stage.ts';

const stage = useStage();

/** Chromium keeps no page with a data channel, which takes a moment to close: such pages are loaded anew. */
const relayed = { withoutWebRtc: true };

test('A1: a leader that goes into the back/forward cache is replaced, and comes back as a new member', () =>
  whereKept(async () => {
    const room = await stage.room();
    const pages = [await room.page('left', relayed), await room.page('right', relayed)];
    const before = await agreement(pages);
    const [gone, stays] = (pages[0]?.id === before.id ? pages : pages.toReversed()) as [PageMember, PageMember];

    const { meanwhile, reason, back } = await awayAndBack(gone, stays);
    expect(meanwhile.term).toBeGreaterThan(before.term);
    if (reason !== null) return reason;
    expect(back).toMatchObject({ state: 'online', isLeader: false });
    expect(back?.id).not.toBe(gone.id);
    const [there] = await until(
      'the other one sees it, and not its former self',
      () => reports([stays]),
      ([report]) => report?.members.length === 2 && report.members.every(({ reachable }) => reachable),
    );
    expect(there?.members.map(({ id }) => id)).toContain(back?.id);
    expect(there?.leader?.id).toBe(stays.id);

    // Where it or the leader was held up, it may have suspected that one, and then not any more.
    const states = (await gone.ask('seen')).flatMap((event) => (event.name === 'state' ? [event.state] : []));
    const settled = states.filter((state) => state !== 'suspect').filter((state, at, all) => state !== all[at - 1]);
    expect(settled).toEqual(['online', 'joining', 'online']);
    return null;
  }));
