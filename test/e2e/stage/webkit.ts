import { freePorts } from '../../peering/ports.ts';
import type { WebKit } from '../../browsers/webkit.js';
import type { TabEngine, TabPage } from './engine.ts';
import { type Process, startProcess } from './process.ts';

/** Scripts open windows without a click. */
const args = ['--automation', '--javascript-can-open-windows-automatically=true'];

/**
 * The driver answers nothing while a page loads, and does not always hear that one out of the back/forward cache is there:
 * then it is asked again, instead of after its five minutes. What a page does at a twentieth of its speed takes longer than
 * the half a minute that scripts have otherwise.
 */
const timeouts = { pageLoad: 15_000, script: 120_000 };

/** As WebDriver says it. */
export interface Proxy {
  readonly proxyType: 'manual';
  /** Host and port. */
  readonly httpProxy: string;
}

/** WebKitGTK on a screen of its own, driven over WebDriver (W3C): one command after the other, in one window at a time. */
export async function openWebKit({ driver, browser, screen }: WebKit, proxy?: Proxy): Promise<TabEngine> {
  const display = startProcess(screen, ['-displayfd', '1', '-nolisten', 'tcp']);
  // Beside the number it tells of screens that are taken: somebody else's, or of a run that was killed.
  const [, number] = await display.prints(/^(\d+)\n/m);
  const [port] = await freePorts(1);
  const driving = startProcess('env', [`DISPLAY=:${number}`, driver, `--port=${port}`], { group: true });
  const session = await startSession(`http://127.0.0.1:${port}`, driving, {
    timeouts,
    'webkitgtk:browserOptions': { binary: browser, args },
    ...(proxy && { proxy }),
  });

  const home = await session<string>('GET', 'window');

  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Answer>(run: () => Promise<Answer>): Promise<Answer> => {
    const mine = last.then(run);
    last = mine.catch(() => undefined);
    return mine;
  };
  const inWindow = <Answer>(handle: string, run: () => Promise<Answer>): Promise<Answer> =>
    inTurn(async () => {
      await session('POST', 'window', { handle });
      return run();
    });

  const pageIn = (handle: string): TabPage => ({
    goto: (next) => inWindow(handle, () => session('POST', 'url', { url: next })),
    address: () => inWindow(handle, () => session<string>('GET', 'url')),
    reload: () => inWindow(handle, () => session('POST', 'refresh')),
    evaluate: (expression) =>
      inWindow(handle, async () => {
        const { value, error } = await session<Outcome>('POST', 'execute/async', {
          script: asking(expression),
          args: [],
        });
        if (error !== undefined) throw new Error(error);
        return value;
      }),
    close: () => inWindow(handle, () => session('DELETE', 'window')),
    show: () => inWindow(handle, () => session('POST', 'window/maximize')),
    hide: () => inWindow(handle, () => session('POST', 'window/minimize')),
    duplicate: () =>
      inWindow(handle, async () => {
        const before = await session<string[]>('GET', 'window/handles');
        await session('POST', 'execute/sync', { script: 'window.open(location.href)', args: [] });
        const after = await session<string[]>('GET', 'window/handles');
        return pageIn(after.find((each) => !before.includes(each)) as string);
      }),
  });

  /** Tabs are opened quickly, and never in sight. */
  const open = async (url: string, type: 'tab' | 'window'): Promise<TabPage> => {
    // Out of a window that is open: the last one that was spoken to may be closed.
    const opened = await inWindow(home, () => session<{ handle: string }>('POST', 'window/new', { type }));
    const page = pageIn(opened.handle);
    await page.goto(url);
    return page;
  };
  const kill = async (): Promise<void> => {
    await Promise.all([driving.end('SIGKILL'), display.end('SIGKILL')]);
  };
  return {
    pid: driving.pid,
    open: (url) => open(url, 'tab'),
    openInSight: (url) => open(url, 'window'),
    kill,
    close: kill,
  };
}

interface Outcome {
  readonly value?: unknown;
  readonly error?: string;
}

/** The last argument of an asynchronous script is called with its outcome. */
function asking(expression: string): string {
  return `
    const [done] = arguments;
    Promise.resolve().then(() => (${expression})).then(
      (value) => done({ value }),
      (error) => done({ error: [error, error.stack].join('\\n') }), // its stack does not say what it was
    );`;
}

type Session = <Answer = void>(method: 'GET' | 'POST' | 'DELETE', command: string, body?: object) => Promise<Answer>;

async function startSession(url: string, { exited, output }: Process, wanted: object): Promise<Session> {
  const command = async (method: string, path: string, body?: object): Promise<never> => {
    const response = await fetch(`${url}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const { value } = (await response.json()) as { value: { message?: string } };
    if (!response.ok) throw new Error(`WebKitWebDriver: ${method} ${path}: ${value.message}`);
    return value as never;
  };
  let ended = false;
  void exited.then(() => (ended = true));
  for (;;) {
    try {
      const { sessionId } = await command('POST', '/session', {
        capabilities: { alwaysMatch: wanted },
      });
      return (method, path, body) =>
        command(method, `/session/${sessionId}/${path}`, body ?? (method === 'POST' ? {} : undefined));
    } catch (error) {
      // Nobody listens there yet, and nothing tells when somebody does.
      if (ended || !(error instanceof TypeError)) throw new Error(`no session:\n${output()}`, { cause: error });
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
