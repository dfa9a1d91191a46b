export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A box with rounded ends: a circle has no width and no height, a box of text no radius. */
export interface Shape {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** How far it reaches beyond its sides, all around. */
  readonly radius: number;
}

export function circle({ x, y }: Point, radius: number): Shape {
  return { left: x, top: y, right: x, bottom: y, radius };
}

export function box({ x, y }: Point, { width, height }: Size): Shape {
  return { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2, radius: 0 };
}

/** Whether two shapes come nearer to each other than `gap`, which is above 0. */
export function touch(one: Shape, other: Shape, gap: number): boolean {
  const dx = Math.max(0, one.left - other.right, other.left - one.right);
  const dy = Math.max(0, one.top - other.bottom, other.top - one.bottom);
  return Math.hypot(dx, dy) < one.radius + other.radius + gap;
}

export function inside(shape: Shape, frame: Shape): boolean {
  const { radius } = shape;
  return (
    shape.left - radius >= frame.left &&
    shape.top - radius >= frame.top &&
    shape.right + radius <= frame.right &&
    shape.bottom + radius <= frame.bottom
  );
}

export function along(a: Point, b: Point, part: number): Point {
  return { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part };
}

/** Whether the straight line from `a` to `b` meets the box. */
export function crosses(a: Point, b: Point, { left, top, right, bottom }: Shape): boolean {
  let [from, to] = [0, 1];
  for (const [start, step, low, high] of [
    [a.x, b.x - a.x, left, right],
    [a.y, b.y - a.y, top, bottom],
  ] as const) {
    if (step === 0 && (start < low || start > high)) return false;
    if (step === 0) continue;
    const [enters, leaves] = [(low - start) / step, (high - start) / step].toSorted((one, other) => one - other);
    from = Math.max(from, enters ?? 0);
    to = Math.min(to, leaves ?? 1);
  }
  return from <= to;
}
