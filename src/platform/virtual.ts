import { pausable, type Pausable } from './pausable.ts';
import type { Clock, Lifecycle, Platform, Timers, Undo } from './platform.ts';
import { seeded } from './seeded.ts';

export interface VirtualClock {
  /** Milliseconds since this clock was made. */
  nowMs(): number;
  /** A runtime of its own on this clock. Their randomness differs, and is the same in every run. */
  platform(options?: VirtualPlatformOptions): VirtualPlatform;
  /** Lets time pass: runs the timers that come due in order, and what they set off, promises included. */
  advance(ms: number): Promise<void>;
  /** Lets time pass until the condition holds. Rejects when it does not within `withinMs` (default 60,000). */
  runUntil(condition: () => boolean, options?: { readonly withinMs?: number }): Promise<void>;
  /** Lets everything run that needs no time to pass. */
  settle(): Promise<void>;
}

export interface VirtualPlatformOptions {
  /** Default: a host of its own. */
  readonly host?: string;
}

/** A runtime that a test can put through what browsers put theirs through. */
export interface VirtualPlatform extends Platform, Omit<Pausable, 'platform'> {
  setVisible(visible: boolean): void;
  /** `pagehide`. With `mayReturn`, the back/forward cache is to keep the page; default false. */
  hide(options?: { readonly mayReturn?: boolean }): void;
  /** `pageshow` out of the back/forward cache. */
  show(): void;
  /** As a browser freezes a page: it is told, and then no timer runs until `resume()`. */
  freeze(): void;
  /** The network is back. */
  online(): void;
  /** Sets the wall clock, and it alone, forward or back. */
  jumpWall(byMs: number): void;
  /** Asks the process to end; settles when it has done what it held the signal back for. */
  exit(): Promise<void>;
}

interface VirtualTimer {
  readonly atMs: number;
  readonly run: () => void;
}

/** A clock that stands still until it is told to go on. The same seed gives the same randomness. */
export function virtualClock(options: { readonly seed?: number } = {}): VirtualClock {
  const seed = options.seed ?? 1;
  const timers = new Set<VirtualTimer>();
  let nowMs = 0;
  let platforms = 0;

  const next = (): VirtualTimer | undefined => {
    let first: VirtualTimer | undefined;
    // Timers of the same moment run in the order in which they were set, which is the order of the set.
    for (const timer of timers) if (!first || timer.atMs < first.atMs) first = timer;
    return first;
  };

  /** Runs the next timer if it is due by then. */
  const runNext = async (untilMs: number): Promise<boolean> => {
    await settle();
    const timer = next();
    if (!timer || timer.atMs > untilMs) return false;
    nowMs = Math.max(nowMs, timer.atMs);
    timers.delete(timer);
    timer.run();
    return true;
  };

  const virtualTimers: Timers = {
    after(delayMs, run) {
      const timer = { atMs: nowMs + Math.max(0, delayMs), run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };

  return {
    nowMs: () => nowMs,
    platform(platformOptions = {}) {
      const number = ++platforms;
      return virtualPlatform({
        nowMs: () => nowMs,
        timers: virtualTimers,
        host: platformOptions.host ?? `host-${number}`,
        random: seeded(seed * 1_000_003 + number),
      });
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      while (await runNext(untilMs));
      nowMs = untilMs;
    },
    async runUntil(condition, { withinMs = 60_000 } = {}) {
      const untilMs = nowMs + withinMs;
      await settle();
      while (!condition()) {
        if (!(await runNext(untilMs))) throw new Error(`it did not come about within ${withinMs} ms: ${condition}`);
        await settle();
      }
    },
    settle,
  };
}

/** Promise jobs are all done before a task begins, so one task is enough for any chain of them. */
function settle(): Promise<void> {
  return new Promise(nextTask);
}

/** Where there is `setImmediate`, it is many times faster than a message to oneself. */
const nextTask: (run: () => void) => void = 'setImmediate' in globalThis ? globalThis.setImmediate : byMessage;

function byMessage(run: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener('message', () => {
    port1.close();
    run();
  });
  port1.start();
  port2.postMessage(null);
}

interface VirtualParts {
  readonly nowMs: () => number;
  readonly timers: Timers;
  readonly host: string;
  readonly random: () => number;
}

function virtualPlatform(parts: VirtualParts): VirtualPlatform {
  let wallOffsetMs = Date.UTC(2026, 0, 1);
  let visible = true;
  const onVisibility = new Set<(visible: boolean) => void>();
  const onHide = new Set<(mayReturn: boolean) => void>();
  const onShow = new Set<() => void>();
  const onFreeze = new Set<() => void>();
  const onOnline = new Set<() => void>();
  const onExit = new Set<() => Promise<void>>();

  const clock: Clock = { monotonicMs: parts.nowMs, wallMs: () => parts.nowMs() + wallOffsetMs };
  const lifecycle: Lifecycle = {
    visible: () => visible,
    onVisibility: (run) => listen(onVisibility, run),
    onHide: (run) => listen(onHide, run),
    onShow: (run) => listen(onShow, run),
    onFreeze: (run) => listen(onFreeze, run),
    onOnline: (run) => listen(onOnline, run),
  };
  const pause = pausable({
    name: 'virtual',
    clock,
    timers: parts.timers,
    lifecycle,
    hasWebRtc: false,
    randomBytes: (length) => Uint8Array.from({ length }, () => parts.random() * 256),
    host: () => parts.host,
    onExitSignal: (run) => listen(onExit, run),
  });

  return {
    ...pause.platform,
    get paused() {
      return pause.paused;
    },
    pause: pause.pause,
    resume: pause.resume,
    setVisible(now) {
      if (now === visible) return;
      visible = now;
      onVisibility.forEach((run) => run(now));
    },
    hide: ({ mayReturn = false } = {}) => onHide.forEach((run) => run(mayReturn)),
    show: () => onShow.forEach((run) => run()),
    freeze: () => {
      onFreeze.forEach((run) => run());
      pause.pause();
    },
    online: () => onOnline.forEach((run) => run()),
    jumpWall: (byMs) => {
      wallOffsetMs += byMs;
    },
    exit: async () => {
      await Promise.all([...onExit].map((run) => run()));
    },
  };
}

function listen<Run>(listeners: Set<Run>, run: Run): Undo {
  listeners.add(run);
  return () => void listeners.delete(run);
}
