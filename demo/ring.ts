import type { Member } from 'bellwether';
import { Drag, idAt, type Dragged } from './drag.ts';
import { attributes, svg, write } from './element.ts';
import { inOrder, ringLayout, type Point, type Size } from './ring-layout.ts';
import { drawSheep, woolRadius } from './sheep.ts';
import { Threads } from './threads.ts';
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
  readonly name: SVGTextElement;
  readonly tag: SVGTextElement;
  at: Point;
  seat: Point;
}

/** How much larger than its drawing a member appears, and the leader beyond that. */
const memberScale = 1.2;
const leaderScale = 1.15;

/** How far a member must be pulled before letting go means something, in the ring's own units. */
const pullDistance = 84;

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
  #scale = 1;
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
    for (const member of scene.members) this.#draw(member);
    this.#threads.render(scene.links);
    this.#glide();
  }

  #resize(): void {
    const { width, height } = this.#root.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    // Units of about one pixel, so that text keeps its size; a narrow stage is drawn a little smaller.
    const zoom = Math.min(1, Math.max(0.58, Math.min(width / 440, height / 420)));
    this.#size = { width: width / zoom, height: height / zoom };
    attributes(this.#root, { viewBox: `0 0 ${this.#size.width} ${this.#size.height}` });
    this.#seat();
    for (const token of this.#tokens.values()) token.at = token.seat;
    this.#place();
  }

  // Members

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
    attributes(this.#tear, { d: layout.tear ? jagged(...layout.tear) : null });
  }

  #create(id: string, seat: Point): Token {
    const name = svg('text', { class: 'name', y: 50 });
    const tag = svg('text', { class: 'host-tag', y: 64 });
    const body = svg(
      'g',
      { class: 'token-body' },
      svg('circle', { class: 'halo', r: 40 }),
      svg('circle', { class: 'focus', r: 38 }),
      svg('circle', { class: 'chosen', r: 34 }),
      drawSheep(),
      svg('path', { class: 'ice', d: 'M0-40V-26M-5-37 0-33 5-37M-5-29 0-33 5-29M-6-33H6' }),
      tag,
      name,
    );
    const group = svg(
      'g',
      { 'data-testid': 'member', 'data-id': id, class: 'token', role: 'button', tabindex: 0 },
      body,
    );
    this.#layer.append(group);
    return { group, name, tag, at: seat, seat };
  }

  #remove(id: string, token: Token): void {
    this.#tokens.delete(id);
    token.group.remove();
    if (this.#drag.current?.ids.includes(id)) this.#drag.cancel();
  }

  #draw(member: RingMember): void {
    const token = this.#tokens.get(member.id);
    if (!token) return;
    attributes(token.group, {
      'data-path': member.path ?? 'none',
      'data-leader': String(member.isLeader),
      'data-self': String(member.isSelf),
      'data-apart': String(member.apart),
      'data-asleep': String(!member.visible),
      'data-frozen': String(member.frozen),
      'data-naive-host': String(member.naiveHost),
      'aria-pressed': String(this.#scene.selected.has(member.id)),
      'aria-label': spoken(member),
    });
    write(token.name, member.isSelf ? `${member.name} (you)` : member.name);
    write(token.tag, member.naiveHost ? 'naive host' : '');
  }

  // Where they are

  /** Moves everything a little nearer to its seat, frame by frame, until it is there. */
  #glide(): void {
    if (reducedMotion.matches) for (const token of this.#tokens.values()) token.at = token.seat;
    this.#place();
    if (this.#gliding) return;
    this.#gliding = true;
    let lastMs = performance.now();
    const frame = (nowMs: number): void => {
      const part = 1 - Math.exp(-Math.max(0, nowMs - lastMs) / glideMs);
      lastMs = nowMs;
      this.#gliding = [...this.#tokens.values()].map((token) => approach(token, part)).includes(true);
      this.#place();
      if (this.#gliding) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  #position(id: string): Point | null {
    const token = this.#tokens.get(id);
    const dragged = this.#drag.current;
    if (!token || !dragged?.ids.includes(id)) return token?.at ?? null;
    return moved(token.at, dragged.offset);
  }

  #place(): void {
    for (const [id, { group, at }] of this.#tokens) {
      const { x, y } = this.#position(id) ?? at;
      const scale = this.#scale * memberScale * (group.dataset['leader'] === 'true' ? leaderScale : 1);
      attributes(group, { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${scale.toFixed(3)})` });
    }
    this.#threads.place((id) => this.#position(id), woolRadius * memberScale * this.#scale + 7);
  }

  #unit(event: PointerEvent): Point {
    const box = this.#root.getBoundingClientRect();
    const zoom = this.#size.width / Math.max(1, box.width);
    return { x: (event.clientX - box.left) * zoom, y: (event.clientY - box.top) * zoom };
  }

  // What one does with them

  /** What letting go would do now. */
  #meaning({ ids, offset }: Dragged): 'cut' | 'heal' | 'nothing' {
    if (Math.hypot(offset.x, offset.y) < pullDistance) return 'nothing';
    const apart = new Set(this.#scene.members.filter((member) => member.apart).map((member) => member.id));
    const across = this.#scene.members.filter((member) => apart.has(member.id) !== apart.has(ids[0] ?? ''));
    if (across.some((member) => this.#near(ids[0] ?? '', member.id))) return 'heal';
    const staying = this.#scene.members.filter((member) => !apart.has(member.id) && !ids.includes(member.id));
    return staying.length > 0 && ids.some((id) => !apart.has(id)) ? 'cut' : 'nothing';
  }

  #near(one: string, other: string): boolean {
    const a = this.#position(one);
    const b = this.#position(other);
    return a !== null && b !== null && Math.hypot(a.x - b.x, a.y - b.y) < 1.6 * pullDistance;
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
