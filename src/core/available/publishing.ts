import type { Link } from './link.ts';
import type { Member } from './member.ts';
import type { FetchMessage, ValueMessage } from './messages.ts';
import type { Neighbours } from './neighbours.ts';
import { repeatMs } from './pace.ts';
import { sameLeadership } from './record.ts';
import type { Leadership } from './record.ts';

/** Brings the published value to everyone: the leader pushes it, and who lacks it fetches it. */
export class Publishing {
  readonly #member: Member;
  readonly #neighbours: Neighbours;

  constructor(member: Member, neighbours: Neighbours) {
    this.#member = member;
    this.#neighbours = neighbours;
  }

  publish(value: unknown): void {
    const { id, own, leader, register } = this.#member;
    if (own.claim === null || leader?.id !== id) return;
    const edition = register.publish(leader, value);
    for (const link of this.#neighbours.links.values()) {
      if (link.heard) this.#member.send(link.peer, { type: 'value', edition, under: leader, value });
    }
  }

  answerFetch(from: string, { edition }: FetchMessage): void {
    const found = this.#member.register.find(edition);
    if (found !== null) this.#member.send(from, { type: 'value', ...found });
  }

  take({ under, edition, value }: ValueMessage): void {
    const { register, leader, conflicts } = this.#member;
    const published = { edition, value };
    if (register.offer(under, published, leader, this.#origin)) return;
    const isMissing = conflicts.missing.some((missing) => sameLeadership(missing.by, edition.by));
    if (isMissing) register.archive(edition.by, published);
  }

  /** Looks for values that a neighbour's beat showed, or that a conflict waits for. */
  fetchFrom(link: Link): void {
    const { now, register, leader, conflicts } = this.#member;
    if (now - link.fetchAt < repeatMs(link.rttMs)) return;
    const better = link.register === null ? null : register.compare(link.register, leader, this.#origin);
    const missing = conflicts.missing.find((edition) => register.find(edition) === null);
    for (const edition of [better, missing]) {
      if (!edition) continue;
      link.fetchAt = now;
      this.#member.send(link.peer, { type: 'fetch', edition });
    }
  }

  get #origin(): Leadership | null {
    return this.#member.own.claim?.origin ?? null;
  }
}
