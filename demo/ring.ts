import type { Member } from 'bellwether';
import { Drag, idAt, type Dragged } from './drag.ts';
import { attributes, svg } from './element.ts';
import { inOrder, reachOf, ringLayout, type RingLayout, type Seat } from './ring-layout.ts';
import type { Point, Size } from './shapes.ts';
import { Threads } from './threads.ts';
import { guestOf, Token } from './token.ts';

export type PathKind = Exclude<Member['path'], 'self' | null>;

export interface RingMember {
  readonly id: string;
  readonly name: string;
  readonly role: 'voter' | 'learner';
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

/** How far a member must be pulled before letting go means something, in pixels: less on a small stage. */
function pullDistance({ width, height }: Size): number {
  return Math.min(84, Math.max(40, Math.min(width, height) * 0.2));
}

/** How fast members glide to their seats: two thirds of the way in this time. */
const glideMs = 110;

const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

/** The members as a ring of sheep, with the links between them. Positions glide to their seats. */
export class Ring {
  readonly #root: SVGSVGElement;
  readonly #events: RingEvents;
  readonly #tear: SVGPathElement = svg('path', { class: 'tear' });
  readonly #threads: Threads;
  readonly #layer: SVGGElement = svg('g', { class: 'tokens' });
  readonly #drag: Drag;
  readonly #tokens = new Map<string, Token>();
  #scene: RingScene = { members: [], links: [], selected: new Set() };
  #size: Size = { width: 640, height: 520 };
  #layout: RingLayout = ringLayout(this.#size, []);
  /** What the layout was made for. */
  #seated = '';
  #gliding = false;

  constructor(root: SVGSVGElement, events: RingEvents) {
    this.#root = root;
    this.#events = events;
    root.append(this.#tear);
    this.#threads = new Threads(root);
    root.append(this.#layer);
    new ResizeObserver(() => this.#resize()).observe(root);
    this.#layer.addEventListener('keydown', (event) => this.#pressKey(event));
    // Assistive technology clicks without a pointer.
    this.#layer.addEventListener('click', (event) => {
      const id = idAt(event);
      if (id && event.detail === 0) events.onToggle(id);
    });
    this.#drag = new Drag(this.#layer, {
      together: (id) => (this.#scene.selected.has(id) ? [...this.#scene.selected] : [id]),
      unit: (event) => this.#unit(event),
      onMove: (dragged) => {
        attributes(root, { 'data-drag': this.#meaning(dragged) });
        this.#showMoving();
        this.#place();
      },
      onPress: (id) => events.onToggle(id),
      onDrop: (dragged) => this.#drop(dragged),
      onCancel: (dragged) => this.#settle(dragged),
    });
  }

  render(scene: RingScene): void {
    this.#scene = scene;
    const present = new Set(scene.members.map((member) => member.id));
    for (const [id, token] of this.#tokens) if (!present.has(id)) this.#remove(id, token);
    this.#seat();
    this.#threads.render(scene.links, this.#layout, this.#size);
    this.#glide();
  }

  /** Units are pixels, so that text keeps its size. */
  #resize(): void {
    const { width, height } = this.#root.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    this.#size = { width, height };
    attributes(this.#root, { viewBox: `0 0 ${width} ${height}` });
    this.render(this.#scene);
    for (const token of this.#tokens.values()) token.at = token.seat;
    this.#place();
  }

  // Members

  #groups(): string[][] {
    const ids = (apart: boolean): string[] => this.#scene.members.filter((m) => m.apart === apart).map((m) => m.id);
    return inOrder([ids(false), ids(true)]);
  }

  #seat(): void {
    const guests = new Map(this.#scene.members.map((member) => [member.id, guestOf(member, this.#size)]));
    const groups = this.#groups().map((ids) => ids.flatMap((id) => guests.get(id) ?? []));
    const wanted = JSON.stringify([this.#size, groups]);
    if (wanted !== this.#seated) this.#layout = ringLayout(this.#size, groups);
    this.#seated = wanted;
    for (const member of this.#scene.members) {
      const seat = this.#layout.seats.get(member.id);
      if (!seat) continue;
      const token = this.#tokens.get(member.id) ?? this.#add(member.id, seat);
      token.seat = seat;
      token.draw(member, this.#scene.selected.has(member.id), this.#layout, this.#size);
    }
    attributes(this.#tear, { d: this.#layout.tear ? jagged(...this.#layout.tear) : null });
  }

  #add(id: string, seat: Seat): Token {
    const token = new Token(id, seat);
    // The tab key goes around the ring, too.
    const next = [...this.#tokens.keys()].filter((other) => other > id).toSorted()[0];
    this.#layer.insertBefore(token.group, this.#tokens.get(next ?? '')?.group ?? null);
    this.#tokens.set(id, token);
    return token;
  }

  #remove(id: string, token: Token): void {
    this.#tokens.delete(id);
    token.group.remove();
    if (this.#drag.current?.ids.includes(id)) this.#drag.cancel();
  }

  // Where they are

  /** Moves everything a little nearer to its seat, frame by frame, until it is there. */
  #glide(): void {
    if (reducedMotion.matches) for (const token of this.#tokens.values()) token.at = token.seat;
    this.#place();
    if (this.#gliding) return;
    this.#gliding = [...this.#tokens.values()].some((token) => token.at !== token.seat);
    this.#showMoving();
    if (!this.#gliding) return;
    let lastMs = performance.now();
    const frame = (nowMs: number): void => {
      const part = 1 - Math.exp(-Math.max(0, nowMs - lastMs) / glideMs);
      lastMs = nowMs;
      this.#gliding = [...this.#tokens.values()].map((token) => approach(token, part)).includes(true);
      this.#place();
      if (this.#gliding) requestAnimationFrame(frame);
      else this.#showMoving();
    };
    requestAnimationFrame(frame);
  }

  /** Labels would run over each other on the way. */
  #showMoving(): void {
    attributes(this.#root, { 'data-moving': this.#gliding || this.#drag.current !== null });
  }

  #position(id: string): Point | null {
    const token = this.#tokens.get(id);
    const dragged = this.#drag.current;
    if (!token || !dragged?.ids.includes(id)) return token?.at ?? null;
    return moved(token.at, dragged.offset);
  }

  #place(): void {
    for (const [id, token] of this.#tokens) token.place(this.#position(id) ?? token.at);
    this.#threads.place((id) => this.#position(id), reachOf(false, this.#layout.scale).above + 3);
  }

  #unit(event: PointerEvent): Point {
    const { left, top } = this.#root.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  // What one does with them

  /** What letting go would do now. */
  #meaning({ ids, offset }: Dragged): 'cut' | 'heal' | 'nothing' {
    if (Math.hypot(offset.x, offset.y) < pullDistance(this.#size)) return 'nothing';
    const apart = new Set(this.#scene.members.filter((member) => member.apart).map((member) => member.id));
    const across = this.#scene.members.filter((member) => apart.has(member.id) !== apart.has(ids[0] ?? ''));
    if (across.some((member) => this.#near(ids[0] ?? '', offset, member.id))) return 'heal';
    const staying = this.#scene.members.filter((member) => !apart.has(member.id) && !ids.includes(member.id));
    return staying.length > 0 && ids.some((id) => !apart.has(id)) ? 'cut' : 'nothing';
  }

  #near(dragged: string, { x, y }: Point, other: string): boolean {
    const a = this.#tokens.get(dragged)?.at;
    const b = this.#tokens.get(other)?.at;
    return (
      a !== undefined && b !== undefined && Math.hypot(a.x + x - b.x, a.y + y - b.y) < 1.6 * pullDistance(this.#size)
    );
  }

  #drop(dragged: Dragged): void {
    const meaning = this.#meaning(dragged);
    this.#settle(dragged);
    if (meaning === 'cut') this.#events.onPullApart(dragged.ids);
    if (meaning === 'heal') this.#events.onBringBack();
  }

  /** What was dragged glides home from where it was let go. */
  #settle({ ids, offset }: Dragged): void {
    for (const id of ids) {
      const token = this.#tokens.get(id);
      if (token) token.at = moved(token.at, offset);
    }
    attributes(this.#root, { 'data-drag': null });
    this.#glide();
  }

  /** Enter and space choose, arrows walk around the ring. */
  #pressKey(event: KeyboardEvent): void {
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
}

function moved(from: Point, by: Point): Point {
  return { x: from.x + by.x, y: from.y + by.y };
}

/** Returns whether there is more of the way to go. */
function approach(token: Token, part: number): boolean {
  const x = token.seat.x - token.at.x;
  const y = token.seat.y - token.at.y;
  const far = Math.hypot(x, y) >= 0.4;
  token.at = far ? moved(token.at, { x: x * part, y: y * part }) : token.seat;
  return far;
}

/** A line like a torn edge. */
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
