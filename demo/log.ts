import { html } from './element.ts';

/** `bell`: leadership; `flock`: members and links; `stage`: what was done here; `trouble`: conflicts and errors. */
export type LogKind = 'bell' | 'flock' | 'stage' | 'trouble';

const kept = 120;

/** The newest event is on top; the oldest fall off. */
export class Log {
  readonly #list: HTMLElement;

  constructor(list: HTMLElement) {
    this.#list = list;
  }

  add(kind: LogKind, sentence: string): void {
    const now = new Date();
    const time = html('time', { datetime: now.toISOString() }, now.toTimeString().slice(0, 8));
    this.#list.prepend(html('li', { 'data-kind': kind }, time, html('span', {}, sentence)));
    while (this.#list.childElementCount > kept) this.#list.lastElementChild?.remove();
  }
}
