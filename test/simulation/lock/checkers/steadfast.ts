import type { Leadership } from '../../../../src/core/leadership.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import { browserOf } from '../life.ts';
import type { LockLife, SharedBrowser } from '../life.ts';
import { wasSlowed } from './robberies.ts';

interface Told {
  readonly leader: Leadership | null;
}

/** Whoever was awake for so long responds. */
const awakeMs = 4_000;
/** So long after it was told, a theft is no matter any more: until then whoever had the lock in between may claim to lead. */
const settledMs = 5_000;

/** A leader that responds leads on: unless it hands over, was robbed, or stands back for a claim of another version. */
export class Steadfast implements Checker<LockLife> {
  readonly promise = 'L1: a leader that responds leads on';
  readonly #browser: SharedBrowser;
  readonly #leading = new Set<LockLife>();
  readonly #resumedMs = new Map<LockLife, number>();

  constructor(browser: SharedBrowser) {
    this.#browser = browser;
  }

  observe({ life, event, effects }: Step<LockLife>, world: World<LockLife>): void {
    if (event.type === 'resumed') this.#resumedMs.set(life, world.nowMs);
    if (event.type === 'transfer' || event.type === 'leave') this.#leading.delete(life);
    for (const effect of effects) {
      if (effect.type !== 'leader') continue;
      if ((effect as Told).leader?.id === life.id) this.#leading.add(life);
      else if (this.#leading.delete(life)) this.#judge(life, world);
    }
  }

  #judge(life: LockLife, world: World<LockLife>): void {
    const { stolenMs, stranger, strangeMs } = this.#browser;
    const { nowMs } = world;
    const isAwake = nowMs - (this.#resumedMs.get(life) ?? -Infinity) > awakeMs;
    const isSettled =
      stranger === null && nowMs - Math.max(stolenMs, strangeMs) > settledMs + 2 * browserOf(world).lostMs;
    if (!isAwake || !isSettled || wasSlowed(life, world) || jumped(life, world) || isSlow(world)) return;
    const beside = this.#browser.claims().filter(({ id }) => id !== life.id);
    throw new Violation(this.promise, `${life.label} leads no more, beside ${JSON.stringify(beside)}`);
  }
}

/** As after a pause, its claim is over then. */
function jumped(life: LockLife, world: World<LockLife>): boolean {
  return world.isMeantFor(life, 'jump');
}

/** How long things take there a leader finds out while it leads, and may lead no more meanwhile. */
function isSlow(world: World<LockLife>): boolean {
  return Math.max(browserOf(world).keeperMs, world.schedule.conditions.timersLateMs) > 100;
}
