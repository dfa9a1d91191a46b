import type { Step } from '../../checker.ts';
import type { Tenant } from '../../tenant.ts';
import type { World } from '../../world.ts';
import type { WebLife } from '../life.ts';

/** Sessions lose nothing: what a cut held up comes all at once, in frames that are new. */
export class HeldUp {
  /** By who said it, to whom, and its number, which is another one in each. */
  readonly #saidMs = new Map<string, number>();

  /** How many beats reached a member in this step that were said so long ago or longer. */
  count({ life, effects }: Step<WebLife>, world: World<Tenant>, lateMs: number): number {
    let late = 0;
    for (const effect of effects) {
      if (effect.type === 'send') this.#note(life.id, effect.to, effect.message, world.nowMs);
      else if (effect.type === 'fed' && effect.event.type === 'message') {
        const { from, message } = effect.event;
        if (world.nowMs - this.#said(from, life.id, message) >= lateMs) late++;
      }
    }
    return late;
  }

  #note(from: string, to: string, message: unknown, nowMs: number): void {
    const number = numberOf(message);
    if (number !== undefined) this.#saidMs.set(`${from} ${to} ${number}`, nowMs);
  }

  #said(from: string, to: string, message: unknown): number {
    return this.#saidMs.get(`${from} ${to} ${numberOf(message)}`) ?? Infinity;
  }
}

function numberOf(message: unknown): number | undefined {
  const { type, n } = message as { readonly type: string; readonly n?: number };
  return type === 'beat' ? n : undefined;
}
