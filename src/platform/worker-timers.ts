import type { Timers } from './platform.ts';

/** The timers of a worker, until `close`. May be late or never run: nobody relies on them alone. */
export interface WorkerTimers extends Timers {
  close(): void;
}

/** The part of the standard `Worker` that is used here. */
export type AlarmWorker = Pick<Worker, 'addEventListener' | 'postMessage' | 'terminate'>;

/** What the worker runs: `[id, delayMs]` sets an alarm, `[id]` takes it back; it answers `id`. */
const alarms = `const timers = new Map();
onmessage = ({ data: [id, delayMs] }) => {
  clearTimeout(timers.get(id));
  timers.delete(id);
  if (delayMs !== undefined) timers.set(id, setTimeout(() => { timers.delete(id); postMessage(id); }, delayMs));
};`;

/** From a Blob, as bundlers break workers inside of dependencies. Throws where the page may have none. */
export function newAlarmWorker(): AlarmWorker {
  const url = URL.createObjectURL(new Blob([alarms], { type: 'text/javascript' }));
  try {
    return new Worker(url);
  } finally {
    URL.revokeObjectURL(url); // what it stands for has been looked up
  }
}

/** One dedicated worker; where there can be none, its timers never run. */
export function workerTimers(newWorker: () => AlarmWorker): WorkerTimers {
  const waiting = new Map<number, () => void>();
  let last = 0;
  const worker = open();

  function open(): AlarmWorker | null {
    try {
      const opened = newWorker();
      opened.addEventListener('message', ({ data: id }: MessageEvent<number>) => {
        const run = waiting.get(id);
        waiting.delete(id);
        run?.();
      });
      // Refused after all: the page's own timers do.
      opened.addEventListener('error', (event) => event.preventDefault());
      return opened;
    } catch {
      return null;
    }
  }

  return {
    after(delayMs, run) {
      const id = ++last;
      waiting.set(id, run);
      worker?.postMessage([id, delayMs]);
      return () => {
        if (waiting.delete(id)) worker?.postMessage([id]);
      };
    },
    close() {
      waiting.clear();
      worker?.terminate();
    },
  };
}
