import type { Timers, Undo } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { Json } from '../protocol/json.ts';
import type { Lead } from './cluster.ts';
import { notLeader } from './failures.ts';
import { onAbort } from './on-abort.ts';

export interface LeaderWorkOptions {
  readonly timers: Timers;
  /** Whether this member leads in that term at this very moment. */
  leadsIn(term: number): boolean;
  /** What the leader before published. */
  published(): Json | undefined;
  /** A piece of work failed: report it, and let someone else lead if there is anyone. */
  onFailure(error: unknown): void;
}

/** What one `whileLeader` call asked for. */
interface Work {
  readonly run: (lead: Lead) => unknown;
  /** Its last run. */
  abort: AbortController;
  failures: number;
  /** Set while one that is new or has failed waits; it runs then, if this member still or again leads. */
  waiting: Undo | null;
  /** Stops it, and settles what `add` returned. */
  end(reason: unknown): void;
}

const firstBackoffMs = 1_000;
const maxBackoffMs = 30_000;

/** Runs what `whileLeader` was given: each once a term, and again after a backoff where it failed. */
export class LeaderWork {
  readonly #options: LeaderWorkOptions;
  readonly #works = new Set<Work>();
  /** Runs that have not settled, aborted ones included. */
  readonly #running = new Set<Promise<void>>();
  /** The term in which work may run; `null` while this member does not lead, or is about to lead no more. */
  #term: number | null = null;

  constructor(options: LeaderWorkOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  /** Settles when `signal` aborts, or at the end. */
  add(run: (lead: Lead) => unknown, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = (reason: unknown): void => {
        this.#works.delete(work);
        work.waiting?.();
        work.abort.abort(reason);
        undo();
        resolve();
      };
      const undo = onAbort(signal, end);
      const work: Work = { run, end, abort: new AbortController(), failures: 0, waiting: null };
      this.#works.add(work);
      // In a job of its own: whoever called `whileLeader` goes on first.
      if (this.#term === null) return;
      work.waiting = () => {};
      queueMicrotask(() => {
        work.waiting = null;
        if (this.#works.has(work)) this.#start(work);
      });
    });
  }

  /** This member leads in that term. Saying it again changes nothing, until the work was stopped. */
  begin(term: number): void {
    if (this.#term === term) return;
    this.#term = term;
    for (const work of this.#works) if (!work.waiting) this.#start(work);
  }

  /** This member leads no more, or is about to. */
  stop(why: () => ClusterError): void {
    if (this.#term === null) return;
    this.#term = null;
    const reason = why();
    for (const work of this.#works) work.abort.abort(reason);
  }

  /** Every promise that `add` returned settles. */
  end(reason: ClusterError): void {
    this.#term = null;
    for (const work of this.#works) work.end(reason);
  }

  /** Resolves when all work has settled, or after `withinMs`. */
  async settled(withinMs: number): Promise<void> {
    if (!this.isRunning || withinMs === 0) return;
    await new Promise<void>((resolve) => {
      const undo = this.#options.timers.after(withinMs, resolve);
      void Promise.all(this.#running).then(undo).then(resolve);
    });
  }

  /** The work may end the leadership before this returns; it counts as running from the first. */
  #start(work: Work): void {
    if (this.#term === null) return;
    work.abort = new AbortController();
    let settle!: () => void;
    const running = new Promise<void>((resolve) => (settle = resolve)).finally(() => this.#running.delete(running));
    this.#running.add(running);
    void this.#run(work, this.#term, work.abort.signal).then(settle);
  }

  /** Never rejects. */
  async #run(work: Work, term: number, signal: AbortSignal): Promise<void> {
    const { timers, leadsIn, published, onFailure } = this.#options;
    try {
      await work.run({
        term,
        signal,
        published: published(),
        check() {
          if (!leadsIn(term)) throw notLeader(`the work of term ${term} must stop`);
        },
      });
      work.failures = 0;
    } catch (error) {
      if (isStop(error, signal)) return;
      if (!signal.aborted) {
        work.waiting = timers.after(Math.min(maxBackoffMs, firstBackoffMs * 2 ** work.failures++), () => {
          work.waiting = null;
          this.#start(work);
        });
      }
      onFailure(error);
    }
  }
}

/** Work stops by its signal's reason, as `fetch` and the like do when aborted, or by what `check` threw. */
function isStop(error: unknown, signal: AbortSignal): boolean {
  if (error instanceof ClusterError && error.code === 'not-leader') return true;
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'));
}
