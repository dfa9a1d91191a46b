import { type Browser, type BrowserContext, type CDPSession, chromium } from 'playwright';
import { chromiumArguments, chromiumCommand, findChromium } from '../../browsers/chromium.js';
import type { Work } from '../app/diary.ts';
import { type NodeMember, type NodeOptions, startNode } from './node.ts';
import { openPage, type PageMember, type PageOptions } from './page.ts';
import { type SignalingProcess, startSignaling } from './signaling.ts';
import { type AppSite, serveSite } from './site.ts';

/** One room of one scenario. */
export interface Room {
  readonly name: string;
  readonly signaling: SignalingProcess;
  /** A tab in the browser called `browser`: one process tree and one profile for each name. */
  page(browser: string, options?: Partial<PageOptions>): Promise<PageMember>;
  node(options?: Partial<NodeOptions>): Promise<NodeMember>;
  /** All that its pages, of any browser, have told so far of what they did as leaders, in the order of their terms. */
  works(): Promise<readonly Work[]>;
}

export interface Stage {
  /** A room of a name that no other has, on the signaling server that the rooms of this stage share. */
  room(options?: {
    /** A server that is this room's alone, to be killed. */
    readonly ownSignaling?: boolean;
  }): Promise<Room>;
  /** A fresh profile in the browser called `browser`, for pages other than those of these tests' own app. */
  context(browser: string): Promise<BrowserContext>;
  /** Complaints matching this are part of the scenario. */
  allow(complaint: RegExp): void;
  complain(what: string): void;
  /** Ends what the last scenario opened; returns what its pages complained of. Browsers stay for the next. */
  clear(): Promise<readonly string[]>;
  close(): Promise<void>;
}

interface OpenBrowser {
  readonly browser: Browser;
  readonly session: CDPSession;
}

let rooms = 0;

export function openStage(): Stage {
  const browsers = new Map<string, Promise<OpenBrowser>>();
  const contexts = new Map<string, Promise<BrowserContext>>();
  let site: Promise<AppSite> | null = null;
  let shared: Promise<SignalingProcess> | null = null;
  let ends: (() => Promise<unknown>)[] = [];
  let complaints: string[] = [];
  let allowed: RegExp[] = [];

  return { room, context, allow: (complaint) => void allowed.push(complaint), complain, clear, close };

  async function room({ ownSignaling = false } = {}): Promise<Room> {
    const name = `room-${process.pid}-${rooms++}`;
    const signaling = await (ownSignaling ? startOwnSignaling() : (shared ??= startSignaling()));
    const where = { url: signaling.url, room: name };
    return {
      name,
      signaling,
      page: async (browser, options = {}) => {
        const [opened, profile] = await Promise.all([openBrowser(browser), context(browser)]);
        const { url } = await (site ??= serveSite());
        return openPage(profile, opened.session, url, { ...where, ...options }, complain);
      },
      node: async (options = {}) => {
        const member = await startNode({ ...where, ...options });
        ends.push(() => member.process.end('SIGKILL'));
        return member;
      },
      works: async () => (await site)?.worksIn(name) ?? [],
    };
  }

  async function startOwnSignaling(): Promise<SignalingProcess> {
    const signaling = await startSignaling();
    ends.push(() => signaling.end());
    return signaling;
  }

  function context(browser: string): Promise<BrowserContext> {
    const known = contexts.get(browser);
    if (known) return known;
    const opened = openBrowser(browser).then((open) => open.browser.newContext());
    contexts.set(browser, opened);
    ends.push(async () => (await opened).close());
    return opened;
  }

  function openBrowser(name: string): Promise<OpenBrowser> {
    let opened = browsers.get(name);
    if (!opened) browsers.set(name, (opened = launch()));
    return opened;
  }

  function complain(what: string): void {
    complaints.push(what);
  }

  async function clear(): Promise<readonly string[]> {
    const heard = complaints.filter((complaint) => !allowed.some((pattern) => pattern.test(complaint)));
    await Promise.all(ends.map((end) => end()));
    contexts.clear();
    ends = [];
    complaints = [];
    allowed = [];
    return heard;
  }

  async function close(): Promise<void> {
    await clear();
    await Promise.all([...browsers.values()].map(async (opened) => (await opened).browser.close()));
    await Promise.all([site, shared].map(async (opened) => (opened ? endOf(await opened) : null)));
  }
}

function endOf(opened: AppSite | SignalingProcess): Promise<void> {
  return 'close' in opened ? opened.close() : opened.end();
}

/** What people's browsers have, and Playwright turns off: pages go into the back/forward cache. */
const ignoreDefaultArgs = ['--disable-back-forward-cache'];

async function launch(): Promise<OpenBrowser> {
  const executablePath = await findChromium();
  if (!executablePath) throw new Error(`no Chromium here: run \`${chromiumCommand}\``);
  const browser = await chromium.launch({ executablePath, args: chromiumArguments, ignoreDefaultArgs });
  return { browser, session: await browser.newBrowserCDPSession() };
}
