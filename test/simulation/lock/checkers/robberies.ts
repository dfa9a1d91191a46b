import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import type { LockLife, SharedBrowser } from '../life.ts';

/** Whoever was awake for so long, and has had the lock for so long, responds. */
const awakeMs = 4_000;
/** A leader that gave way means it for so long. */
const consentMs = 5_000;

/**
 * Members keep the lock, and with it the order of arrival, as long as they respond: it is stolen from nobody who does,
 * unless a leader gave way to the thief, or this leads already, as the heir of one that left.
 */
export class Robberies implements Checker<LockLife> {
  readonly promise = 'L1: nobody that responds is robbed';
  readonly #browser: SharedBrowser;
  readonly #resumedMs = new Map<LockLife, number>();
  /** When it was said to that one that it may. */
  readonly #consentMs = new Map<string, number>();
  #seen = 0;

  constructor(browser: SharedBrowser) {
    this.#browser = browser;
  }

  observe({ life, event, effects }: Step<LockLife>, world: World<LockLife>): void {
    if (event.type === 'resumed') this.#resumedMs.set(life, world.nowMs);
    for (const effect of effects)
      if (effect.type === 'send' && (effect.message as { readonly type: string }).type === 'yield')
        this.#consentMs.set(effect.to, world.nowMs);
    // Whoever is lied to takes it for its turn, if nobody who has the lock claims to lead just then.
    if (event.type === 'message' && this.#browser.lies.has(event.message)) this.#consentMs.set(life.id, world.nowMs);
    for (; this.#seen < this.#browser.robberies.length; this.#seen++) this.#judge(this.#seen, world);
  }

  #judge(number: number, world: World<LockLife>): void {
    const { thief, victim, atMs, heldMs } = this.#browser.robberies[number]!;
    if (thief.isLeader() || atMs - (this.#consentMs.get(thief.id) ?? -Infinity) < consentMs) return;
    const isAwake = victim.responsive && atMs - (this.#resumedMs.get(victim) ?? -Infinity) > awakeMs;
    if (!isAwake || heldMs < awakeMs || wasSlowed(victim, world)) return;
    throw new Violation(
      this.promise,
      `${thief.label} took the lock from ${victim.label}, which had it for ${heldMs} ms`,
    );
  }
}

/** Whose timers begin to run once a minute may be found not to respond until it has noticed that itself. */
export function wasSlowed(life: LockLife, world: World<LockLife>): boolean {
  return world.isMeantFor(life, 'throttle', 'busy', 'keeper');
}
