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
  /** SIGSTOP to the renderer, or SIGCONT: nothing runs in it, while its browser keeps its sockets. For `killable` pages. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
}

export interface PageOptions extends ParticipantOptions {
  /** Takes `RTCPeerConnection` away before anything runs. */
  readonly withoutWebRtc?: boolean;
  /** Its `RTCPeerConnection`s never find a way to anybody. */
  readonly withoutIce?: boolean;
  /** Keeps count of the `RTCPeerConnection`s: see `openConnections`. */
  readonly countsConnections?: boolean;
  /** Finds out the process of its renderer before the cluster starts. Open such pages one after the other. */
  readonly killable?: boolean;
}

export async function openPage(
  context: BrowserContext,
  browserSession: CDPSession,
  site: string,
  { withoutWebRtc, withoutIce, countsConnections, killable, ...options }: PageOptions,
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
  if (withoutIce) {
    await page.addInitScript(() => {
      globalThis.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(configuration?: RTCConfiguration) {
          super({ ...configuration, iceServers: [], iceTransportPolicy: 'relay' });
        }
      };
    });
  }
  if (countsConnections) await page.addInitScript(countConnections);
  await page.goto(site);
  await page.waitForFunction(() => typeof globalThis.start === 'function');
  const rendererPid = killable ? await findRenderer(page, browserSession) : null;
  const id = await page.evaluate((given) => globalThis.start(JSON.parse(given)), JSON.stringify(options));
  return {
    id,
    page,
    ask: ((name: string, ...args: unknown[]) => page.evaluate(callParticipant, { name, args })) as Member['ask'],
    close: () => page.close(),
    signal: (name) => {
      if (rendererPid === null) throw new Error('open this page with `killable`');
      process.kill(rendererPid, name);
    },
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

declare global {
  var openConnections: () => number;
}

/** How many connections a page has that are open, or about to be. For pages that count them. */
export function openConnections({ page }: PageMember): Promise<number> {
  return page.evaluate(() => globalThis.openConnections());
}

/** Runs in the page. */
function countConnections(): void {
  const made: RTCPeerConnection[] = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      made.push(this);
    }
  };
  globalThis.openConnections = () => made.filter(({ connectionState }) => connectionState !== 'closed').length;
}

/** Runs in the page. */
function callParticipant({ name, args }: { name: string; args: unknown[] }): unknown {
  return (globalThis.participant as unknown as Record<string, (...all: unknown[]) => unknown>)[name]?.(...args);
}

/** Tells of everything that a person would see in red in the console. */
export function listen(page: Page, complain: (what: string) => void): void {
  page.on('console', (message) => {
    if (message.type() === 'error') complain(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complain(`uncaught: ${error.stack ?? error.message}`));
}

/**
 * Nothing tells which process renders a page; but the page knows how much CPU time its process has used, and the browser
 * knows that of each process. After a few rounds of work, only one of them fits all that was read.
 */
async function findRenderer(page: Page, browserSession: CDPSession): Promise<number> {
  const pageSession = await page.context().newCDPSession(page);
  await pageSession.send('Performance.enable');
  let fitting: ReadonlySet<number> | null = null;
  const [pid] = await until(
    'one renderer fits the CPU time of the page',
    async () => {
      await page.evaluate(() => {
        const end = performance.now() + 30;
        while (performance.now() < end);
      });
      const atLeast = await processTime(pageSession);
      const renderers = await cpuTimes(browserSession);
      const atMost = await processTime(pageSession);
      const fit = renderers.filter(({ cpuTime }) => cpuTime >= atLeast && cpuTime <= atMost).map(({ id }) => id);
      fitting = new Set(fit.filter((id) => fitting?.has(id) ?? true));
      return [...fitting];
    },
    ({ length }) => length <= 1,
  );
  await pageSession.detach();
  if (pid === undefined) throw new Error('no renderer fits the CPU time of the page');
  return pid;
}

/** In seconds. */
async function processTime(pageSession: CDPSession): Promise<number> {
  const { metrics } = await pageSession.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'ProcessTime')?.value ?? Number.NaN;
}

async function cpuTimes(browserSession: CDPSession): Promise<{ id: number; cpuTime: number }[]> {
  const { processInfo } = await browserSession.send('SystemInfo.getProcessInfo');
  return processInfo.filter(({ type }) => type === 'renderer');
}
