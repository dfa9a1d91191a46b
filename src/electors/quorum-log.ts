import type { RaftEffect, RaftEvent } from '../core/quorum/events.ts';
import { maxValueChars } from '../core/quorum/limits.ts';
import type { Undo } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { Json } from '../protocol/json.ts';
import { entryValue, publishedValue, Replica, type ReplicaSnapshot } from './replica.ts';
import { appendFailed, type LoggedItem, type ReplicatedLog } from './replicated-log.ts';

/** What the core tells of the log. */
export type LogEffect = Extract<
  RaftEffect,
  { readonly type: 'commit' | 'appended' | 'append-failed' | 'read' | 'snapshot-wanted' | 'snapshot-installed' }
>;

interface Waiting<Value> {
  resolve(value: Value): void;
  reject(error: ClusterError): void;
}

export interface QuorumLogOptions {
  /** To the core that the log was opened with last. */
  feed(event: RaftEvent): void;
  onPublished(value: Json): void;
}

/**
 * The core's log, as the application and the facade see it. One core after another may stand for it; while there is none,
 * what is asked of it waits.
 */
export class QuorumLog implements ReplicatedLog {
  readonly #options: QuorumLogOptions;
  readonly #replica = new Replica();
  readonly #listeners = new Set<() => void>();
  readonly #appends = new Map<number, Waiting<number | null>>();
  readonly #reads = new Map<number, Waiting<number>>();
  /** What is appended in the same turn goes to the core at once; and what no core was there for, when there is one. */
  #batch: string[] = [];
  #isOpen = false;
  #lastAppend = 0;
  #lastRead = 0;
  #publishing: { readonly value: Json } | null = null;
  #over: ClusterError | null = null;

  constructor(options: QuorumLogOptions) {
    this.#options = options;
  }

  /** As it was committed. */
  get published(): Json | undefined {
    return this.#replica.published;
  }

  /** Published here, and not yet known to be committed. */
  get publishing(): Json | undefined {
    return this.#publishing?.value;
  }

  /** Nothing that was appended here waits to be committed. */
  get isIdle(): boolean {
    return this.#appends.size === 0;
  }

  get over(): ClusterError | null {
    return this.#over;
  }

  /** From now on there is a core. */
  open(): void {
    if (this.#over) return;
    this.#isOpen = true;
    this.#replica.forgetWanted();
    for (const ticket of this.#reads.keys()) this.#options.feed({ type: 'read', ticket });
    this.#flush();
  }

  /** There is none any more: of what it was given, it has told what it knows. */
  shut(): void {
    this.#isOpen = false;
  }

  append(value: Json): Promise<number | null> {
    const written = entryValue(value);
    return written.length > maxValueChars ? Promise.reject(tooLarge(written)) : this.#append(written);
  }

  /** Failing is no error: another leader has taken over, and publishes by itself. */
  publish(value: Json): void {
    const publishing = { value };
    const forget = (): void => {
      if (this.#publishing === publishing) this.#publishing = null;
    };
    this.#publishing = publishing;
    this.#append(publishedValue(value)).then(forget, forget);
  }

  read(): Promise<number> {
    if (this.#over) return Promise.reject(this.#over);
    const ticket = ++this.#lastRead;
    const answer = new Promise<number>((resolve, reject) => this.#reads.set(ticket, { resolve, reject }));
    if (this.#isOpen) this.#options.feed({ type: 'read', ticket });
    return answer;
  }

  after(index: number): LoggedItem | undefined {
    return this.#replica.after(index);
  }

  onMore(run: () => void): Undo {
    this.#listeners.add(run);
    return () => void this.#listeners.delete(run);
  }

  compact(index: number, state: Json): void {
    this.#give(this.#replica.compact(index, state));
  }

  /** No more will be heard from the core. What it was given may come to pass all the same, and nothing else will. */
  close(reason: ClusterError): void {
    if (this.#over) return;
    this.#over = reason;
    const given = this.#lastAppend - this.#batch.length;
    for (const [ticket, { reject }] of this.#appends) {
      reject(appendFailed(ticket > given ? 'not-committed' : 'unknown', reason));
    }
    for (const read of this.#reads.values()) read.reject(reason);
    this.#appends.clear();
    this.#reads.clear();
    this.#tell();
  }

  /** Throws `protocol` for a snapshot that makes no sense. */
  apply(effect: LogEffect): void {
    switch (effect.type) {
      case 'commit':
        if (this.#replica.apply(effect.entries, effect.upTo)) this.#tellPublished();
        return this.#tell();
      case 'appended':
        return this.#answer(this.#appends, effect.ticket)?.resolve(effect.index);
      case 'append-failed':
        return this.#answer(this.#appends, effect.ticket)?.reject(appendFailed(effect.reason));
      case 'read':
        return this.#answer(this.#reads, effect.ticket)?.resolve(this.#replica.lastIndex);
      case 'snapshot-wanted':
        return this.#give(this.#replica.want(effect.index, effect.chars));
      case 'snapshot-installed':
        this.#replica.install(effect);
        this.#tellPublished();
        return this.#tell();
    }
  }

  #append(value: string): Promise<number | null> {
    if (this.#over) return Promise.reject(appendFailed('not-committed', this.#over));
    const ticket = ++this.#lastAppend;
    const answer = new Promise<number | null>((resolve, reject) => this.#appends.set(ticket, { resolve, reject }));
    if (this.#batch.length === 0) queueMicrotask(() => this.#flush());
    this.#batch.push(value);
    return answer;
  }

  #flush(): void {
    if (!this.#isOpen || this.#batch.length === 0) return;
    const values = this.#batch;
    this.#batch = [];
    this.#options.feed({ type: 'append', first: this.#lastAppend - values.length + 1, values });
  }

  #answer<Value>(waiting: Map<number, Waiting<Value>>, ticket: number): Waiting<Value> | undefined {
    const answer = waiting.get(ticket);
    waiting.delete(ticket);
    return answer;
  }

  #give(snapshot: ReplicaSnapshot | null): void {
    if (snapshot) this.#options.feed({ type: 'snapshot', ...snapshot });
  }

  #tellPublished(): void {
    const { published } = this.#replica;
    if (published !== undefined) this.#options.onPublished(published);
  }

  #tell(): void {
    for (const run of this.#listeners) run();
  }
}

function tooLarge({ length }: string): ClusterError {
  const message = `the entry takes ${length - 1} characters of JSON, and at most ${maxValueChars - 1} are allowed: append where it is to be found`;
  return new ClusterError('too-large', message);
}
