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
