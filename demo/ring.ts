import type { Member } from 'bellwether';
import { attributes, svg, write } from './element.ts';
import { inOrder, ringLayout, type Point, type Size } from './ring-layout.ts';
import { drawSheep, woolRadius } from './sheep.ts';
import { milliseconds } from './words.ts';

export type PathKind = Exclude<Member['path'], 'self' | null>;

export interface RingMember {
  readonly id: string;
  readonly name: string;
  readonly isSelf: boolean;
  readonly isLeader: boolean;
  readonly path: 'self' | PathKind | null;
  readonly rttMs: number | null;
  /** Out of reach from here: drawn in a group of its own. */
  readonly apart: boolean;
  readonly visible: boolean;
  readonly frozen: boolean;
  /** Takes itself for the host, by the naive way; drawn where that is switched on. */
  readonly naiveHost: boolean;
}

export interface RingLink {
  readonly from: string;
  readonly to: string;
  readonly path: PathKind | null;
  readonly rttMs: number | null;
  /** One of this member's own links; others are known by hearsay. */
  readonly own: boolean;
}

export interface RingScene {
  readonly members: readonly RingMember[];
  readonly links: readonly RingLink[];
  readonly selected: ReadonlySet<string>;
}

export interface RingEvents {
  onToggle(id: string): void;
  /** These were dragged away from the others. */
  onPullApart(ids: readonly string[]): void;
  /** A member out of reach was dragged back to the others. */
  onBringBack(): void;
}

interface Token {
  readonly group: SVGGElement;
  readonly inner: SVGGElement;
  readonly name: SVGTextElement;
  at: Point;
  seat: Point;
}

interface Thread {
  readonly line: SVGLineElement;
  readonly label: SVGTextElement;
}

interface Drag {
  readonly pointer: number;
  readonly ids: readonly string[];
  readonly start: Point;
  offset: Point;
  moved: boolean;
}

/** How much larger than its drawing a member appears. */
const memberScale = 1.2;

/** How far a member must be pulled before letting go means something, in the ring's own units. */
const pullDistance = 84;

const still = matchMedia('(prefers-reduced-motion: reduce)');

/** The members as a ring of sheep, with the links between them. Positions glide to their seats. */
export class Ring {
  readonly #root: SVGSVGElement;
  readonly #events: RingEvents;
  readonly #layers: {
    readonly tear: SVGPathElement;
    readonly threads: SVGGElement;
    readonly labels: SVGGElement;
    readonly tokens: SVGGElement;
  };
  readonly #tokens = new Map<string, Token>();
  readonly #threads = new Map<string, Thread>();
  #scene: RingScene = { members: [], links: [], selected: new Set() };
  #size: Size = { width: 640, height: 520 };
  #scale = 1;
  #drag: Drag | null = null;
  #gliding = false;

  constructor(root: SVGSVGElement, events: RingEvents) {
    this.#root = root;
    this.#events = events;
    this.#layers = {
      tear: svg('path', { class: 'tear' }),
      threads: svg('g', { class: 'threads' }),
      labels: svg('g', { class: 'thread-labels', 'aria-hidden': 'true' }),
      tokens: svg('g', { class: 'tokens' }),
    };
    root.append(this.#layers.tear, this.#layers.threads, this.#layers.labels, this.#layers.tokens);
    new ResizeObserver(() => this.#resize()).observe(root);
    this.#listen();
  }

  render(scene: RingScene): void {
    this.#scene = scene;
    this.#seat();
    const present = new Set(scene.members.map((member) => member.id));
    for (const [id, token] of this.#tokens) if (!present.has(id)) this.#remove(id, token);
    for (const member of scene.members) this.#draw(member);
    this.#drawThreads();
    this.#glide();
  }

  #resize(): void {
    const { width, height } = this.#root.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    // Units of about one pixel, so that text keeps its size; a narrow stage is drawn a little smaller.
    const zoom = Math.min(1, Math.max(0.72, Math.min(width / 420, height / 340)));
    this.#size = { width: width / zoom, height: height / zoom };
    attributes(this.#root, { viewBox: `0 0 ${this.#size.width} ${this.#size.height}` });
    this.#seat();
    for (const token of this.#tokens.values()) token.at = token.seat;
    this.#place();
  }

  #groups(): string[][] {
    const ids = (apart: boolean): string[] => this.#scene.members.filter((m) => m.apart === apart).map((m) => m.id);
    return inOrder([ids(false), ids(true)]);
  }

  #seat(): void {
    const layout = ringLayout(this.#size, this.#groups());
    this.#scale = layout.scale;
    for (const [id, seat] of layout.seats) {
      const token = this.#tokens.get(id);
      if (token) token.seat = seat;
      else this.#tokens.set(id, this.#create(id, seat));
    }
    attributes(this.#layers.tear, { d: layout.tear ? jagged(...layout.tear) : '' });
  }

  #create(id: string, seat: Point): Token {
    const name = svg('text', { class: 'name', y: 50 });
    const inner = svg(
      'g',
      { class: 'token-body' },
      svg('circle', { class: 'halo', r: 40 }),
      svg('circle', { class: 'focus', r: 38 }),
      svg('circle', { class: 'chosen', r: 34 }),
      drawSheep(),
      svg('path', { class: 'ice', d: 'M0-40V-26M-5-37 0-33 5-37M-5-29 0-33 5-29M-6-33H6' }),
      svg('text', { class: 'host-tag', y: -34 }),
      name,
    );
    const group = svg(
      'g',
      { 'data-testid': 'member', 'data-id': id, class: 'token', role: 'button', tabindex: 0 },
      inner,
    );
    this.#layers.tokens.append(group);
    return { group, inner, name, at: seat, seat };
  }

  #remove(id: string, token: Token): void {
    this.#tokens.delete(id);
    if (this.#drag?.ids.includes(id)) this.#drag = null;
    token.group.remove();
  }

  #draw(member: RingMember): void {
    const token = this.#tokens.get(member.id);
    if (!token) return;
    const selected = this.#scene.selected.has(member.id);
    attributes(token.group, {
      'data-path': member.path ?? 'none',
      'data-leader': String(member.isLeader),
      'data-self': String(member.isSelf),
      'data-apart': String(member.apart),
      'data-asleep': String(!member.visible),
      'data-frozen': String(member.frozen),
      'data-naive-host': String(member.naiveHost),
      'aria-pressed': String(selected),
      'aria-label': spoken(member),
    });
    write(token.name, member.isSelf ? `${member.name} (you)` : member.name);
    const tag = token.inner.querySelector('.host-tag');
    if (tag) write(tag, member.naiveHost ? 'naive host' : '');
  }

  #drawThreads(): void {
    const wanted = new Map(this.#scene.links.map((link) => [`${link.from}|${link.to}`, link]));
    for (const [key, thread] of this.#threads) {
      if (wanted.has(key)) continue;
      thread.line.remove();
      thread.label.remove();
      this.#threads.delete(key);
    }
    for (const [key, link] of wanted) {
      const thread = this.#threads.get(key) ?? this.#thread(key);
      attributes(thread.line, { 'data-path': link.path ?? 'none', 'data-own': String(link.own) });
      attributes(thread.label, { 'data-path': link.path ?? 'none' });
      write(thread.label, link.own && link.path && link.rttMs !== null ? milliseconds(link.rttMs) : '');
    }
  }

  #thread(key: string): Thread {
    const thread = { line: svg('line', { class: 'thread' }), label: svg('text', { class: 'rtt' }) };
    this.#layers.threads.append(thread.line);
    this.#layers.labels.append(thread.label);
    this.#threads.set(key, thread);
    return thread;
  }

  /** Moves everything a little nearer to its seat, frame by frame, until it is there. */
  #glide(): void {
    if (still.matches) for (const token of this.#tokens.values()) token.at = token.seat;
    this.#place();
    if (this.#gliding) return;
    this.#gliding = true;
    let lastMs = performance.now();
    const frame = (nowMs: number): void => {
      const nearer = 1 - Math.exp(-Math.max(0, nowMs - lastMs) / 110);
      lastMs = nowMs;
      let far = false;
      for (const token of this.#tokens.values()) {
        const x = token.seat.x - token.at.x;
        const y = token.seat.y - token.at.y;
        const arrived = Math.hypot(x, y) < 0.4;
        token.at = arrived ? token.seat : { x: token.at.x + x * nearer, y: token.at.y + y * nearer };
        far ||= !arrived;
      }
      this.#place();
      if (far) requestAnimationFrame(frame);
      else this.#gliding = false;
    };
    requestAnimationFrame(frame);
  }

  #position(id: string): Point | null {
    const token = this.#tokens.get(id);
    if (!token) return null;
    const offset = this.#drag?.moved && this.#drag.ids.includes(id) ? this.#drag.offset : { x: 0, y: 0 };
    return { x: token.at.x + offset.x, y: token.at.y + offset.y };
  }

  #place(): void {
    for (const [id, token] of this.#tokens) {
      const at = this.#position(id) ?? token.at;
      const scale = this.#scale * memberScale * (token.group.dataset['leader'] === 'true' ? 1.15 : 1);
      attributes(token.group, {
        transform: `translate(${at.x.toFixed(1)} ${at.y.toFixed(1)}) scale(${scale.toFixed(3)})`,
      });
    }
    for (const [key, thread] of this.#threads) {
      const [from = '', to = ''] = key.split('|');
      const a = this.#position(from);
      const b = this.#position(to);
      if (a && b) placeThread(thread, a, b, this.#scale);
    }
  }

  #listen(): void {
    const tokens = this.#layers.tokens;
    tokens.addEventListener('pointerdown', (event) => this.#grab(event));
    tokens.addEventListener('pointermove', (event) => this.#pull(event));
    tokens.addEventListener('pointerup', (event) => this.#release(event));
    tokens.addEventListener('pointercancel', () => this.#letGo());
    tokens.addEventListener('keydown', (event) => this.#press(event));
    // Assistive technology clicks without a pointer.
    tokens.addEventListener('click', (event) => {
      const id = idAt(event);
      if (id && event.detail === 0) this.#events.onToggle(id);
    });
  }

  #grab(event: PointerEvent): void {
    const id = idAt(event);
    if (!id || event.button !== 0 || this.#drag) return;
    const ids = this.#scene.selected.has(id) ? [...this.#scene.selected] : [id];
    this.#drag = { pointer: event.pointerId, ids, start: this.#unit(event), offset: { x: 0, y: 0 }, moved: false };
    this.#layers.tokens.setPointerCapture(event.pointerId);
  }

  #pull(event: PointerEvent): void {
    const drag = this.#drag;
    if (drag?.pointer !== event.pointerId) return;
    const now = this.#unit(event);
    drag.offset = { x: now.x - drag.start.x, y: now.y - drag.start.y };
    drag.moved ||= Math.hypot(drag.offset.x, drag.offset.y) > 7;
    attributes(this.#root, { 'data-drag': drag.moved ? this.#meaning(drag) : null });
    if (drag.moved) this.#place();
  }

  #release(event: PointerEvent): void {
    const drag = this.#drag;
    if (drag?.pointer !== event.pointerId) return;
    const meaning = drag.moved ? this.#meaning(drag) : 'choose';
    this.#letGo();
    if (meaning === 'choose') {
      const id = drag.ids.length === 1 ? drag.ids[0] : this.#under(event);
      if (id) this.#events.onToggle(id);
    } else if (meaning === 'cut') this.#events.onPullApart(drag.ids);
    else if (meaning === 'heal') this.#events.onBringBack();
  }

  #under(event: PointerEvent): string | null {
    return (
      document.elementFromPoint(event.clientX, event.clientY)?.closest('[data-id]')?.getAttribute('data-id') ?? null
    );
  }

  /** What letting go would do now. */
  #meaning(drag: Drag): 'cut' | 'heal' | 'nothing' {
    if (Math.hypot(drag.offset.x, drag.offset.y) < pullDistance) return 'nothing';
    const others = this.#scene.members.filter((member) => !drag.ids.includes(member.id));
    const crossed = others.some(
      (member) => this.#apart(member.id) !== this.#apart(drag.ids[0] ?? '') && this.#near(drag, member.id),
    );
    if (crossed) return 'heal';
    return others.some((member) => !member.apart) && !drag.ids.every((id) => this.#apart(id)) ? 'cut' : 'nothing';
  }

  #apart(id: string): boolean {
    return this.#scene.members.find((member) => member.id === id)?.apart ?? false;
  }

  #near(drag: Drag, id: string): boolean {
    const at = this.#position(drag.ids[0] ?? '');
    const other = this.#position(id);
    return at !== null && other !== null && Math.hypot(at.x - other.x, at.y - other.y) < 1.6 * pullDistance;
  }

  /** What was dragged glides back from where it was let go. */
  #letGo(): void {
    for (const id of this.#drag?.ids ?? []) {
      const token = this.#tokens.get(id);
      const at = this.#position(id);
      if (token && at) token.at = at;
    }
    this.#drag = null;
    attributes(this.#root, { 'data-drag': null });
    this.#glide();
  }

  /** Enter and space choose, arrows walk around the ring. */
  #press(event: KeyboardEvent): void {
    const id = idAt(event);
    if (!id) return;
    const steps: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const step = steps[event.key];
    if (event.key === 'Enter' || event.key === ' ') this.#events.onToggle(id);
    else if (step !== undefined) this.#walk(id, step);
    else return;
    event.preventDefault();
  }

  #walk(from: string, step: number): void {
    const order = this.#groups().flat();
    const next = order[(order.indexOf(from) + step + order.length) % order.length];
    if (next) this.#tokens.get(next)?.group.focus();
  }

  #unit(event: PointerEvent): Point {
    const box = this.#root.getBoundingClientRect();
    const zoom = this.#size.width / Math.max(1, box.width);
    return { x: (event.clientX - box.left) * zoom, y: (event.clientY - box.top) * zoom };
  }
}

function idAt(event: Event): string | null {
  return event.target instanceof Element ? (event.target.closest('[data-id]')?.getAttribute('data-id') ?? null) : null;
}

/** From fleece to fleece, with the label nearer to the far end, where labels of several links do not meet. */
function placeThread(thread: Thread, a: Point, b: Point, scale: number): void {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const inset = length < 1 ? 0 : Math.min(0.45, (woolRadius * memberScale * scale + 7) / length);
  const along = (part: number): Point => ({ x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part });
  const start = along(inset);
  const end = along(1 - inset);
  const label = along(0.6);
  attributes(thread.line, {
    x1: start.x.toFixed(1),
    y1: start.y.toFixed(1),
    x2: end.x.toFixed(1),
    y2: end.y.toFixed(1),
  });
  attributes(thread.label, { x: label.x.toFixed(1), y: (label.y + 4).toFixed(1) });
}

function jagged(from: Point, to: Point): string {
  const teeth = 18;
  const vertical = from.x === to.x;
  let line = `M${from.x} ${from.y}`;
  for (let tooth = 1; tooth <= teeth; tooth += 1) {
    const aside = tooth === teeth ? 0 : tooth % 2 === 0 ? 5 : -5;
    const x = from.x + ((to.x - from.x) * tooth) / teeth + (vertical ? aside : 0);
    const y = from.y + ((to.y - from.y) * tooth) / teeth + (vertical ? 0 : aside);
    line += `L${x.toFixed(1)} ${y.toFixed(1)}`;
  }
  return line;
}

function spoken(member: RingMember): string {
  const facts = [member.isSelf ? `${member.name}, this page` : member.name];
  if (member.isLeader) facts.push('wears the bell');
  if (member.apart) facts.push('out of reach');
  else if (member.path && member.path !== 'self') facts.push(`over ${member.path}`);
  if (member.rttMs !== null) facts.push(`round trip ${milliseconds(member.rttMs)}`);
  if (!member.visible) facts.push('hidden tab');
  if (member.frozen) facts.push('frozen');
  if (member.naiveHost) facts.push('host by the naive way');
  return facts.join(', ');
}
