import type { Configuration } from '../../../src/core/quorum/configuration.ts';
import { Witnessed } from './witnessed.ts';
import type { Setting } from './witnessed.ts';

/** A stage with an application at every member: a list of values, which is its snapshot as well. */
export class Applied extends Witnessed {
  readonly #lists: Map<string, string[]>;
  readonly #wanted: (() => void)[];
  /** While true, applications do not get to writing down their state. */
  isBusy = false;

  constructor(founding: Readonly<Record<string, number>> | Configuration, setting: Setting = {}) {
    const lists = new Map<string, string[]>();
    const wanted: (() => void)[] = [];
    super(founding, {
      ...setting,
      onEffect: (id, effect) => {
        const list = lists.get(id) ?? [];
        if (effect.type === 'commit') lists.set(id, [...list, ...effect.entries.map(({ value }) => value)]);
        if (effect.type === 'snapshot-installed') lists.set(id, JSON.parse(effect.data) as string[]);
        if (effect.type !== 'snapshot-wanted') return;
        const data = JSON.stringify(list);
        wanted.push(() => this.feed(id, { type: 'snapshot', index: effect.index, data }));
      },
    });
    this.#lists = lists;
    this.#wanted = wanted;
  }

  list(id: string): readonly string[] {
    return this.#lists.get(id) ?? [];
  }

  override run(ms: number): void {
    const untilMs = this.nowMs + ms;
    while (this.nowMs < untilMs) {
      super.run(Math.min(5, untilMs - this.nowMs));
      if (!this.isBusy) for (const act of this.#wanted?.splice(0) ?? []) act();
    }
  }

  override restart(id: string): void {
    this.#lists.set(id, []); // its memory is gone
    super.restart(id);
  }
}
