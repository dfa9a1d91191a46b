import type { ToldWork, Work } from '../app/diary.ts';

/** What pages told of each leadership, when it started and when it had stopped: it outlives them. */
export class ToldWorks {
  readonly #rooms = new Map<string, Map<string, Work>>();

  /** Words come in any order: after that of its end, none of a work is news. */
  hear(word: string): void {
    const { room, work } = JSON.parse(word) as ToldWork;
    const works = this.#rooms.get(room) ?? new Map<string, Work>();
    this.#rooms.set(room, works);
    // By its leader as well: two of one term are two (L2).
    const which = JSON.stringify([work.id, work.term, work.startedAt]);
    if ((works.get(which)?.abortedAt ?? null) === null) works.set(which, work);
  }

  /** In the order of their terms. */
  in(room: string): readonly Work[] {
    return [...(this.#rooms.get(room)?.values() ?? [])].toSorted((a, b) => a.term - b.term);
  }
}
