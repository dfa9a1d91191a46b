import type { Cluster } from '../../../src/cluster/cluster.ts';
import { openLog } from '../../../src/log.ts';
import type { Log } from '../../../src/log.ts';
import { ClusterError } from '../../../src/protocol/errors.ts';
import { hashText, mix } from '../random.ts';

/** What an application wrote down of its log: how many values it was, and a hash of all of them. */
export interface State {
  readonly count: number;
  readonly hash: number;
}

/** What an application asks of its log, and is told. */
export type JournalEffect =
  /** It reads the log from the beginning, under that id. */
  | { readonly type: 'reads log'; readonly by: string }
  | { readonly type: 'entry'; readonly index: number; readonly term: number; readonly value: string }
  | { readonly type: 'state'; readonly index: number; readonly state: State }
  | { readonly type: 'asks'; readonly ticket: number; readonly value: string | null }
  /** `outcome`: the index, or why there is none. */
  | {
      readonly type: 'told';
      readonly ticket: number;
      readonly value: string | null;
      readonly outcome: number | null | 'not-committed' | 'unknown' | 'superseded' | 'left';
    };

export interface JournalOptions {
  readonly cluster: Cluster;
  readonly label: string;
  readonly compactEvery: number;
  /** Under which it is a member now. */
  id(): string;
  note(effect: JournalEffect): void;
  /** Something was heard that nobody promised. */
  astray(error: unknown): void;
}

const nothing: State = { count: 0, hash: 0 };

/** The state after one more value. */
export function stateAfter({ count, hash }: State, value: string): State {
  return { count: count + 1, hash: mix(hash, hashText(value)) };
}

/** An application that lives by its log: it reads everything, appends, and writes down its state now and then. */
export class Journal {
  readonly #options: JournalOptions;
  readonly #log: Log<string, State>;
  #state: State = nothing;
  #compacted = 0;
  #tickets = 0;
  #reading: object = {};

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#log = openLog<string, State>(options.cluster);
  }

  /** From the beginning: the log that was read before is over. */
  begin(): void {
    const reading = (this.#reading = {});
    this.#state = nothing;
    this.#compacted = 0;
    this.#options.note({ type: 'reads log', by: this.#options.id() });
    this.#read(reading).catch((error: unknown) => {
      if (!(error instanceof ClusterError)) this.#options.astray(error);
    });
  }

  append(count: number): void {
    for (let made = 0; made < count; made++) {
      const ticket = ++this.#tickets;
      const value = `${this.#options.label}/${ticket}`;
      this.#ask(ticket, value, this.#log.append(value));
    }
  }

  read(): void {
    this.#ask(++this.#tickets, null, this.#log.read());
  }

  #ask(ticket: number, value: string | null, answer: Promise<number | null>): void {
    const { note, astray } = this.#options;
    note({ type: 'asks', ticket, value });
    answer.then(
      (index) => note({ type: 'told', ticket, value, outcome: index }),
      (error: unknown) => {
        const code = error instanceof ClusterError ? error.code : null;
        if (code !== 'not-committed' && code !== 'unknown' && code !== 'superseded' && code !== 'left') astray(error);
        else note({ type: 'told', ticket, value, outcome: code });
      },
    );
  }

  async #read(reading: object): Promise<void> {
    const { note, compactEvery } = this.#options;
    for await (const item of this.#log.entries()) {
      if (reading !== this.#reading) return;
      if (item.type === 'snapshot') {
        this.#state = item.state;
        this.#compacted = item.state.count;
        note({ type: 'state', index: item.index, state: item.state });
        continue;
      }
      this.#state = stateAfter(this.#state, item.value);
      note({ type: 'entry', index: item.index, term: item.term, value: item.value });
      if (this.#state.count - this.#compacted < compactEvery) continue;
      this.#compacted = this.#state.count;
      void this.#log.compact(item.index, this.#state);
    }
  }
}
