import type { Locks } from './locks.ts';

/**
 * The browser's own: Web Locks. A lock is asked for at once: it may not be wanted any more at the end of a job that takes long.
 * All else goes out then, as it wakes another process.
 */
export function webLocks(browserLocks: LockManager): Locks {
  return {
    request(name, { shared = false, steal = false }, events) {
      const withdrawal = new AbortController();
      let isOver = false;
      let release: (() => void) | undefined;
      const hold = (): Promise<void> | undefined => {
        if (isOver) return undefined;
        return new Promise((resolve) => {
          release = resolve;
          events.granted();
        });
      };
      const fail = (error: unknown): void => {
        if (isOver) return;
        isOver = true;
        // It may be stolen before the news of the grant is here.
        if (release || (error as Error).name === 'AbortError') events.lost?.();
        else events.refused?.(error);
      };
      // The two exclude each other: what is stolen is granted at once, and not waited for.
      const how = steal ? { steal } : { signal: withdrawal.signal };
      browserLocks.request(name, { mode: shared ? 'shared' : 'exclusive', ...how }, hold).catch(fail);
      return () => {
        if (isOver) return;
        isOver = true;
        queueMicrotask(() => (release ? release() : withdrawal.abort()));
      };
    },
    held(prefix, tell) {
      const answer = ({ held = [] }: LockManagerSnapshot): void =>
        tell(held.flatMap(({ name = '', mode }) => (mode === 'exclusive' && name.startsWith(prefix) ? [name] : [])));
      queueMicrotask(() => browserLocks.query().then(answer, () => {}));
    },
  };
}
