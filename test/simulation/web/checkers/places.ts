import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import type { WebLife } from '../life.ts';

/** Whoever was heard so lately is not missing. */
const latelyMs = 5_000;

/**
 * A leader takes nobody out of the configuration who talks with it and has not said goodbye, whatever views say. Whoever founds
 * an epoch begins with nobody else (E3): those that it heard in the one before have no place in this one until they come into it.
 */
export class Places implements Checker<WebLife> {
  readonly promise = 'D1: a view costs nobody its place';
  /** The highest that each member was told of. */
  readonly #epochs = new Map<WebLife, number>();
  /** Who had one before, as each member saw it, in that epoch. */
  readonly #before = new Map<WebLife, ReadonlySet<string>>();
  /** When each member heard each other of the electing kind. */
  readonly #heardMs = new Map<WebLife, Map<string, number>>();

  observe({ life, effects }: Step<WebLife>, world: World<WebLife>): void {
    for (const effect of effects) {
      if (effect.type === 'named') this.#forget(life);
      if (effect.type === 'fed' && effect.event.type === 'group') this.#enter(life, effect.event.group.epoch);
      if (effect.type === 'fed' && effect.event.type === 'message') this.#hear(life, effect.event.from, world.nowMs);
      if (effect.type !== 'roles') continue;
      const now = new Set(effect.roles.keys());
      const before = this.#before.get(life);
      this.#before.set(life, now);
      if (before === undefined || now.size === 0 || !life.isLeader()) continue;
      for (const id of before) if (!now.has(id)) this.#check(life, id, world);
    }
  }

  #enter(life: WebLife, epoch: number): void {
    if (epoch <= (this.#epochs.get(life) ?? 0)) return;
    this.#epochs.set(life, epoch);
    this.#before.delete(life);
  }

  #check(life: WebLife, id: string, world: World<WebLife>): void {
    const other = world.lifeOf(id);
    const heardMs = this.#heardMs.get(life)?.get(id) ?? -Infinity;
    // A witness is given by the server; who is known under another id has said goodbye.
    if (other === undefined || other.id !== id || other.state !== 'running') return;
    if (world.nowMs - heardMs < latelyMs)
      throw new Violation(
        this.promise,
        `${life.label} took ${other.label} out, and heard it ${world.nowMs - heardMs} ms ago`,
      );
  }

  #hear(life: WebLife, from: string, nowMs: number): void {
    const heard = this.#heardMs.get(life) ?? new Map<string, number>();
    this.#heardMs.set(life, heard.set(from, nowMs));
  }

  #forget(life: WebLife): void {
    this.#epochs.delete(life);
    this.#before.delete(life);
    this.#heardMs.delete(life);
  }
}
