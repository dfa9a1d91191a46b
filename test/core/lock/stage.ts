import { startElection } from '../../simulation/start-election.ts';
import { Clocks } from '../../../src/driver/clocks.ts';
import { lock } from '../../../src/electors/lock.ts';
import type { Election, ElectionEffect } from '../../../src/electors/elector.ts';
import { noExitSignals, noPages } from '../../../src/platform/globals.ts';
import { LockKeeper, type MemoryLocks } from '../../../src/platform/memory-locks.ts';
import { MemoryCounters } from '../../../src/platform/memory-counters.ts';
import type { Locks } from '../../../src/platform/locks.ts';
import type { Platform, Undo } from '../../../src/platform/platform.ts';
import type { Json } from '../../../src/protocol/json.ts';
import { Mail } from '../mail.ts';
import type { Letter } from '../mail.ts';

/** What a page is seen to do. */
export type Deed = ElectionEffect | { readonly type: 'lock'; readonly what: string };

export interface Page {
  readonly id: string;
  readonly election: Election;
  readonly locks: MemoryLocks;
  /** Frozen: runs nothing, and what happens to it waits. Gone: crashed or left, for ever. */
  state: 'up' | 'frozen' | 'gone';
  readonly waiting: (() => void)[];
}

export interface PageOptions {
  readonly priority?: number;
  readonly minMembers?: number;
  readonly preferVisible?: boolean;
}

interface Happening {
  readonly atMs: number;
  readonly run: () => void;
}

const messageMs = 2;
const keeperMs = 1;
const storeMs = 2;
/** So long the work of a leader that is to hand over takes to settle. */
const workMs = 5;

/** Pages of one browser in virtual time: the elector on a keeper of locks in memory. Time passes only in `run`. */
export class Stage extends Mail {
  readonly pages = new Map<string, Page>();
  nowMs = 0;
  /** So much later than others those pages hear what the keeper of the locks says. */
  readonly #slowMs = new Map<string, number>();
  readonly #onDeed: (id: string, deed: Deed) => void;
  readonly #keeper = new LockKeeper();
  readonly #counters = new MemoryCounters();
  readonly #queue: Happening[] = [];

  constructor(onDeed: (id: string, deed: Deed) => void = () => {}) {
    super();
    this.#onDeed = onDeed;
  }

  /** New pages, and a view of all that are there, told to all. */
  join(ids: readonly string[], options: PageOptions = {}): void {
    for (const id of ids) this.#add(id, options);
    this.tellView();
  }

  tellView(): void {
    const peers = [...this.pages.values()].filter(({ state }) => state !== 'gone').map(({ id }) => id);
    for (const id of peers) this.do(id, ({ election }) => election.feed({ type: 'members', peers }));
  }

  page(id: string): Page {
    const page = this.pages.get(id);
    if (page === undefined) throw new Error(`there is no ${id}`);
    return page;
  }

  /** Now, or when it thaws. */
  do(id: string, run: (page: Page) => void): void {
    const page = this.page(id);
    if (page.state === 'up') run(page);
    else if (page.state === 'frozen') page.waiting.push(() => run(page));
  }

  slow(id: string, ms: number): void {
    this.#slowMs.set(id, ms);
  }

  freeze(id: string): void {
    this.page(id).state = 'frozen';
  }

  thaw(id: string): void {
    const page = this.page(id);
    page.state = 'up';
    for (const run of page.waiting.splice(0)) run();
  }

  crash(id: string): void {
    const page = this.page(id);
    page.state = 'gone';
    page.locks.die();
    page.election.close();
  }

  leave(id: string): void {
    const page = this.page(id);
    page.election.leave();
    page.state = 'gone';
  }

  run(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      let next: Happening | undefined;
      for (const one of this.#queue) if (next === undefined || one.atMs < next.atMs) next = one;
      if (next === undefined || next.atMs > untilMs) break;
      this.#queue.splice(this.#queue.indexOf(next), 1);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
    }
    this.nowMs = untilMs;
  }

  /** Hands a letter over as it would come from the wire, if the link works. */
  deliver({ from, to, message }: Letter): void {
    if (this.isCut(from, to)) return;
    const copy = JSON.parse(JSON.stringify(message)) as Json;
    this.do(to, ({ election }) => election.feed({ type: 'message', from, message: copy }));
  }

  #add(id: string, { priority = 0, minMembers = 1, preferVisible = true }: PageOptions): void {
    if (this.pages.has(id)) throw new Error(`there was a ${id} already: ids are never used again`);
    const locks = this.#keeper.page({
      to: (run) => this.#at(keeperMs, run),
      from: (run) => this.#at(keeperMs + (this.#slowMs.get(id) ?? 0), () => this.do(id, run)),
    });
    const platform = this.#platform(id, locks);
    const election = startElection(lock({ preferVisible }), {
      self: id,
      room: 'room',
      platform,
      clocks: new Clocks(platform.clock),
      priority,
      minMembers,
      apply: (effect) => {
        if (effect.type === 'send') this.#post(id, effect.to, effect.message);
        this.#onDeed(id, effect);
        if (effect.type === 'outranked')
          this.#after(id, workMs, () => this.page(id).election.feed({ type: 'transfer', to: effect.by }));
      },
    });
    this.pages.set(id, { id, election, locks, state: 'up', waiting: [] });
  }

  #platform(id: string, locks: MemoryLocks): Platform {
    return {
      name: 'stage',
      clock: { monotonicMs: () => this.nowMs, wallMs: () => this.nowMs },
      timers: { after: (delayMs, run) => this.#after(id, delayMs, run) },
      lifecycle: noPages,
      locks: this.#watched(id, locks),
      counters: {
        raise: (name, above, tell) =>
          this.#at(storeMs, () => this.do(id, () => this.#counters.raise(name, above, tell))),
        close: () => {},
      },
      hasWebRtc: false,
      randomBytes: (length) => new Uint8Array(length).fill(7),
      host: () => 'host',
      onExitSignal: noExitSignals,
    };
  }

  /** What becomes of the one lock that all want. */
  #watched(id: string, locks: MemoryLocks): Locks {
    const note = (what: string): void => this.#onDeed(id, { type: 'lock', what });
    return {
      held: (prefix, tell) => locks.held(prefix, tell),
      request: (name, how, events) => {
        if (!name.endsWith('"lock"]')) return locks.request(name, how, events);
        const verb = how.steal ? 'takes the lock by force' : 'has the lock';
        const granted = (): void => (note(verb), events.granted());
        const lost = (): void => (note('loses the lock'), events.lost?.());
        return locks.request(name, how, { granted, lost });
      },
    };
  }

  #post(from: string, to: string, message: Json): void {
    if (!this.pages.has(to) || this.isCut(from, to)) return;
    const letter = { from, to, message, atMs: this.nowMs + messageMs };
    if (this.isHolding) this.letters.push(letter);
    else this.#at(messageMs, () => this.deliver(letter));
  }

  #after(id: string, delayMs: number, run: () => void): Undo {
    let isOver = false;
    this.#at(delayMs, () =>
      this.do(id, () => {
        if (!isOver) run();
      }),
    );
    return () => {
      isOver = true;
    };
  }

  #at(delayMs: number, run: () => void): void {
    this.#queue.push({ atMs: this.nowMs + delayMs, run });
  }
}
