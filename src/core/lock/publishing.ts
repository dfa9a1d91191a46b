import { maxCountHeeded } from './limits.ts';
import type { Member } from './member.ts';
import type { Edition, Value } from './messages.ts';

/** The published value: the newest edition that has reached this member. */
export class Publishing {
  readonly #member: Member;

  constructor(member: Member) {
    this.#member = member;
  }

  /** By the leader. */
  publish(value: unknown, term: number, to: readonly string[]): void {
    this.#member.edition = editionAfter(this.#member.edition, term);
    this.#member.value = value;
    for (const peer of to) this.sendTo(peer);
  }

  /** True if it is newer than what was known. */
  take({ edition, value }: Value): boolean {
    if (!isNewer(edition, this.#member.edition)) return false;
    this.#member.edition = edition;
    this.#member.value = value;
    return true;
  }

  sendTo(peer: string): void {
    const { edition, value } = this.#member;
    if (edition !== null) this.#member.send(peer, { type: 'value', edition, value });
  }
}

/** In that term, or, should somebody have lied of what was published, above that. */
function editionAfter(before: Edition | null, term: number): Edition {
  if (before === null || before.term < term) return { term, version: 1 };
  if (before.version > maxCountHeeded) return { term: before.term + 1, version: 1 };
  return { term: before.term, version: before.version + 1 };
}

export function isNewer(edition: Edition | null, than: Edition | null): boolean {
  if (edition === null || than === null) return edition !== null && than === null;
  return edition.term === than.term ? edition.version > than.version : edition.term > than.term;
}
