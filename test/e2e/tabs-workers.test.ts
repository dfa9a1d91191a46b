import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumCommand } from '../browsers/chromium.js';
import type { WorkerReport } from './app/worker.ts';
import { type Engine, type EngineMember, type EnginePage, joinIn } from './stage/engine.ts';
import { openHideable } from './stage/hideable.ts';
import { agreement, until } from './stage/member.ts';
import { firefox, webkit } from './stage/other-engines.ts';
import { useSite } from './stage/use-site.ts';

const site = useSite();
const chromium = { name: 'Chromium', command: chromiumCommand, open: openHideable as () => Promise<Engine> };

/** Where a page keeps its worker, and how it asks it. */
const kinds = {
  Worker: { port: 'worker', end: 'worker.terminate()' },
  SharedWorker: { port: 'worker.port', end: null },
} as const;

async function startWorker(page: EnginePage, kind: keyof typeof kinds, room: string): Promise<void> {
  await page.evaluate(
    `void (globalThis.worker = new ${kind}('/worker.js', { type: 'module', name: ${JSON.stringify(room)} }))`,
  );
}

async function reportOf(page: EnginePage, kind: keyof typeof kinds): Promise<WorkerReport> {
  const { port } = kinds[kind];
  const answer = `${port}.onmessage = ({ data }) => answered(data); ${port}.postMessage(null);`;
  return (await page.evaluate(`new Promise((answered) => { ${answer} })`)) as WorkerReport;
}

/** Waits until all of these follow the worker. */
async function follow(all: readonly EngineMember[], worker: WorkerReport): Promise<void> {
  await until(
    'all follow the worker',
    () => Promise.all(all.map((member) => member.ask('report'))),
    (read) => read.every(({ leader, isLeader }) => leader?.id === worker.id && !isLeader),
  );
}

for (const { name, command, open } of [chromium, firefox, webkit]) {
  describe.skipIf(!open)(`${name}${open ? '' : `, which is not here (${command})`}`, () => {
    let engine: Engine;

    beforeAll(async () => {
      engine = await (open as () => Promise<Engine>)();
    });

    afterAll(() => engine.close());

    test.each(['Worker', 'SharedWorker'] as const)(
      'L1: a %s is a member beside its page: it leads where it came first, and a page when it is gone',
      async (kind) => {
        const room = `${kind}-${name}`;
        const home = await engine.open(site.url);
        await startWorker(home, kind, room);
        const worker = await until(
          'the worker leads',
          () => reportOf(home, kind),
          ({ isLeader }) => isLeader,
        );
        const tab = await joinIn(engine, site.url, { url: '', room, tabs: true });
        await follow([tab], worker);
        if (kinds[kind].end) await home.evaluate(kinds[kind].end);
        else await home.close();
        expect((await agreement([tab])).id).toBe(tab.id);
        await tab.page.close();
      },
    );
  });
}
