export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface RingLayout {
  readonly seats: ReadonlyMap<string, Point>;
  /** How large a member is drawn: 1, less where many share a ring. */
  readonly scale: number;
  /** Where two groups are torn apart, or `null` for one group. */
  readonly tear: readonly [Point, Point] | null;
}

/** Room for a member at full size: its halo, and the name under it. */
const member = { halfWidth: 64, above: 62, below: 100 };

/**
 * One group sits in one ring. Two groups sit in two rings, apart along the longer side. The order of ids within a group
 * is the order around the ring, from the top, clockwise.
 */
export function ringLayout(stage: Size, groups: readonly (readonly string[])[]): RingLayout {
  const full = groups.filter((group) => group.length > 0);
  const wide = stage.width >= stage.height;
  const share = 1 / Math.max(1, full.length);
  const seats = new Map<string, Point>();
  let scale = 1;
  for (const [index, group] of full.entries()) {
    const box = wide
      ? { x: index * share * stage.width, y: 0, width: share * stage.width, height: stage.height }
      : { x: 0, y: index * share * stage.height, width: stage.width, height: share * stage.height };
    const ring = ellipseIn(box, group.length);
    const points = group.map((_, seat) => pointOn(ring, seat, group.length));
    for (const [seat, id] of group.entries()) seats.set(id, points[seat] ?? ring);
    scale = Math.min(scale, scaleFor(points));
  }
  return { seats, scale, tear: full.length > 1 ? middle(stage, wide) : null };
}

interface Ellipse {
  readonly x: number;
  readonly y: number;
  readonly rx: number;
  readonly ry: number;
}

function ellipseIn(box: Size & Point, of: number): Ellipse {
  const ry = Math.max(0, (box.height - member.above - member.below) / 2);
  const rx = Math.max(0, box.width / 2 - member.halfWidth);
  // A flat ring would put links on top of each other; two members have but one.
  const stretch = of > 2 ? 1.25 : Infinity;
  return {
    x: box.x + box.width / 2,
    y: box.y + member.above + ry,
    rx: Math.min(rx, ry * stretch),
    ry: Math.min(ry, rx * stretch),
  };
}

function pointOn(ring: Ellipse, seat: number, of: number): Point {
  if (of === 1) return { x: ring.x, y: ring.y };
  // Two sit side by side where there is room; everybody else begins at the top.
  const first = of === 2 && ring.rx >= ring.ry ? Math.PI : -Math.PI / 2;
  const angle = first + (seat * 2 * Math.PI) / of;
  return { x: ring.x + ring.rx * Math.cos(angle), y: ring.y + ring.ry * Math.sin(angle) };
}

/** Neighbours on the ring must not touch. */
function scaleFor(points: readonly Point[]): number {
  let scale = 1;
  for (const [index, a] of points.entries()) {
    const b = points[(index + 1) % points.length];
    if (b && points.length > 1) scale = Math.min(scale, Math.hypot(a.x - b.x, a.y - b.y) / (1.7 * member.halfWidth));
  }
  return Math.max(0.3, scale);
}

function middle(stage: Size, wide: boolean): [Point, Point] {
  return wide
    ? [
        { x: stage.width / 2, y: 0 },
        { x: stage.width / 2, y: stage.height },
      ]
    : [
        { x: 0, y: stage.height / 2 },
        { x: stage.width, y: stage.height / 2 },
      ];
}

/** Both groups are told alike on every page: the one with the smallest id comes first. */
export function inOrder(groups: readonly (readonly string[])[]): string[][] {
  return groups
    .map((group) => [...group].toSorted())
    .filter((group) => group.length > 0)
    .toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
}
