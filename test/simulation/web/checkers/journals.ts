import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import { Chronicle } from '../chronicle.ts';
import type { Epochs } from '../epochs.ts';
import type { JournalEffect } from '../journal.ts';
import type { WebLife } from '../life.ts';

type Told = Extract<JournalEffect, { readonly type: 'told' }>;

const never = 'Q5: not-committed is never committed';

/** What one application has of its log. */
interface Page {
  /** Of the core that it reads; `null`: it has none yet. */
  epoch: number | null;
  /** So many entries. */
  has: number;
}

/** What it asked for: in which log, and the highest index that had been told in it then. */
interface Asked {
  readonly chronicle: Chronicle | null;
  readonly floor: number;
}

/** What applications read and append, of each log that goes on from epoch to epoch: Q4, Q5, and reads that are up to date. */
export class Journals implements Checker<WebLife> {
  readonly promise = never;
  readonly #epochs: Epochs;
  /** By the epoch that each begins with. */
  readonly #chronicles = new Map<number, Chronicle>();
  readonly #pages = new Map<WebLife, Page>();
  readonly #asked = new Map<WebLife, Map<number, Asked>>();
  readonly #appended = new Set<string>();
  readonly #refused = new Set<string>();

  constructor(epochs: Epochs) {
    this.#epochs = epochs;
  }

  /** How many questions of that member are not answered. */
  openBy(life: WebLife): number {
    return this.#asked.get(life)?.size ?? 0;
  }

  /** What that member reads. */
  chronicleOf(life: WebLife): Chronicle | null {
    const epoch = this.#pages.get(life)?.epoch ?? null;
    return epoch === null ? null : this.#chronicle(this.#epochs.rootOf(epoch));
  }

  /** It has everything that anybody has of its log, and all that resolved. */
  isUpToDate(life: WebLife): boolean {
    const chronicle = this.chronicleOf(life);
    return chronicle !== null && this.#pages.get(life)!.has === chronicle.count && chronicle.missing.length === 0;
  }

  /** In words. */
  lackOf(life: WebLife): string {
    const chronicle = this.chronicleOf(life);
    if (chronicle === null) return 'a log';
    const missing = chronicle.missing.slice(0, 3).join(', ');
    return `entries: it has ${this.#pages.get(life)!.has} of ${chronicle.count}, and nobody has ${missing || 'others'}`;
  }

  observe({ life, effects }: Step<WebLife>): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'reads log':
          this.#pages.set(life, { epoch: null, has: 0 });
          break;
        case 'fed':
          if (effect.event.type === 'group') this.#enter(life, effect.event.group);
          break;
        case 'entry':
          this.#deliver(life, effect.index, effect.value);
          break;
        case 'state': {
          const page = this.#pages.get(life)!;
          page.has = this.chronicleOf(life)!.restore(life.label, page.has, effect.index, effect.state);
          break;
        }
        case 'asks':
          this.#ask(life, effect.ticket, effect.value);
          break;
        case 'told':
          this.#answer(life, effect);
      }
    }
  }

  #enter(life: WebLife, group: { readonly epoch: number; readonly founder: string | null }): void {
    const page = this.#pages.get(life);
    if (page === undefined || group.epoch === 0 || group.epoch === page.epoch) return;
    const before = this.chronicleOf(life);
    page.epoch = group.epoch;
    const root = this.#epochs.rootOf(group.epoch);
    // Whoever founds it goes on with what it has, if others do or not.
    if (group.founder === life.id && before !== null && !this.#chronicles.has(root))
      this.#chronicles.set(root, before.copy(page.has));
  }

  #deliver(life: WebLife, index: number, value: string): void {
    if (!this.#appended.has(value))
      throw new Violation('Q4: nothing is delivered that nobody appended', `${life.label} was delivered ${value}`);
    if (this.#refused.has(value)) throw new Violation(never, `${life.label} was delivered ${value}, at ${index}`);
    const page = this.#pages.get(life)!;
    page.has = this.chronicleOf(life)!.deliver(life.label, page.has, index, value);
  }

  #ask(life: WebLife, ticket: number, value: string | null): void {
    if (value !== null) this.#appended.add(value);
    const chronicle = this.chronicleOf(life);
    const asked = this.#asked.get(life) ?? new Map<number, Asked>();
    this.#asked.set(life, asked.set(ticket, { chronicle, floor: chronicle?.floor ?? 0 }));
  }

  #answer(life: WebLife, { ticket, value, outcome }: Told): void {
    const open = this.#asked.get(life)!;
    const asked = open.get(ticket)!;
    open.delete(ticket);
    if (value === null) return this.#read(life, asked, outcome);
    if (outcome === 'not-committed') return this.#refuse(value);
    if (outcome === 'unknown') return;
    if (outcome === 'superseded' || outcome === 'left')
      throw new Violation('Q5: an append that fails says what became of it', `${life.label} was told "${outcome}"`);
    this.chronicleOf(life)!.resolve(value, outcome);
  }

  #read(life: WebLife, { chronicle, floor }: Asked, index: Told['outcome']): void {
    if (typeof index !== 'number' || chronicle !== this.chronicleOf(life) || chronicle === null) return;
    if (index < floor)
      throw new Violation('a read is up to date', `${life.label} read up to ${index}, when ${floor} had been told`);
    chronicle.floor = Math.max(chronicle.floor, index);
  }

  #refuse(value: string): void {
    this.#refused.add(value);
    for (const chronicle of this.#chronicles.values())
      if (chronicle.has(value)) throw new Violation(never, `${value} was delivered, and is said not to be committed`);
  }

  #chronicle(root: number): Chronicle {
    let chronicle = this.#chronicles.get(root);
    if (chronicle === undefined) this.#chronicles.set(root, (chronicle = new Chronicle()));
    return chronicle;
  }
}
