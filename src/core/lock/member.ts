import type { Leadership } from '../leadership.ts';
import type { Instant } from '../step.ts';
import type { BadMessage, LockEffect, LockOptions } from './events.ts';
import { Lateness } from './lateness.ts';
import type { Edition, Message } from './messages.ts';

/** What a member knows at this moment, and what is to be done about it: the state that all parts of the core share. */
export class Member {
  readonly id: string;
  readonly minMembers: number;
  readonly preferVisible: boolean;
  readonly #maxTerm: number;
  now: Instant = { fast: 0, slow: 0 };
  priority: number;
  visible = true;
  /** Since when both are what they are, by the fast clock. */
  steadySince = 0;
  /** All others that discovery knows. */
  peers: readonly string[] = [];
  leader: Leadership | null = null;
  /** Who comes next, in order, as the leader last said. */
  line: readonly string[] = [];
  highestTerm = 0;
  highestTicket = 0;
  /** How late this member's timers run. */
  readonly timers: Lateness = new Lateness();
  /** How late it hears what it asked of the locks. */
  readonly looks: Lateness = new Lateness();
  edition: Edition | null = null;
  value: unknown = undefined;
  effects: LockEffect[] = [];

  constructor({ id, priority, minMembers, preferVisible, maxTerm }: LockOptions) {
    this.id = id;
    this.minMembers = minMembers;
    this.preferVisible = preferVisible;
    this.priority = priority;
    this.#maxTerm = maxTerm;
  }

  /** How late this member may be to renew a claim, or to hear that it stands. */
  get lateMs(): number {
    return Math.max(this.timers.ms, this.looks.ms);
  }

  /** Somebody can be in that term. */
  believes(term: number): boolean {
    return term <= this.#maxTerm + this.now.fast / 1_000;
  }

  /** It was dropped. */
  refuse(from: string, reason: string, code?: BadMessage['code']): void {
    this.effects.push({ type: 'bad-message', from, reason, ...(code && { code }) });
  }

  send(to: string, message: Message): void {
    this.effects.push({ type: 'send', to, message });
  }
}
