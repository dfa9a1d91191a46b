import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, joinIn } from './stage/engine.ts';
import { agreement } from './stage/member.ts';
import { otherEngines } from './stage/other-engines.ts';
import { useSite } from './stage/use-site.ts';
import { expectOneAtATime, expectSoonAgain, leadersInTurn, worksUpTo } from './stage/works.ts';

for (const { name, command, open } of otherEngines) {
  describe.skipIf(!open)(`${name}${open ? '' : `, which is not here (${command})`}`, () => {
    const site = useSite();
    let engine: Engine;

    beforeAll(async () => {
      engine = await open!();
    });

    afterAll(() => engine.close());

    test(
      'L1, L2, F1: a hundred times a tab opens and the leader closes: never two at a time, and always one soon',
      { timeout: 600_000 },
      async () => {
        const where = { url: '', room: `hundred-${name}`, tabs: true, preferVisible: false };
        let leading = await joinIn(engine, site.url, where);
        const came = [leading.id];
        for (let cycle = 0; cycle < 100; cycle++) {
          const next = await joinIn(engine, site.url, where);
          const before = await agreement([leading, next]);
          expect(before.id).toBe(leading.id);
          await leading.page.close();
          leading = next;
          came.push(next.id);
        }
        const works = await worksUpTo(await agreement([leading]), async () => site.worksIn(where.room));
        expect(leadersInTurn(works)).toEqual(came);
        expectOneAtATime(works);
        expectSoonAgain(works);
      },
    );
  });
}
