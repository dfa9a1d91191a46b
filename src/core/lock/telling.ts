import type { Leadership, Member } from './member.ts';
import type { Edition } from './messages.ts';

/** Tells the application what has changed since it was told last. */
export class Telling {
  readonly #member: Member;
  #leader: Leadership | null = null;
  #reachable: readonly string[] = [];
  #edition: Edition | null = null;

  constructor(member: Member) {
    this.#member = member;
  }

  tell(): void {
    const { leader, edition, value, effects } = this.#member;
    if (leader?.id !== this.#leader?.id || leader?.term !== this.#leader?.term) {
      this.#leader = leader;
      effects.push({ type: 'leader', leader });
    }
    this.#tellReachable();
    if (edition !== this.#edition) {
      this.#edition = edition;
      effects.push({ type: 'published', value });
    }
  }

  /** Without a leader the last answer stands. */
  #tellReachable(): void {
    const { id, leader, line, effects } = this.#member;
    if (leader === null && this.#reachable.length > 0) return;
    const peers = [...new Set([id, ...(leader === null ? [] : [leader.id]), ...line])];
    peers.sort();
    if (peers.length === this.#reachable.length && peers.every((peer, at) => peer === this.#reachable[at])) return;
    this.#reachable = peers;
    effects.push({ type: 'reachable', peers });
  }
}
