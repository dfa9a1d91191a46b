import { along, box, crosses, inside, touch, type Point, type Shape, type Size } from './shapes.ts';

export interface LabelledLink {
  readonly key: string;
  readonly a: Point;
  readonly b: Point;
}

/** Where along a link its label may stand, the middle first. */
const parts: readonly number[] = [0.5, 0.56, 0.44, 0.62, 0.38, 0.68, 0.32, 0.74, 0.26, 0.8, 0.2];

/**
 * Finds each label a place along its link, as a part of the way from `a` to `b`, where it covers no member, no name and
 * no other label, and if it can be, no other of these links. A label without such a place is left away.
 */
export function labelPlaces(
  links: readonly LabelledLink[],
  stage: Size,
  taken: readonly Shape[],
  label: Size,
): ReadonlyMap<string, number> {
  const frame = { left: 0, top: 0, right: stage.width, bottom: stage.height, radius: 0 };
  const placed = new Map<string, number>();
  const filled = [...taken];
  // Short links leave the least choice.
  for (const link of links.toSorted((one, other) => lengthOf(one) - lengthOf(other))) {
    const others = links.filter((other) => other !== link);
    const free = parts.filter((part) => {
      const place = box(along(link.a, link.b, part), label);
      return inside(place, frame) && !filled.some((shape) => touch(place, shape, 2));
    });
    const clear = free.find((part) => {
      const place = box(along(link.a, link.b, part), label);
      return !others.some(({ a, b }) => crosses(a, b, place));
    });
    const part = clear ?? free[0];
    if (part === undefined) continue;
    placed.set(link.key, part);
    filled.push(box(along(link.a, link.b, part), label));
  }
  return placed;
}

function lengthOf({ a, b }: LabelledLink): number {
  return Math.hypot(b.x - a.x, b.y - a.y);
}
