import { attributes, svg, write } from './element.ts';
import { labelPlaces, type LabelledLink } from './link-labels.ts';
import type { RingLayout } from './ring-layout.ts';
import type { RingLink } from './ring.ts';
import { along, type Point, type Size } from './shapes.ts';
import { shortly } from './words.ts';

interface Thread {
  readonly from: string;
  readonly to: string;
  readonly line: SVGLineElement;
  readonly label: SVGTextElement;
  /** What the label says, where it finds a place. */
  text: string;
}

/** Room for "000 ms". */
const labelSize: Size = { width: 46, height: 16 };

/** The links between members, as lines with their round trips. */
export class Threads {
  readonly #lines: SVGGElement = svg('g', { class: 'threads' });
  readonly #labels: SVGGElement = svg('g', { class: 'thread-labels', 'aria-hidden': 'true' });
  readonly #threads = new Map<string, Thread>();
  /** Where along each link its label stands. */
  #places: ReadonlyMap<string, number> = new Map();
  /** What the places were found for. */
  #placedFor: { readonly layout: RingLayout; readonly keys: string } | null = null;

  constructor(root: SVGSVGElement) {
    root.append(this.#lines, this.#labels);
  }

  render(links: readonly RingLink[], layout: RingLayout, stage: Size): void {
    const wanted = new Map(links.map((link) => [`${link.from}|${link.to}`, link]));
    for (const [key, thread] of this.#threads) {
      if (wanted.has(key)) continue;
      thread.line.remove();
      thread.label.remove();
      this.#threads.delete(key);
    }
    for (const [key, link] of wanted) this.#draw(this.#threads.get(key) ?? this.#add(key, link), link);
    this.#findPlaces(layout, stage);
    for (const [key, { label, text }] of this.#threads) write(label, this.#places.has(key) ? text : '');
  }

  /** Draws every line between where its two members are now. `radius`: how far from them it keeps. */
  place(positionOf: (id: string) => Point | null, radius: number): void {
    for (const [key, { from, to, line, label }] of this.#threads) {
      const a = positionOf(from);
      const b = positionOf(to);
      if (!a || !b) continue;
      drawBetween(a, b, radius, line);
      const { x, y } = along(a, b, this.#places.get(key) ?? 0.5);
      attributes(label, { x: x.toFixed(1), y: (y + 4).toFixed(1) });
    }
  }

  #add(key: string, { from, to }: RingLink): Thread {
    const thread = { from, to, line: svg('line', { class: 'thread' }), label: svg('text', { class: 'rtt' }), text: '' };
    this.#lines.append(thread.line);
    this.#labels.append(thread.label);
    this.#threads.set(key, thread);
    return thread;
  }

  #draw(thread: Thread, { path, own, rttMs }: RingLink): void {
    attributes(thread.line, { 'data-path': path ?? 'none', 'data-own': String(own) });
    attributes(thread.label, { 'data-path': path ?? 'none' });
    thread.text = own && path && rttMs !== null ? shortly(rttMs) : '';
  }

  /** Among the members at their seats, so that labels stay where they are along links that move. */
  #findPlaces(layout: RingLayout, stage: Size): void {
    const links: LabelledLink[] = [];
    for (const [key, { from, to, text }] of this.#threads) {
      const [a, b] = [layout.seats.get(from), layout.seats.get(to)];
      if (text && a && b) links.push({ key, a, b });
    }
    const keys = links.map(({ key }) => key).join(' ');
    if (this.#placedFor?.layout === layout && this.#placedFor.keys === keys) return;
    this.#places = labelPlaces(links, stage, layout.taken, labelSize);
    this.#placedFor = { layout, keys };
  }
}

function drawBetween(a: Point, b: Point, radius: number, line: SVGLineElement): void {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const inset = length < 1 ? 0 : Math.min(0.45, radius / length);
  const [start, end] = [along(a, b, inset), along(a, b, 1 - inset)];
  attributes(line, { x1: start.x.toFixed(1), y1: start.y.toFixed(1), x2: end.x.toFixed(1), y2: end.y.toFixed(1) });
}
