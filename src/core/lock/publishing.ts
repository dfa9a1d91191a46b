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
    const { edition } = this.#member;
    this.#member.edition = { term, version: edition?.term === term ? edition.version + 1 : 1 };
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

export function isNewer(edition: Edition | null, than: Edition | null): boolean {
  if (edition === null || than === null) return edition !== null && than === null;
  return edition.term === than.term ? edition.version > than.version : edition.term > than.term;
}
