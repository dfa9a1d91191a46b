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

const { main } = new LockNames('room');

/** Somebody took the lock from somebody. */
export interface LockRobbery {
  readonly thief: LockLife;
  readonly victim: LockLife;
  readonly atMs: number;
  /** For how long the victim had it. */
  readonly heldMs: number;
}

/** What the pages of one browser share. */
export class SharedBrowser {
  readonly keeper: LockKeeper = new LockKeeper((name, page, isStolen) => {
    if (name === main) this.#gave(this.pages.get(page), isStolen);
  });
  readonly pages = new Map<MemoryLocks, LockLife>();
  readonly counters: MemoryCounters = new MemoryCounters();
  readonly robberies: LockRobbery[] = [];
  #holder: { readonly life: LockLife; readonly sinceMs: number } | null = null;

  /** A stranger takes the lock from whoever has it, and lets it go again. */
  steal(): void {
    const stranger = this.keeper.page({ to: (run) => run(), from: () => {} });
    stranger.request(main, { steal: true }, { granted: () => {} })();
  }

  #gave(life: LockLife | undefined, isStolen: boolean): void {
    if (life === undefined) return void (this.#holder = null);
    const { nowMs } = life.world;
    if (isStolen && this.#holder !== null && this.#holder.life !== life)
      this.robberies.push({
        thief: life,
        victim: this.#holder.life,
        atMs: nowMs,
        heldMs: nowMs - this.#holder.sinceMs,
      });
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
    const { clock } = this.seat;
    const { keeper, counters } = this.#browser;
    const to = this.#way((run) => run);
    const from = this.#way((run) => () => this.take({ type: 'durable', run }));
    const lost = this.#way((run) => () => this.take({ type: 'durable', run }), browserOf(this.world).lostMs);
    this.#locks = keeper.page({ to, from, lost });
    this.#browser.pages.set(this.#locks, this);
    const store = this.#way((run) => () => this.take({ type: 'durable', run }), browserOf(this.world).storeMs);
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

  override rob(): void {
    this.#browser.steal();
  }

  /** The browser notices it a little later. */
  protected override close(): void {
    this.#locks?.die();
    super.close();
  }

  /** What goes one way arrives in order, and takes its time; a frozen page's own is held back with all else. */
  #way(made: (run: () => void) => () => void, aboutMs: number = browserOf(this.world).keeperMs): Carry {
    const { world } = this;
    let lastMs = 0;
    return (run) => {
      const chance = mix(world.draw(this.index, 71), ++this.#carried);
      const happen = made(run);
      lastMs = Math.max(lastMs, world.nowMs + aboutMs * (0.3 + 1.4 * unit(chance)));
      world.at(lastMs, () => {
        if (this.state !== 'crashed' || happen === run) happen();
      });
    };
  }
}
