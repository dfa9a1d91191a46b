import type { Leadership } from '../../../../src/core/leadership.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { Claims } from '../claims.ts';

/**
 * Nobody is told of a leader that never was: its leader declared itself, or was appointed by a leader that handed over.
 * Runs after `OneLeadership`, which notes what is declared.
 */
export class KnownLeader implements Checker {
  readonly promise = 'a leader that is told of has claimed that term';
  readonly #claims: Claims;
  /** By the id of whoever led: the last of its leaderships. */
  readonly #led = new Map<string, Leadership>();

  constructor(claims: Claims) {
    this.#claims = claims;
  }

  observe({ life, effects }: Step): void {
    this.#noteAppointments(life.id, effects);
    for (const effect of effects) {
      if (effect.type === 'leader' && effect.leader?.id === life.id) this.#led.set(life.id, effect.leader);
      if (effect.type === 'leader' && effect.leader !== null && !this.#claims.has(effect.leader)) {
        const { id, term } = effect.leader;
        throw new Violation(
          this.promise,
          `${life.label} was told that ${id} leads in term ${term}, which it never claimed`,
        );
      }
    }
  }

  #noteAppointments(by: string, effects: Step['effects']): void {
    for (const effect of effects) {
      if (effect.type !== 'send') continue;
      const { records, record } = effect.message as unknown as Sent;
      for (const { id, appoints } of [...(records ?? []), ...(record ? [record] : [])])
        if (id === by && appoints !== null)
          this.#claims.handOn(this.#led.get(by)!, { id: appoints.to, term: appoints.term });
    }
  }
}

/** The part of the core's messages that appointments travel in: `records`, and a beat that asks or answers. */
interface Sent {
  readonly records?: readonly SentRecord[];
  readonly record?: SentRecord | null;
}

interface SentRecord {
  readonly id: string;
  readonly appoints: { readonly to: string; readonly term: number } | null;
}
