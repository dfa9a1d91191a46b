import { ClusterError } from '../protocol/errors.ts';
import type { Timers, Undo } from '../platform/platform.ts';
import type { Json } from '../protocol/json.ts';
import type { Lead } from './cluster.ts';
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
  readonly done: () => void;
  /** Of its last run. */
  stop: (reason: unknown) => void;
  failures: number;
  /** Set while a failed one waits; it runs again then, if this member still or again leads. */
  waiting: Undo | null;
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
  #over = false;

  constructor(options: LeaderWorkOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  /** Settles when `signal` aborts or all is over. */
  add(run: (lead: Lead) => unknown, signal: AbortSignal | undefined): Promise<void> {
    if (this.#over || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const undo = onAbort(signal, () => this.#remove(work, signal?.reason));
      const done = (): void => {
        undo();
        resolve();
      };
      const work: Work = { run, done, stop: () => {}, failures: 0, waiting: null };
      this.#works.add(work);
      this.#start(work);
    });
  }

  /** This member leads in that term. Saying it again changes nothing, until the work was stopped. */
  begin(term: number): void {
    if (this.#over || this.#term === term) return;
    this.#term = term;
    for (const work of this.#works) if (!work.waiting) this.#start(work);
  }

  /** This member leads no more, or is about to. */
  stop(reason: unknown): void {
    this.#term = null;
    for (const work of this.#works) work.stop(reason);
  }

  /** No work begins any more. */
  stopForGood(reason: unknown): void {
    this.#over = true;
    this.stop(reason);
  }

  /** Every promise that `add` returned settles. */
  end(reason: unknown): void {
    this.stopForGood(reason);
    for (const work of this.#works) this.#remove(work, reason);
  }

  /** Resolves when all work has settled, or after `withinMs`. */
  async settled(withinMs: number): Promise<void> {
    if (!this.isRunning || withinMs === 0) return;
    let undo: Undo = () => {};
    const late = new Promise<void>((resolve) => {
      undo = this.#options.timers.after(withinMs, resolve);
    });
    await Promise.race([Promise.all(this.#running), late]);
    undo();
  }

  #remove(work: Work, reason: unknown): void {
    this.#works.delete(work);
    work.waiting?.();
    work.stop(reason);
    work.done();
  }

  #start(work: Work): void {
    const term = this.#term;
    if (term === null) return;
    const abort = new AbortController();
    work.stop = (reason) => abort.abort(reason);
    const running = this.#run(work, term, abort.signal).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Never rejects. */
  async #run(work: Work, term: number, signal: AbortSignal): Promise<void> {
    const { leadsIn, published, onFailure } = this.#options;
    const lead: Lead = {
      term,
      signal,
      published: published(),
      check() {
        if (!leadsIn(term))
          throw new ClusterError('not-leader', `this member leads no more in term ${term}; stop the work`);
      },
    };
    // In a job of its own: whoever called `whileLeader` or made this member the leader goes first.
    await null;
    if (signal.aborted) return;
    try {
      await work.run(lead);
      work.failures = 0;
    } catch (error) {
      if (isStop(error, signal)) return;
      if (!signal.aborted) this.#backOff(work);
      onFailure(error);
    }
  }

  #backOff(work: Work): void {
    const delayMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** work.failures++);
    work.waiting = this.#options.timers.after(delayMs, () => {
      work.waiting = null;
      this.#start(work);
    });
  }
}

/** Work stops by its signal's reason, as `fetch` and the like do when aborted, or by what `check` threw. */
function isStop(error: unknown, signal: AbortSignal): boolean {
  if (error instanceof ClusterError && error.code === 'not-leader') return true;
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'));
}
