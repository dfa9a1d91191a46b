/** How long a process runs in its turn, if this one is woken in time. */
const runMs = 5;
/** It pays for no more than that: where this one is held up, the other runs on, and would stand still for seconds. */
const longestRunMs = 2 * runMs;

/**
 * Gives a process so small a part of the time: it runs for a moment, stands still for that much longer, and so on, with all
 * its threads. Returns what lets it run as before. Nothing else slows down pages of every engine.
 */
export function slowed(pid: number, times: number): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const run = (): void => {
    const since = performance.now();
    process.kill(pid, 'SIGCONT');
    timer = setTimeout(() => {
      process.kill(pid, 'SIGSTOP');
      const ranMs = Math.min(performance.now() - since, longestRunMs);
      timer = setTimeout(run, ranMs * (times - 1));
    }, runMs);
  };
  const end = (): void => {
    clearTimeout(timer);
    process.off('exit', end);
    process.kill(pid, 'SIGCONT');
  };
  process.once('exit', end); // one that stands still would stay
  run();
  return end;
}
