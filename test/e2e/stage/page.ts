import type { BrowserContext, CDPSession, Page } from 'playwright';
import type { ParticipantOptions } from '../app/participant.ts';
import type { Member } from './member.ts';
import { until } from './member.ts';

/** A member in a tab of a real browser. */
export interface PageMember extends Member {
  readonly page: Page;
  /** Closes the tab as a person would: `pagehide` runs. */
  close(): Promise<void>;
  /** SIGKILL to the renderer, and to nothing else. Resolves with the time at which it was sent. For `killable` pages. */
  kill(): Promise<number>;
}

export interface PageOptions extends ParticipantOptions {
  /** Takes `RTCPeerConnection` away before anything runs. */
  readonly withoutWebRtc?: boolean;
  /** Finds out the process of its renderer before the cluster starts. Open such pages one after the other. */
  readonly killable?: boolean;
}

export async function openPage(
  context: BrowserContext,
  browserSession: CDPSession,
  site: string,
  { withoutWebRtc, killable, ...options }: PageOptions,
  complain: (what: string) => void,
): Promise<PageMember> {
  const page = await context.newPage();
  listen(page, complain);
  if (withoutWebRtc) {
    await page.addInitScript(() => {
      Reflect.deleteProperty(globalThis, 'RTCPeerConnection');
      Reflect.deleteProperty(globalThis, 'webkitRTCPeerConnection');
    });
  }
  await page.goto(site);
  await page.waitForFunction(() => typeof globalThis.start === 'function');
  const rendererPid = killable ? await findRenderer(page, browserSession) : null;
  const id = await page.evaluate((given) => globalThis.start(given), options);
  return {
    id,
    page,
    ask: ((name: string, ...args: unknown[]) =>
      page.evaluate(
        ([method, given]) =>
          (globalThis.participant as unknown as Record<string, (...all: unknown[]) => unknown>)[method]?.(...given),
        [name, args] as const,
      )) as Member['ask'],
    close: () => page.close(),
    kill: async () => {
      if (rendererPid === null) throw new Error('open this page with `killable`');
      const crashed = page.waitForEvent('crash');
      const at = performance.timeOrigin + performance.now();
      process.kill(rendererPid, 'SIGKILL');
      await crashed; // it was this page's renderer, and it is gone
      return at;
    },
  };
}

/** Tells of everything that a person would see in red in the console. */
export function listen(page: Page, complain: (what: string) => void): void {
  page.on('console', (message) => {
    if (message.type() === 'error') complain(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complain(`uncaught: ${error.stack ?? error.message}`));
}

/** The page works hard for a moment, and the renderer that did is its own: nothing else tells. */
async function findRenderer(page: Page, browserSession: CDPSession): Promise<number> {
  const before = await cpuTimes(browserSession);
  const { most } = await until(
    'one renderer stands out by its work',
    async () => {
      await page.evaluate(() => {
        const end = performance.now() + 60;
        while (performance.now() < end);
      });
      const after = await cpuTimes(browserSession);
      const spent = [...after].map(([pid, time]) => ({ pid, time: time - (before.get(pid) ?? 0) }));
      const [first, second] = spent.toSorted((a, b) => b.time - a.time);
      return { most: first?.pid, clear: first !== undefined && first.time > 0.05 + 2 * (second?.time ?? 0) };
    },
    ({ clear }) => clear,
  );
  return most as number;
}

async function cpuTimes(session: CDPSession): Promise<Map<number, number>> {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return new Map(processInfo.filter(({ type }) => type === 'renderer').map(({ id, cpuTime }) => [id, cpuTime]));
}
