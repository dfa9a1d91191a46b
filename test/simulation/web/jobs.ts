/**
 * The stack under test makes promises and microtasks. They are run to their end within the event that set them off: so
 * what a member does belongs to an event, and the order of things to the seed alone.
 */

/**
 * Node's own way from one task to the next: all jobs, and whatever they queue. Does nothing within a job. Nothing that Node
 * documents does this within a task: `setImmediate` and the like come after it, when the event is long over, and
 * `microtaskMode` of `node:vm` has a queue of its own, for code that was loaded in a context of its own.
 */
const runQueued = Reflect.get(process, '_tickCallback') as (() => void) | undefined;

/** What a job threw. */
let thrown: unknown[] = [];

/** Runs all jobs that are queued. Throws what the first of those threw that did. */
export function runJobs(): void {
  runQueued?.();
  if (thrown.length === 0) return;
  const [first] = thrown;
  thrown = [];
  throw first;
}

/** Within it, `runJobs` works. Call it in a task of its own (`setImmediate`), not from within a job. */
export function withJobs<T>(run: () => T): T {
  if (runQueued === undefined) throw new Error(`Node ${process.version} has no process._tickCallback any more`);
  let ran = false;
  queueMicrotask(() => {
    ran = true;
  });
  runQueued();
  if (!ran)
    throw new Error('a simulation that runs jobs must be begun in a task of its own: see test/simulation/web/jobs.ts');
  process.setUncaughtExceptionCaptureCallback((error) => void thrown.push(error));
  try {
    return run();
  } finally {
    process.setUncaughtExceptionCaptureCallback(null);
    thrown = [];
  }
}

/** Runs it in a task of its own. */
export function inTask<T>(run: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(run());
      } catch (error) {
        reject(error as Error);
      }
    });
  });
}
