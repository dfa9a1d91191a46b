import { maxMembers } from './limits.ts';
import type { Member } from './member.ts';
import type { Hello } from './messages.ts';
import { askMs, maxAsks, silentMs } from './pace.ts';

/** A member in line, as it says of itself. */
export interface Place {
  readonly id: string;
  priority: number;
  visible: boolean;
  /** Since when both are what they are. */
  steadySince: number;
  /** When it was last heard; -Infinity: not since this member keeps the line. */
  heardAt: number;
  /** Of the newest beat that it says it has heard. */
  term: number;
  /** Questions without an answer. */
  asks: number;
  askAt: number;
}

/** Who comes next, as this member keeps it while it has the lock. */
export class Line {
  readonly #member: Member;
  /** In order of arrival. */
  readonly #places = new Map<string, Place>();
  /** Who gives way to this member, until it has begun. */
  #giver: string | null = null;
  /** Counts its changes. */
  version = 1;

  constructor(member: Member) {
    this.#member = member;
  }

  /** Takes over the line as the leader before had it; who comes last if it gave way, before it has said so itself. */
  begin(): void {
    const { id, line } = this.#member;
    this.#places.clear();
    for (const peer of line) if (peer !== id) this.#add(peer);
    if (this.#giver !== null && !this.#places.has(this.#giver)) this.#add(this.#giver);
    this.#giver = null;
    this.version++;
  }

  /** It gives way to this member, and stays. Null: it leaves. */
  expect(giver: string | null): void {
    this.#giver = giver;
  }

  /** In order of succession: by priority, the visible ones first if that counts, and by arrival. */
  places(): readonly Place[] {
    const { preferVisible } = this.#member;
    const places = [...this.#places.values()];
    places.sort((a, b) => b.priority - a.priority || (preferVisible ? Number(b.visible) - Number(a.visible) : 0));
    return places;
  }

  /** Who hears what this member says as the leader, and does not owe an answer. */
  isThere(place: Place | undefined): place is Place {
    return place !== undefined && place.term === this.#member.highestTerm && place.asks === 0;
  }

  get(peer: string): Place | undefined {
    return this.#places.get(peer);
  }

  get heard(): number {
    return [...this.#places.values()].filter(({ heardAt }) => heardAt > -Infinity).length;
  }

  /** The first in line that is there, or this one if it is. */
  heir(to?: string): Place | null {
    const heir = to === undefined ? this.places().find((place) => this.isThere(place)) : this.#places.get(to);
    return this.isThere(heir) ? heir : null;
  }

  hear(from: string, { priority, visible, term }: Hello): void {
    const { now } = this.#member;
    const place = this.#places.get(from) ?? this.#add(from);
    if (place === null) return;
    if (place.priority !== priority || place.visible !== visible) {
      place.steadySince = now.fast;
      place.priority = priority;
      place.visible = visible;
      this.version++;
    }
    place.heardAt = now.fast;
    place.term = term;
    place.asks = 0;
    place.askAt = now.fast + silentMs;
  }

  #add(id: string): Place | null {
    if (this.#places.size >= maxMembers - 1) return null;
    const { fast } = this.#member.now;
    const place = {
      id,
      priority: 0,
      visible: true,
      steadySince: fast,
      heardAt: -Infinity,
      term: 0,
      asks: 0,
      askAt: fast + askMs,
    };
    this.#places.set(id, place);
    this.version++;
    return place;
  }

  remove(peer: string): void {
    if (this.#giver === peer) this.#giver = null;
    if (this.#places.delete(peer)) this.version++;
  }

  /** Ask it at the next opportunity. */
  doubt(peer: string): void {
    const place = this.#places.get(peer);
    if (place !== undefined) place.askAt = this.#member.now.fast;
  }

  /** Who is to be asked now. Those who did not answer are out of line. */
  ask(): readonly string[] {
    const { fast } = this.#member.now;
    const asked: string[] = [];
    for (const place of this.#places.values()) {
      if (fast < place.askAt) continue;
      if (place.asks >= maxAsks) {
        this.remove(place.id);
        continue;
      }
      place.asks++;
      place.askAt = fast + askMs;
      asked.push(place.id);
    }
    return asked;
  }

  get dueAt(): number {
    let dueAt = Infinity;
    for (const { askAt } of this.#places.values()) dueAt = Math.min(dueAt, askAt);
    return dueAt;
  }
}
