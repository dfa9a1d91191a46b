import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import { browserOf } from '../life.ts';
import type { LockLife, SharedBrowser } from '../life.ts';
import { wasSlowed } from './robberies.ts';

/** Whoever led when that one came has seen it by then: its claim may have been renewed for a shorter time since. */
const seenAfter = (freshMs: number): number => 2 * freshMs + 1_000;

/** Beside a claim that says nothing to a member it does not begin to lead, and leads no longer than its own is good. */
export class Strangers implements Checker<LockLife> {
  readonly promise = 'L1: nobody leads beside a claim of another version, nor robs its member';
  readonly #browser: SharedBrowser;

  constructor(browser: SharedBrowser) {
    this.#browser = browser;
  }

  observe({ life }: Step<LockLife>, world: World<LockLife>): void {
    const { stranger, robbedStranger } = this.#browser;
    this.#browser.robbedStranger = null;
    if (stranger === null) return;
    if (
      robbedStranger !== null &&
      world.nowMs - stranger.sinceMs > 2_000 + 4 * browserOf(world).keeperMs &&
      !wasSlowed(robbedStranger, world)
    )
      throw new Violation(this.promise, `${robbedStranger.label} took the lock from the one that claims so`);
    if (!life.isLeader()) return;
    const claim = stranger.found.find(({ id }) => id === life.id);
    const besideMs = world.nowMs - stranger.sinceMs;
    if (claim === undefined || besideMs > seenAfter(claim.freshMs))
      throw new Violation(this.promise, `${life.label} leads, ${besideMs} ms after that claim came`);
  }
}
