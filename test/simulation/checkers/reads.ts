import type { Leadership } from '../../../src/core/leadership.ts';
import { Violation } from '../checker.ts';
import type { Checker, Step } from '../checker.ts';
import type { Life } from '../life.ts';
import type { World } from '../world.ts';

/** What a member says when asked is what it said by its events: `leader()`, `isLeader()` and `published()`. */
export class Reads implements Checker {
  readonly promise = 'reads agree with events';
  readonly #isTold: (life: Life) => boolean;
  readonly #leaders = new Map<Life, Leadership | null>();
  readonly #published = new Map<Life, unknown>();

  /** @param isTold Whether that member is told at once of whatever is published. */
  constructor(isTold: (life: Life) => boolean = () => true) {
    this.#isTold = isTold;
  }

  observe({ life, event, effects }: Step, world: World): void {
    if (life.state !== 'running') return;
    for (const effect of effects) {
      if (effect.type === 'leader') this.#leader(life, effect.leader);
      else if (effect.type === 'published') this.#published.set(life, effect.value);
      else if (effect.type === 'named') this.#forget(life);
    }
    if (world.schedule.conditions.watched || event.type === 'resumed' || event.type === 'publish') this.#compare(life);
  }

  /** A new member has been told of nothing. */
  #forget(life: Life): void {
    this.#leaders.delete(life);
    this.#published.delete(life);
  }

  #leader(life: Life, leader: Leadership | null): void {
    if (same(this.#leaders.get(life) ?? null, leader))
      throw new Violation(this.promise, `${life.label} was told twice that ${written(leader)} leads`);
    this.#leaders.set(life, leader);
  }

  #compare(life: Life): void {
    const election = life.election!;
    const told = this.#leaders.get(life) ?? null;
    const read = election.leader();
    if (!same(told, read))
      throw new Violation(this.promise, `${life.label} was told ${written(told)} and reads ${written(read)}`);
    if (election.isLeader() && read?.id !== life.id)
      throw new Violation(this.promise, `${life.label} says that it leads and names ${written(read)}`);
    if (!this.#isTold(life)) return;
    const value = election.published();
    if (value === this.#published.get(life)) return;
    if (JSON.stringify(value) !== JSON.stringify(this.#published.get(life)))
      throw new Violation(this.promise, `${life.label} reads a published value that it was not told of`);
  }
}

function same(one: Leadership | null, other: Leadership | null): boolean {
  return one?.id === other?.id && one?.term === other?.term;
}

function written(leader: Leadership | null): string {
  return leader === null ? 'nobody' : `${leader.id} in term ${leader.term}`;
}
