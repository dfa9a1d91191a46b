import type { Leadership } from '../leadership.ts';
import type { LockEffect } from './events.ts';
import type { Member } from './member.ts';
import type { Edition } from './messages.ts';

/**
 * What has changed for the application since it was told last. It hears of that before anybody else does: it is to have
 * stopped what a leader does when the next one begins (F1). That it leads it hears when it knows all else.
 */
export class Telling {
  readonly #member: Member;
  #leader: Leadership | null = null;
  #reachable: readonly string[] = [];
  #edition: Edition | null = null;

  constructor(member: Member) {
    this.#member = member;
  }

  news(): readonly LockEffect[] {
    const { id, leader, edition, value } = this.#member;
    const news = this.#newReachable();
    if (edition !== this.#edition) {
      this.#edition = edition;
      news.push({ type: 'published', value });
    }
    if (leader?.id !== this.#leader?.id || leader?.term !== this.#leader?.term) {
      this.#leader = leader;
      const told: LockEffect = { type: 'leader', leader };
      if (leader?.id === id) news.push(told);
      else news.unshift(told);
    }
    return news;
  }

  /** Without a leader the last answer stands. */
  #newReachable(): LockEffect[] {
    const { id, leader, line } = this.#member;
    if (leader === null && this.#reachable.length > 0) return [];
    const peers = [...new Set([id, ...(leader === null ? [] : [leader.id]), ...line])];
    peers.sort();
    if (peers.length === this.#reachable.length && peers.every((peer, at) => peer === this.#reachable[at])) return [];
    this.#reachable = peers;
    return [{ type: 'reachable', peers }];
  }
}
