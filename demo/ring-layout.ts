import { along, box, circle, inside, touch, type Point, type Shape, type Size } from './shapes.ts';

/** One who wants a seat, and how much room that takes. */
export interface Guest {
  readonly id: string;
  /** Of the name, in pixels, at `textSize(stage)`. */
  readonly nameWidth: number;
  /** 2 where something stands under the name. */
  readonly lines: 1 | 2;
  /** The leader is drawn larger, with a halo and a bell. */
  readonly leads: boolean;
}

export interface Seat extends Point {
  /** Names stand on the outside of the ring, where no links run. */
  readonly nameAbove: boolean;
}

export interface RingLayout {
  readonly seats: ReadonlyMap<string, Seat>;
  /** How large a member is drawn: 1, less where many share a ring. */
  readonly scale: number;
  /** How wide a name may be, in pixels; 0 where there is no room for names. */
  readonly maxNameWidth: number;
  /** Where two groups are torn apart, or `null` for one group. */
  readonly tear: readonly [Point, Point] | null;
  /** What the members cover, names included. */
  readonly taken: readonly Shape[];
}

/** How far a member at scale 1 reaches from its seat: its wool, and the leader's halo. */
const woolReach = 37;
const haloReach = 57;
/** The leader's bell hangs out of its halo. */
const bellReach = 62;

const nameGap = 4;
const memberGap = 6;
/** A ring flatter than this is a line, with links on top of each other. */
const maxStretch = 1.8;

interface Compromise {
  readonly maxNameWidth: number;
  readonly leastScale: number;
  /** Between two neighbours, at scale 1. The label of their link has room in 50. */
  readonly linkGap: number;
}

/** What gives way first: the size of members, then labels of links, then the length of names. */
const compromises: readonly Compromise[] = [
  { maxNameWidth: 150, leastScale: 0.7, linkGap: 50 },
  { maxNameWidth: 150, leastScale: 0.55, linkGap: 20 },
  { maxNameWidth: 84, leastScale: 0.5, linkGap: 20 },
  { maxNameWidth: 62, leastScale: 0.35, linkGap: 20 },
  { maxNameWidth: 48, leastScale: 0.3, linkGap: 10 },
  { maxNameWidth: 40, leastScale: 0.3, linkGap: 10 },
  { maxNameWidth: 0, leastScale: 0.25, linkGap: 10 },
];

/** The size of names on a stage, in pixels. */
export function textSize({ width, height }: Size): number {
  const short = Math.min(width, height);
  return short >= 400 ? 14.5 : short >= 260 ? 13 : 12;
}

/** How far a member reaches from its seat, without its name. */
export function reachOf(leads: boolean, scale: number): { readonly above: number; readonly below: number } {
  return { above: (leads ? haloReach : woolReach) * scale, below: (leads ? bellReach : woolReach) * scale };
}

/**
 * One group sits in one ring. Two groups sit in two rings, torn apart. The order within a group is the order around the
 * ring, from the top, clockwise. Members are drawn as large as they can be without touching each other or a name.
 */
export function ringLayout(stage: Size, groups: readonly (readonly Guest[])[]): RingLayout {
  const full = groups.filter((group) => group.length > 0);
  const sideBySide = stage.width >= stage.height;
  const ways = full.length > 1 ? [sideBySide, !sideBySide] : [sideBySide];
  const largest = Math.min(1.15, Math.max(0.75, Math.min(stage.width, stage.height) / 420));
  for (const { leastScale, ...compromise } of compromises) {
    const at = (scale: number): RingLayout | null => {
      for (const way of ways) {
        const layout = tryLayout(stage, full, { ...compromise, sideBySide: way, scale });
        if (layout) return layout;
      }
      return null;
    };
    const layout = largestThatFits(leastScale, largest, at);
    if (layout) return layout;
  }
  const last = { sideBySide, scale: 0.2, maxNameWidth: 0, linkGap: 0, crowded: true };
  return tryLayout(stage, full, last) as RingLayout;
}

/** The layout at the largest scale that has one, nearly, by halving. */
function largestThatFits(least: number, largest: number, at: (scale: number) => RingLayout | null): RingLayout | null {
  let best = at(least);
  let [fitting, tooLarge] = [least, largest];
  for (let step = 0; best && step < 4; step += 1) {
    const scale = step === 0 ? largest : (fitting + tooLarge) / 2;
    const layout = at(scale);
    if (layout && step === 0) return layout;
    if (layout) [best, fitting] = [layout, scale];
    else tooLarge = scale;
  }
  return best;
}

interface Attempt extends Omit<Compromise, 'leastScale'> {
  readonly sideBySide: boolean;
  readonly scale: number;
  /** Take it as it comes. */
  readonly crowded?: boolean;
}

function tryLayout(stage: Size, groups: readonly (readonly Guest[])[], attempt: Attempt): RingLayout | null {
  const seats = new Map<string, Seat>();
  const taken: Shape[] = [];
  const frames = framesFor(stage, groups, attempt.sideBySide);
  for (const [index, group] of groups.entries()) {
    const frame = frames[index] as Shape;
    // With the first at the top, or with two at the top: whichever fits. A pair is best beside each other.
    const turns = group.length === 2 ? [0.5, 0] : [0, 0.5];
    const rings = turns.map((turn) => ringIn(frame, group, turn, attempt, textSize(stage)));
    const ring = rings.find(({ taken: own }) => fits(own, frame, attempt)) ?? (attempt.crowded ? rings[0] : undefined);
    if (!ring) return null;
    for (const [seat, guest] of group.entries()) seats.set(guest.id, ring.seats[seat] as Seat);
    taken.push(...ring.taken.flat());
  }
  const { scale, maxNameWidth } = attempt;
  return { seats, scale, maxNameWidth, tear: tearBetween(frames, attempt.sideBySide), taken };
}

/** Larger groups get more of the stage. */
function framesFor(stage: Size, groups: readonly (readonly Guest[])[], sideBySide: boolean): Shape[] {
  const weights = groups.map((group) => group.length + 2);
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  let from = 0;
  return weights.map((weight) => {
    const [start, end] = [from / all, (from + weight) / all];
    from += weight;
    const whole = { left: 0, top: 0, right: stage.width, bottom: stage.height, radius: 0 };
    return sideBySide
      ? { ...whole, left: start * stage.width, right: end * stage.width }
      : { ...whole, top: start * stage.height, bottom: end * stage.height };
  });
}

function tearBetween([one, other]: readonly Shape[], sideBySide: boolean): [Point, Point] | null {
  if (!one || !other) return null;
  return sideBySide
    ? [
        { x: one.right, y: one.top },
        { x: one.right, y: one.bottom },
      ]
    : [
        { x: one.left, y: one.bottom },
        { x: one.right, y: one.bottom },
      ];
}

interface Ring {
  readonly seats: readonly Seat[];
  /** What each guest covers: first itself, then its name. */
  readonly taken: readonly (readonly Shape[])[];
}

/** `turn`: by which part of the way between two seats the ring is turned to the left. */
function ringIn(frame: Shape, group: readonly Guest[], turn: number, attempt: Attempt, text: number): Ring {
  const ring = ellipseIn(frame, group, attempt, text);
  const seats = pointsOn(ring, group.length, turn).map((point) => ({
    ...point,
    nameAbove: group.length > 1 && point.y < ring.y - Math.max(1, ring.ry * 0.3),
  }));
  return { seats, taken: group.map((guest, seat) => covered(guest, seats[seat] as Seat, attempt, text)) };
}

function covered(guest: Guest, seat: Seat, { scale, maxNameWidth }: Attempt, text: number): Shape[] {
  const { above, below } = reachOf(guest.leads, scale);
  const body = circle(seat, above);
  if (maxNameWidth === 0) return [body];
  const size = { width: Math.min(guest.nameWidth, maxNameWidth), height: nameHeight(guest, text) };
  const aside = nameGap + size.height / 2;
  return [body, box({ x: seat.x, y: seat.nameAbove ? seat.y - above - aside : seat.y + below + aside }, size)];
}

/** Of the name, and of what stands under it. */
function nameHeight({ lines }: Guest, text: number): number {
  return lines * text * 1.15;
}

function fits(taken: readonly (readonly Shape[])[], frame: Shape, { linkGap, scale }: Attempt): boolean {
  const margin = 5;
  const within = {
    left: frame.left + margin,
    top: frame.top + margin,
    right: frame.right - margin,
    bottom: frame.bottom - margin,
    radius: 0,
  };
  const apart = (one: readonly Shape[], other: readonly Shape[]): boolean =>
    one.every((a, n) => other.every((b, m) => !touch(a, b, n + m === 0 ? linkGap * scale : memberGap)));
  return taken.every(
    (own, index) =>
      own.every((shape) => inside(shape, within)) && taken.slice(index + 1).every((other) => apart(own, other)),
  );
}

interface Ellipse extends Point {
  readonly rx: number;
  readonly ry: number;
}

function ellipseIn(frame: Shape, group: readonly Guest[], { scale, maxNameWidth }: Attempt, text: number): Ellipse {
  const most = (of: (guest: Guest) => number): number => Math.max(...group.map(of));
  const name = maxNameWidth === 0 ? 0 : most((guest) => nameHeight(guest, text)) + nameGap;
  const above = most(({ leads }) => reachOf(leads, scale).above) + (group.length > 1 ? name : 0);
  const below = most(({ leads }) => reachOf(leads, scale).below) + name;
  const aside = most(({ leads, nameWidth }) =>
    Math.max(reachOf(leads, scale).above, Math.min(nameWidth, maxNameWidth) / 2),
  );
  const margin = 6;
  const rx = Math.max(0, (frame.right - frame.left) / 2 - aside - margin);
  const ry = Math.max(0, (frame.bottom - frame.top - above - below) / 2 - margin);
  return {
    x: (frame.left + frame.right) / 2,
    y: (frame.top + above + frame.bottom - below) / 2,
    rx: Math.min(rx, ry * maxStretch + 60),
    ry: Math.min(ry, rx * maxStretch + 60),
  };
}

const arcs = 72;
const compass: readonly Point[] = Array.from({ length: arcs + 1 }, (_, arc) => {
  const angle = -Math.PI / 2 + (arc * 2 * Math.PI) / arcs;
  return { x: Math.cos(angle), y: Math.sin(angle) };
});

/** The first at the top, the others clockwise, as far from each other along the line. */
function pointsOn({ x, y, rx, ry }: Ellipse, count: number, turn: number): Point[] {
  if (count === 1) return [{ x, y }];
  const line = compass.map((direction) => ({ x: x + rx * direction.x, y: y + ry * direction.y }));
  const lengths = [0];
  for (let arc = 1; arc <= arcs; arc += 1) {
    const [a, b] = [line[arc - 1] as Point, line[arc] as Point];
    lengths.push((lengths[arc - 1] ?? 0) + Math.hypot(b.x - a.x, b.y - a.y));
  }
  const whole = lengths[arcs] ?? 0;
  return Array.from({ length: count }, (_, seat) => {
    const wanted = (((seat - turn + count) % count) / count) * whole;
    const arc = Math.max(
      1,
      lengths.findIndex((length) => length >= wanted),
    );
    const [before, after] = [lengths[arc - 1] ?? 0, lengths[arc] ?? 0];
    const part = after > before ? (wanted - before) / (after - before) : 0;
    return along(line[arc - 1] as Point, line[arc] as Point, part);
  });
}

/** Both groups are told alike on every page: the one with the smallest id comes first. */
export function inOrder(groups: readonly (readonly string[])[]): string[][] {
  return groups
    .map((group) => [...group].toSorted())
    .filter((group) => group.length > 0)
    .toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
}
