import type { Claim } from '../../../src/core/lock/claim.ts';
import { LockNames } from '../../../src/electors/lock-names.ts';
import { lock } from '../../../src/electors/lock.ts';
import type { Carry } from '../../../src/platform/memory-locks.ts';
import { LockKeeper, type MemoryLocks } from '../../../src/platform/memory-locks.ts';
import { MemoryCounters } from '../../../src/platform/memory-counters.ts';
import type { Platform } from '../../../src/platform/platform.ts';
import { Life } from '../life.ts';
import { mix, unit } from '../random.ts';
import type { Browser } from '../schedule.ts';
import type { Seat, Tenant } from '../tenant.ts';
import type { World } from '../world.ts';

const names = new LockNames('room');

/** Somebody took the lock from somebody. */
export interface LockRobbery {
  readonly thief: LockLife;
  readonly victim: LockLife;
  readonly atMs: number;
  /** For how long the victim had it. */
  readonly heldMs: number;
}

interface Stranger {
  readonly sinceMs: number;
  readonly found: readonly Claim[];
}

/** What the pages of one browser share. */
export class SharedBrowser {
  readonly keeper: LockKeeper = new LockKeeper((name, page, isStolen) => {
    if (name !== names.main) return;
    const life = this.pages.get(page);
    if (isStolen && life !== undefined && this.#hasStranger) this.robbedStranger = life;
    this.#hasStranger = this.#foreign.has(page);
    this.#gave(life, isStolen);
  });
  readonly pages = new Map<MemoryLocks, LockLife>();
  readonly counters: MemoryCounters = new MemoryCounters();
  readonly robberies: LockRobbery[] = [];
  /** What was said in the name of another. */
  readonly lies = new Set<unknown>();
  /** A page that claims to lead in words of another version, and the claims that it found. */
  stranger: Stranger | null = null;
  /** When one was there last. */
  strangeMs = -Infinity;
  /** When the lock was last taken by force, from whomever. */
  stolenMs = -Infinity;
  /** Who has taken the lock from one by force. */
  robbedStranger: LockLife | null = null;
  readonly #foreign = new Set<MemoryLocks>();
  #hasStranger = false;
  #strangers = 0;
  #holder: { readonly life: LockLife; readonly sinceMs: number } | null = null;

  /** Those that stand. */
  claims(): readonly Claim[] {
    return names.read(this.keeper.names(names.claims)).claims;
  }

  /** A stranger takes the lock from whoever has it, and lets it go again. */
  steal(nowMs: number): void {
    this.stolenMs = nowMs;
    const stranger = this.keeper.page({ to: (run) => run(), from: () => {} });
    stranger.request(names.main, { steal: true }, { granted: () => {} })();
  }

  /** A page that was loaded when claims were of another version claims to lead, and waits for the lock. Returns how it leaves. */
  meetStranger({ world }: LockLife): () => void {
    this.stranger ??= { sinceMs: world.nowMs, found: this.claims() };
    const page = this.keeper.page({ to: (run) => run(), from: () => {} });
    const unclaim = page.request(`${names.claims}99,${++this.#strangers}]`, {}, { granted: () => {} });
    const release = page.request(names.main, {}, { granted: () => {} });
    this.#foreign.add(page);
    return () => {
      unclaim();
      release();
      this.strangeMs = world.nowMs;
      if (this.keeper.names(`${names.claims}99,`).length === 0) this.stranger = null;
    };
  }

  #gave(life: LockLife | undefined, isStolen: boolean): void {
    if (life === undefined) return void (this.#holder = null);
    const { nowMs } = life.world;
    if (isStolen && this.#holder !== null && this.#holder.life !== life) {
      const { life: victim, sinceMs } = this.#holder;
      this.stolenMs = nowMs;
      this.robberies.push({ thief: life, victim, atMs: nowMs, heldMs: nowMs - sinceMs });
    }
    this.#holder = { life, sinceMs: nowMs };
  }
}

export function browserOf(world: World<Tenant>): Browser {
  return world.schedule.browser!;
}

/** A page: a life that runs `lock()` on the locks and the storage of its browser. */
export class LockLife extends Life {
  readonly #browser: SharedBrowser;
  #locks: MemoryLocks | undefined;
  #isWatched = false;
  #carried = 0;

  constructor(world: World<Tenant>, seat: Seat, index: number, browser: SharedBrowser) {
    super(world, seat, index, lock({ preferVisible: browserOf(world).preferVisible }));
    this.#browser = browser;
  }

  /** As a read at this moment would say: also while the member is paused. It is no look at the clock of its seat. */
  override isLeader(): boolean {
    this.#isWatched = true;
    const isLeader = this.election?.isLeader() ?? false;
    this.#isWatched = false;
    return isLeader;
  }

  protected override platform(): Platform {
    const { seat } = this;
    const { clock } = seat;
    const { keeper, counters } = this.#browser;
    const { keeperMs, lostMs, storeMs } = browserOf(this.world);
    const hear = (run: () => void) => (): void => this.take({ type: 'durable', run });
    const to = this.#way(
      (run) => run,
      keeperMs,
      () => seat.toKeeperLateMs,
    );
    const from = this.#way(hear, keeperMs, () => seat.fromKeeperLateMs);
    const lost = this.#way(hear, lostMs, () => seat.fromKeeperLateMs);
    this.#locks = keeper.page({ to, from, lost });
    this.#browser.pages.set(this.#locks, this);
    const store = this.#way(hear, storeMs, () => seat.diskLateMs);
    return {
      ...super.platform(),
      clock: {
        monotonicMs: () => clock.monotonicMs(),
        wallMs: () => (this.#isWatched ? clock.peekWallMs() : clock.wallMs()),
      },
      locks: this.#locks,
      counters: {
        raise: (name, above, tell) => to(() => counters.raise(name, above, (value) => store(() => tell(value)))),
        close: () => {},
      },
    };
  }

  override isHeir(): boolean {
    return this.#browser.claims().some(({ id, after }) => id === this.id && after > 0);
  }

  override rob(): void {
    this.#browser.steal(this.world.nowMs);
  }

  override meetStranger(): () => void {
    return this.#browser.meetStranger(this);
  }

  /** That its leader has given way: to that one, which is not the leader. */
  override deceive(liar: Tenant): void {
    const leader = this.election?.leader() ?? null;
    if (leader === null || leader.id === liar.id || liar.isLeader()) return;
    const message = { type: 'yield', term: leader.term, restless: 0, stays: true };
    this.#browser.lies.add(message);
    this.take({ type: 'message', from: liar.id, sentMs: this.world.nowMs, message });
  }

  /** The browser notices it a little later. */
  protected override close(): void {
    this.#locks?.die();
    super.close();
  }

  /** What goes one way arrives in order, and takes its time; a frozen page's own is held back with all else. */
  #way(made: (run: () => void) => () => void, aboutMs: number, lateMs: () => number): Carry {
    const { world } = this;
    let lastMs = 0;
    return (run) => {
      const chance = mix(world.draw(this.index, 71), ++this.#carried);
      const happen = made(run);
      lastMs = Math.max(lastMs, world.nowMs + aboutMs * (0.3 + 1.4 * unit(chance)) + lateMs());
      world.at(lastMs, () => {
        if (this.state !== 'crashed' || happen === run) happen();
      });
    };
  }
}
