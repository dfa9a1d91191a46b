import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exitSignalsOf, type ExitSignal } from '../../src/platform/exit-signals.ts';
import { timers } from '../../src/platform/globals.ts';
import { pageLifecycle } from '../../src/platform/page-lifecycle.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { randomHost } from '../../src/platform/random-host.ts';
import { storedHost } from '../../src/platform/stored-host.ts';

const runtimes = ['browser', 'bun', 'default', 'node', 'workerd'] as const;

describe('every runtime', () => {
  it.each(runtimes)('%s has a platform of the same shape', async (name) => {
    const { platform } = (await import(`../../src/platform/${name}.ts`)) as { platform: Platform };
    expect(platform.name).toBe(name);
    const before = platform.clock.monotonicMs();
    expect(platform.clock.monotonicMs()).toBeGreaterThanOrEqual(before);
    expect(platform.clock.wallMs()).toBeGreaterThan(Date.UTC(2026));
    expect(platform.randomBytes(16)).toHaveLength(16);
    expect(platform.randomBytes(16)).not.toEqual(platform.randomBytes(16));
    expect(platform.host()).toBe(platform.host());
    expect(platform.host()).not.toBe('');
    expect(platform.lifecycle.visible()).toBe(true);
    platform.onExitSignal(() => Promise.resolve())();
    await new Promise<void>((resolve) => platform.timers.after(0, resolve));
  });

  it('deno goes by its own global', async () => {
    const signals = new EventEmitter();
    vi.stubGlobal('Deno', {
      pid: 1,
      hostname: () => 'machine',
      addSignalListener: (signal: string, run: () => void) => signals.on(signal, run),
      removeSignalListener: (signal: string, run: () => void) => signals.off(signal, run),
      kill: (_: number, signal: string) => signals.emit('raised', signal),
    });
    const { platform } = await import('../../src/platform/deno.ts');
    expect(platform.host()).toBe('machine');
    const raised = new Promise((resolve) => signals.once('raised', resolve));
    platform.onExitSignal(() => Promise.resolve());
    signals.emit('SIGTERM');
    expect(await raised).toBe('SIGTERM');
    vi.unstubAllGlobals();
  });

  it('deno that may not read the name of its machine stands for itself', async () => {
    const { platform } = await import('../../src/platform/deno.ts');
    vi.stubGlobal('Deno', {
      hostname: () => {
        throw new Error('needs --allow-sys');
      },
    });
    expect(platform.host()).toMatch(/^[\w-]{22}$/);
    expect(platform.host()).toBe(platform.host());
    vi.unstubAllGlobals();
  });

  it('node is picked here, with ws', async () => {
    const { platform } = await import('#platform');
    expect(platform.name).toBe('node');
    expect(platform.WebSocket?.name).toBe('WebSocket');
  });
});

describe('timers', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('do not fire at once where the delay is more than setTimeout takes', () => {
    let ran = 0;
    timers.after(2 ** 40, () => ran++);
    timers.after(-5, () => ran++);
    vi.advanceTimersByTime(1);
    expect(ran).toBe(1);
  });

  it('are taken back, twice as well', () => {
    const undo = timers.after(10, () => expect.fail());
    undo();
    undo();
    vi.advanceTimersByTime(20);
  });
});

describe('exit signals', () => {
  function source() {
    const signals = new EventEmitter();
    const raised: string[] = [];
    return {
      raised,
      signals,
      onExitSignal: exitSignalsOf({
        listen: (signal, run) => void signals.on(signal, run),
        unlisten: (signal, run) => void signals.off(signal, run),
        raise: (signal: ExitSignal) => {
          // As an operating system does: whoever listens is told, and if nobody does the process ends.
          if (!signals.emit(signal)) raised.push(signal);
        },
      }),
    };
  }

  it('are held back until the work is done, and raised again', async () => {
    const { raised, signals, onExitSignal } = source();
    let done = (): void => {};
    onExitSignal(() => new Promise((resolve) => (done = resolve)));
    signals.emit('SIGINT');
    signals.emit('SIGINT');
    await Promise.resolve();
    expect(raised).toEqual([]);
    done();
    await vi.waitUntil(() => raised.length > 0);
    expect(raised).toEqual(['SIGINT']);
    expect(signals.eventNames()).toEqual([]);
  });

  it('end the process when the last of several is done', async () => {
    const { raised, signals, onExitSignal } = source();
    let done = (): void => {};
    onExitSignal(() => Promise.resolve());
    onExitSignal(() => new Promise((resolve) => (done = resolve)));
    signals.emit('SIGTERM');
    await vi.waitUntil(() => signals.listenerCount('SIGTERM') === 1);
    expect(raised).toEqual([]);
    done();
    await vi.waitUntil(() => raised.length > 0);
    expect(raised).toEqual(['SIGTERM']);
  });

  it('are heeded no more once taken back, save one that is being held', async () => {
    const { raised, signals, onExitSignal } = source();
    onExitSignal(() => expect.fail())();
    expect(signals.eventNames()).toEqual([]);
    let done = (): void => {};
    const undo = onExitSignal(() => new Promise((resolve) => (done = resolve)));
    signals.emit('SIGINT');
    undo();
    expect(signals.listenerCount('SIGINT')).toBe(1);
    done();
    await vi.waitUntil(() => raised.length > 0);
  });
});

describe('the lifecycle of a page', () => {
  function page() {
    const document = { visibilityState: 'visible' };
    return { document, window: Object.assign(new EventTarget(), { document }) };
  }
  const transition = (type: 'pagehide' | 'pageshow', persisted: boolean) =>
    Object.assign(new Event(type), { persisted });

  it('tells of hiding, of pagehide, of coming back from the back/forward cache alone, of freezing, and of a network', () => {
    const { document, window } = page();
    const lifecycle = pageLifecycle(window);
    const seen: unknown[] = [];
    const undos = [
      lifecycle.onVisibility((visible) => seen.push(visible)),
      lifecycle.onHide((mayReturn) => seen.push(mayReturn ? 'hide to return' : 'hide')),
      lifecycle.onShow(() => seen.push('show')),
      lifecycle.onFreeze(() => seen.push('freeze')),
      lifecycle.onOnline(() => seen.push('online')),
    ];
    document.visibilityState = 'hidden';
    window.dispatchEvent(new Event('visibilitychange')); // it bubbles up from the document
    expect(lifecycle.visible()).toBe(false);
    for (const persisted of [false, true]) {
      window.dispatchEvent(transition('pagehide', persisted));
      window.dispatchEvent(transition('pageshow', persisted));
    }
    window.dispatchEvent(new Event('freeze'));
    window.dispatchEvent(new Event('offline'));
    window.dispatchEvent(new Event('online'));
    for (const undo of undos) undo();
    for (const type of ['pagehide', 'online']) window.dispatchEvent(new Event(type));
    expect(seen).toEqual([false, 'hide', 'hide to return', 'show', 'freeze', 'online']);
  });

  it('hears of freezing on the way down to the document: that event does not come up from there', () => {
    const { window } = page();
    const phases: unknown[] = [];
    window.addEventListener = (type, _run, options) => void phases.push(type, Object(options).capture);
    pageLifecycle(window).onFreeze(() => undefined);
    expect(phases).toEqual(['freeze', true]);
  });

  it('is that of a page always seen in a worker, which has no document', () => {
    expect(pageLifecycle(new EventTarget()).visible()).toBe(true);
  });
});

describe('the host of a page', () => {
  function storage(kept: Record<string, string>) {
    return () => ({
      getItem: (key: string) => kept[key] ?? null,
      setItem: (key: string, value: string) => void (kept[key] = value),
    });
  }

  it('is one for all pages of a browser profile', () => {
    const kept: Record<string, string> = {};
    const [first, second] = [storedHost(storage(kept), randomHost()), storedHost(storage(kept), randomHost())];
    expect(first()).toMatch(/^[\w-]{22}$/);
    expect(second()).toBe(first());
  });

  it('is one for pages that came at one moment and found none, from when each is asked again', () => {
    const kept: Record<string, string> = {};
    const early = { ...storage(kept)(), getItem: () => null };
    const pages = Array.from({ length: 2 }, () => {
      let reads = 0;
      return storedHost(() => (reads++ < 2 ? early : storage(kept)()), randomHost());
    });
    const [first, second] = pages.map((host) => host());
    expect(first).not.toBe(second);
    expect(pages.map((host) => host())).toEqual([second, second]);
  });

  it('stays what it was where what was kept is cleared', () => {
    const kept: Record<string, string> = {};
    const host = storedHost(storage(kept), randomHost());
    const before = host();
    delete kept['bellwether-host'];
    expect(host()).toBe(before);
    expect(kept['bellwether-host']).toBe(before);
  });

  it('is replaced where what is kept is no id', () => {
    const kept = { 'bellwether-host': '<script>' };
    const host = storedHost(storage(kept), randomHost());
    expect(host()).toMatch(/^[\w-]{22}$/);
    expect(kept['bellwether-host']).toBe(host());
  });

  it('is one per page where storage is refused', () => {
    const refused = () => {
      throw new DOMException('denied', 'SecurityError');
    };
    const [first, second] = [storedHost(refused, randomHost()), storedHost(refused, randomHost())];
    expect(first()).toBe(first());
    expect(second()).not.toBe(first());
  });
});
