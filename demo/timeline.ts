import { attributes, html, write } from './element.ts';
import type { Leadership } from './leaderships.ts';
import { readTerm, termInWords } from './term.ts';
import { listed } from './words.ts';

/** How far back the time line reaches. */
export const shownMs = 60_000;

const maxRows = 5;

/** One row for each member that led, one bar for each leadership: two bars side by side are two leaders at once. */
export function drawTimeline(
  root: HTMLElement,
  leaderships: readonly Leadership[],
  nowMs: number,
  nameOf: (id: string) => string,
): void {
  const ids = [...new Set(leaderships.map((leadership) => leadership.id))].slice(-maxRows);
  const label = labelOf(leaderships);
  const rows = rowsOf(root);
  for (const [id, row] of rows) if (!ids.includes(id)) row.remove();
  for (const id of ids) {
    const row = rows.get(id) ?? addRow(root, id);
    const name = row.querySelector('.led-by');
    if (name) write(name, nameOf(id));
    drawBars(
      row,
      leaderships.filter((leadership) => leadership.id === id),
      nowMs,
      label,
    );
  }
  attributes(root, { 'aria-label': inWords(leaderships, nameOf) });
}

/** What a bar says, and the part of the time line that this takes. */
type Label = (term: number) => { readonly text: string; readonly takes: number };

/** The epoch is left away where all terms are of the same. */
function labelOf(leaderships: readonly Leadership[]): Label {
  const epochs = new Set(leaderships.map(({ term }) => readTerm(term).epoch));
  return (term) =>
    epochs.size > 1 ? { text: termInWords(term), takes: 0.25 } : { text: `term ${readTerm(term).n}`, takes: 0.12 };
}

function rowsOf(root: HTMLElement): Map<string, HTMLElement> {
  const rows = [...root.querySelectorAll<HTMLElement>('.led')];
  return new Map(rows.map((row) => [row.dataset['leader'] ?? '', row]));
}

function addRow(root: HTMLElement, id: string): HTMLElement {
  const row = html(
    'div',
    { class: 'led', 'data-leader': id },
    html('span', { class: 'led-by' }),
    html('div', { class: 'bars' }),
  );
  root.append(row);
  return row;
}

function drawBars(row: HTMLElement, leaderships: readonly Leadership[], nowMs: number, label: Label): void {
  const bars = row.querySelector<HTMLElement>('.bars');
  if (!bars) return;
  while (bars.childElementCount > leaderships.length) bars.lastElementChild?.remove();
  for (const [index, leadership] of leaderships.entries()) {
    const bar = (bars.children[index] as HTMLElement | undefined) ?? bars.appendChild(html('b'));
    const left = Math.max(0, 1 - (nowMs - leadership.fromMs) / shownMs);
    const right = Math.max(0, (nowMs - leadership.toMs) / shownMs);
    bar.style.setProperty('left', `${(left * 100).toFixed(2)}%`);
    bar.style.setProperty('right', `${(right * 100).toFixed(2)}%`);
    attributes(bar, { 'data-followed': String(leadership.followed), title: `term ${termInWords(leadership.term)}` });
    const { text, takes } = label(leadership.term);
    write(bar, 1 - left - right > takes ? text : '');
  }
}

function inWords(leaderships: readonly Leadership[], nameOf: (id: string) => string): string {
  if (leaderships.length === 0) return 'Nobody has led yet';
  return `In the last minute: ${listed(leaderships.map((one) => `${nameOf(one.id)} in term ${termInWords(one.term)}`))}`;
}
