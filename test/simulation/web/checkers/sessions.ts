import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import type { WebLife } from '../life.ts';

/** The last word that one member heard of another. */
interface Heard {
  readonly session: number;
  readonly number: number;
  /** How many sessions with its sender were over for who heard it. */
  readonly over: number;
}

/** What is said arrives once and in order, without a gap in any session; a new session is told of, and names are true. */
export class Sessions implements Checker<WebLife> {
  readonly promise = 'T1: what arrives is a gap-free prefix of what was sent in the session';
  /** Words that never were in a session, and were refused at once. */
  readonly #refused = new Set<string>();
  readonly #heard = new Map<string, Heard>();

  observe({ life, effects }: Step<WebLife>, world: World<WebLife>): void {
    for (const effect of effects) {
      if (effect.type === 'refused' && (effect.code === 'unknown-peer' || effect.code === 'too-large'))
        this.#refused.add(word(effect.by, effect.to, effect.session, effect.number));
      if (effect.type === 'refused' && !/^(unknown-peer|too-large|peer-reset|left|superseded)$/.test(effect.code))
        throw new Violation(this.promise, `${life.label} was refused with "${effect.code}"`);
      if (effect.type === 'got') this.#got(life, effect, world);
    }
  }

  #got(
    life: WebLife,
    said: {
      readonly from: string;
      readonly to: string;
      readonly by: string;
      readonly session: number;
      readonly number: number;
    },
    world: World<WebLife>,
  ): void {
    const { from, to, by, session, number } = said;
    if (from !== by) throw new Violation('T2: the sender is who the server says', `${by} was heard as ${from}`);
    const pair = `${from} ${to}`;
    const last = this.#heard.get(pair);
    const over = life.sessionsOver(from);
    this.#heard.set(pair, { session, number, over });
    const label = world.lifeOf(from)!.label;
    const what = `${life.label} heard word ${number} of session ${session} from ${label}`;
    if (last !== undefined && session < last.session)
      throw new Violation(this.promise, `${what}, and had heard of session ${last.session}`);
    const isNew = session !== last?.session;
    for (let missing = isNew ? 1 : last!.number + 1; missing < number; missing++)
      if (!this.#refused.has(word(from, to, session, missing)))
        throw new Violation(this.promise, `${what}, and never word ${missing}`);
    if (!isNew && number <= last!.number) throw new Violation(this.promise, `${what} after word ${last!.number}`);
    if (isNew && last !== undefined && over === last.over)
      throw new Violation('T1: both sides are told of a reset', `${what}, and was not told that another was over`);
  }
}

function word(from: string, to: string, session: number, number: number): string {
  return `${from} ${to} ${session} ${number}`;
}
