import type { Locks, LockEvents, LockRequest } from './locks.ts';
import type { Undo } from './platform.ts';

/** How long something takes to get from a page to the keeper of the locks, or back: `run` is called when it is there. */
export type Carry = (run: () => void) => void;

export interface LockCarriers {
  readonly to: Carry;
  readonly from: Carry;
  /** For the news that a lock was stolen; default `from`. */
  readonly lost?: Carry;
}

interface Request {
  readonly name: string;
  readonly owner: MemoryLocks;
  readonly shared: boolean;
  readonly events: LockEvents;
}

/** Told of each exclusive lock that is given to a page; `isStolen`: it was taken from whoever had it. */
export type LockWatcher = (name: string, page: MemoryLocks, isStolen: boolean) => void;

/** Keeps locks within one process as browsers keep them for the pages of an origin: for tests. */
export class LockKeeper {
  readonly #watcher: LockWatcher;
  /** By name, in the order of granting. */
  readonly #held = new Map<string, Request[]>();
  /** By name, in the order of asking. */
  readonly #waiting = new Map<string, Request[]>();

  constructor(watcher: LockWatcher = () => {}) {
    this.#watcher = watcher;
  }

  /** The locks as one page has them. Messages in either direction arrive in order. */
  page(carry: LockCarriers): MemoryLocks {
    return new MemoryLocks(this, carry);
  }

  names(prefix: string): string[] {
    const exclusive = [...this.#held].filter(([, requests]) => requests.some(({ shared }) => !shared));
    return exclusive.map(([name]) => name).filter((name) => name.startsWith(prefix));
  }

  ask(request: Request, steal: boolean): void {
    const { name } = request;
    if (!steal) {
      this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), request]);
      return this.#grant(name);
    }
    const before = this.#held.get(name) ?? [];
    this.#held.set(name, [request]);
    for (const { owner, events } of before) owner.lose(() => events.lost?.());
    this.#give(request, before.length > 0);
  }

  release(request: Request): void {
    this.#remove((one) => one === request, request.name);
  }

  /** A page is gone. */
  forget(page: MemoryLocks): void {
    for (const name of new Set([...this.#held.keys(), ...this.#waiting.keys()]))
      this.#remove(({ owner }) => owner === page, name);
  }

  #remove(isGone: (request: Request) => boolean, name: string): void {
    for (const requests of [this.#held, this.#waiting]) {
      const rest = requests.get(name)?.filter((request) => !isGone(request)) ?? [];
      if (rest.length > 0) requests.set(name, rest);
      else requests.delete(name);
    }
    this.#grant(name);
  }

  #grant(name: string): void {
    for (;;) {
      const [next, ...rest] = this.#waiting.get(name) ?? [];
      const held = this.#held.get(name) ?? [];
      if (next === undefined || (held.length > 0 && !(next.shared && held.every(({ shared }) => shared)))) return;
      this.#held.set(name, [...held, next]);
      if (rest.length > 0) this.#waiting.set(name, rest);
      else this.#waiting.delete(name);
      this.#give(next, false);
    }
  }

  #give({ name, owner, shared, events }: Request, isStolen: boolean): void {
    if (!shared) this.#watcher(name, owner, isStolen);
    owner.hear(() => events.granted());
  }
}

/** What one page has to do with the keeper. */
export class MemoryLocks implements Locks {
  readonly #keeper: LockKeeper;
  readonly #carry: LockCarriers;
  #isGone = false;

  constructor(keeper: LockKeeper, carry: LockCarriers) {
    this.#keeper = keeper;
    this.#carry = carry;
  }

  request(name: string, { shared = false, steal = false }: LockRequest, events: LockEvents): Undo {
    let isOver = false;
    const unlessOver = (run: (() => void) | undefined) => () => {
      if (!isOver) run?.();
    };
    const request: Request = {
      name,
      owner: this,
      shared,
      events: { granted: unlessOver(events.granted), lost: unlessOver(events.lost) },
    };
    this.#tell(() => this.#keeper.ask(request, steal));
    return () => {
      if (isOver) return;
      isOver = true;
      this.#tell(() => this.#keeper.release(request));
    };
  }

  held(prefix: string, tell: (names: readonly string[]) => void): void {
    this.#tell(() => {
      const names = this.#keeper.names(prefix);
      this.hear(() => tell(names));
    });
  }

  /** The page crashes or closes; its keeper finds out when the news has reached it. */
  die(): void {
    this.#tell(() => this.#keeper.forget(this));
    this.#isGone = true;
  }

  hear(run: () => void, carry: Carry = this.#carry.from): void {
    carry(() => {
      if (!this.#isGone) run();
    });
  }

  lose(run: () => void): void {
    this.hear(run, this.#carry.lost);
  }

  #tell(run: () => void): void {
    if (!this.#isGone) this.#carry.to(run);
  }
}
