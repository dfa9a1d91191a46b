import { describe, expect, it } from 'vitest';
import type { AlarmWorker } from '../../src/platform/alarm-worker.ts';
import { pageLifecycle } from '../../src/platform/page-lifecycle.ts';
import { pageTimers } from '../../src/platform/page-timers.ts';
import type { Timers } from '../../src/platform/platform.ts';

/** A page whose own timers run when the test says so, beside a worker that does. */
function page(options: { readonly worker?: 'works' | 'throws' | 'silent' } = {}) {
  const { worker: kind = 'works' } = options;
  const target = Object.assign(new EventTarget(), { document: { visibilityState: 'visible' } });
  const own = new Set<{ readonly atMs: number; readonly run: () => void }>();
  const alarms = new Map<number, number>();
  const workers: { ended: boolean; worker: EventTarget }[] = [];
  let nowMs = 0;
  const ownTimers: Timers = {
    after: (delayMs, run) => {
      const timer = { atMs: nowMs + delayMs, run };
      own.add(timer);
      return () => own.delete(timer);
    },
  };
  let asked = 0;
  const newWorker = (): AlarmWorker => {
    asked++;
    if (kind === 'throws') throw new Error('refused by the content security policy');
    const worker = Object.assign(new EventTarget(), {
      postMessage: (message: unknown) => {
        const [id, delayMs] = message as [number, number?];
        alarms.delete(id);
        if (delayMs !== undefined && kind === 'works') alarms.set(id, nowMs + delayMs);
      },
      terminate: () => {
        opened.ended = true;
        alarms.clear();
      },
    });
    const opened = { ended: false, worker };
    workers.push(opened);
    return worker;
  };
  const { after } = pageTimers({
    own: ownTimers,
    lifecycle: pageLifecycle(target),
    nowMs: () => nowMs,
    newWorker,
  });
  const show = (state: 'visible' | 'hidden'): void => {
    target.document.visibilityState = state;
    target.dispatchEvent(new Event('visibilitychange'));
  };
  return {
    after,
    workers,
    show,
    go: (type: 'pagehide' | 'pageshow') => target.dispatchEvent(Object.assign(new Event(type), { persisted: true })),
    /** How often a worker was asked for. */
    get asked() {
      return asked;
    },
    get alarms() {
      return alarms.size;
    },
    get own() {
      return own.size;
    },
    pass: (ms: number, { clamped = false } = {}) => {
      nowMs += ms;
      for (const timer of clamped ? [] : own) if (timer.atMs <= nowMs && own.delete(timer)) timer.run();
      for (const [id, atMs] of alarms) {
        if (atMs > nowMs || !alarms.delete(id)) continue;
        for (const { worker, ended } of workers)
          if (!ended) worker.dispatchEvent(new MessageEvent('message', { data: id }));
      }
    },
  };
}

describe('timers of a page', () => {
  it('are its own while it is seen: no worker is opened', () => {
    const { after, pass, workers, ...rest } = page();
    const ran: number[] = [];
    after(10, () => ran.push(10));
    after(20, () => ran.push(20))();
    pass(30);
    expect(ran).toEqual([10]);
    expect(workers).toHaveLength(0);
    expect(rest.own).toBe(0);
  });

  it('keep their time while it is hidden and its own are held back: those set before as well', () => {
    const { after, show, pass, workers } = page();
    const ran: string[] = [];
    after(10, () => ran.push('before'));
    pass(5);
    show('hidden');
    after(20, () => ran.push('after'));
    after(3, () => ran.push('taken back'))();
    pass(4, { clamped: true });
    expect(ran).toEqual([]);
    pass(1, { clamped: true });
    expect(ran).toEqual(['before']);
    pass(15, { clamped: true });
    expect(ran).toEqual(['before', 'after']);
    expect(workers).toHaveLength(1);
  });

  it('fire once, whichever of the two comes first', () => {
    const here = page();
    let ran = 0;
    here.after(10, () => ran++);
    here.show('hidden');
    here.after(5, () => ran++)(); // taken back: nothing wakes the page for it
    expect([here.own, here.alarms]).toEqual([1, 1]);
    here.pass(10);
    here.pass(10);
    expect(ran).toBe(1);
    expect([here.own, here.alarms]).toEqual([0, 0]);
  });

  it('end their worker when the page is seen again, and go on', () => {
    const { after, show, pass, workers } = page();
    let ran = 0;
    after(10, () => ran++);
    show('hidden');
    show('visible');
    expect(workers.map(({ ended }) => ended)).toEqual([true]);
    pass(10);
    expect(ran).toBe(1);
    show('hidden');
    after(10, () => ran++);
    pass(10, { clamped: true });
    expect(ran).toBe(2);
    expect(workers).toHaveLength(2);
  });

  it('open no worker in a page that goes, nor in one that the back/forward cache keeps', () => {
    const { after, show, go, pass, workers } = page();
    let ran = 0;
    after(10, () => ran++);
    go('pagehide');
    show('hidden');
    expect(workers).toHaveLength(0);
    go('pageshow');
    show('visible');
    pass(10);
    show('hidden');
    after(10, () => ran++);
    pass(10, { clamped: true });
    expect(ran).toBe(2);
  });

  it('say nothing of their own of a worker that the content security policy forbids', () => {
    const { after, show, workers } = page({ worker: 'silent' });
    after(10, () => undefined);
    show('hidden');
    const refused = new Event('error', { cancelable: true });
    workers[0]!.worker.dispatchEvent(refused);
    expect(refused.defaultPrevented).toBe(true);
  });

  it.each(['throws', 'silent'] as const)(
    'ask once for a worker that is refused: each asking is a report to the site',
    (worker) => {
      const here = page({ worker });
      here.after(10, () => undefined);
      for (let count = 0; count < 3; count++) {
        here.show('hidden');
        here.workers.at(-1)?.worker.dispatchEvent(new Event('error', { cancelable: true }));
        here.show('visible');
      }
      expect(here.asked).toBe(1);
    },
  );

  it.each(['throws', 'silent'] as const)('are late, and not lost, where the worker %s', (worker) => {
    const { after, show, pass } = page({ worker });
    let ran = 0;
    after(10, () => ran++);
    show('hidden');
    after(10, () => ran++);
    pass(10, { clamped: true });
    expect(ran).toBe(0);
    pass(990);
    expect(ran).toBe(2);
  });
});
