import { attributes, svg, write } from './element.ts';
import type { RingLink } from './ring.ts';
import type { Point } from './ring-layout.ts';
import { milliseconds } from './words.ts';

interface Thread {
  readonly from: string;
  readonly to: string;
  readonly line: SVGLineElement;
  readonly label: SVGTextElement;
}

/** The links between members, as lines with their round trips. */
export class Threads {
  readonly #lines: SVGGElement = svg('g', { class: 'threads' });
  readonly #labels: SVGGElement = svg('g', { class: 'thread-labels', 'aria-hidden': 'true' });
  readonly #threads = new Map<string, Thread>();

  constructor(root: SVGSVGElement) {
    root.append(this.#lines, this.#labels);
  }

  render(links: readonly RingLink[]): void {
    const wanted = new Map(links.map((link) => [`${link.from}|${link.to}`, link]));
    for (const [key, thread] of this.#threads) {
      if (wanted.has(key)) continue;
      thread.line.remove();
      thread.label.remove();
      this.#threads.delete(key);
    }
    for (const [key, link] of wanted) this.#draw(this.#threads.get(key) ?? this.#add(key, link), link);
  }

  /** Draws every line between where its two members are now. `radius`: how far from them it keeps. */
  place(positionOf: (id: string) => Point | null, radius: number): void {
    for (const { from, to, line, label } of this.#threads.values()) {
      const a = positionOf(from);
      const b = positionOf(to);
      if (a && b) between(a, b, radius, line, label);
    }
  }

  #add(key: string, { from, to }: RingLink): Thread {
    const thread = { from, to, line: svg('line', { class: 'thread' }), label: svg('text', { class: 'rtt' }) };
    this.#lines.append(thread.line);
    this.#labels.append(thread.label);
    this.#threads.set(key, thread);
    return thread;
  }

  #draw({ line, label }: Thread, { path, own, rttMs }: RingLink): void {
    attributes(line, { 'data-path': path ?? 'none', 'data-own': String(own) });
    attributes(label, { 'data-path': path ?? 'none' });
    write(label, own && path && rttMs !== null ? milliseconds(rttMs) : '');
  }
}

/** The label sits nearer to the far end, where the labels of several links do not meet. */
function between(a: Point, b: Point, radius: number, line: SVGLineElement, label: SVGTextElement): void {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const inset = length < 1 ? 0 : Math.min(0.45, radius / length);
  const along = (part: number): Point => ({ x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part });
  const [start, end, middle] = [along(inset), along(1 - inset), along(0.6)];
  attributes(line, { x1: start.x.toFixed(1), y1: start.y.toFixed(1), x2: end.x.toFixed(1), y2: end.y.toFixed(1) });
  attributes(label, { x: middle.x.toFixed(1), y: (middle.y + 4).toFixed(1) });
}
