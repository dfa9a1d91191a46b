import { expect, test } from 'vitest';
import { labelPlaces, type LabelledLink } from '../../demo/link-labels.ts';
import { ringLayout, type Guest, type RingLayout } from '../../demo/ring-layout.ts';
import { along, box, circle, touch, type Shape, type Size } from '../../demo/shapes.ts';

const stage: Size = { width: 494, height: 430 };
const label: Size = { width: 46, height: 16 };

test('a label alone stands in the middle of its link', () => {
  const link = { key: 'only', a: { x: 100, y: 100 }, b: { x: 300, y: 100 } };
  expect(labelPlaces([link], stage, [], label)).toEqual(new Map([['only', 0.5]]));
});

test('a label makes way for what lies across its link', () => {
  const link = { key: 'only', a: { x: 100, y: 100 }, b: { x: 400, y: 100 } };
  const name = box({ x: 250, y: 100 }, { width: 60, height: 20 });
  const part = labelPlaces([link], stage, [name], label).get('only') ?? Number.NaN;
  expect(touch(box(along(link.a, link.b, part), label), name, 1)).toBe(false);
});

test('a label that has no place is left away, and one beside it is not', () => {
  const short = { key: 'short', a: { x: 100, y: 100 }, b: { x: 150, y: 100 } };
  const long = { key: 'long', a: { x: 100, y: 300 }, b: { x: 400, y: 300 } };
  const members = [short.a, short.b, long.a, long.b].map((at) => circle(at, 30));
  expect([...labelPlaces([short, long], stage, members, label).keys()]).toEqual(['long']);
});

test.each([2, 3, 5, 8, 12])('of %d members no label covers a member, a name or another label', (count) => {
  const layout = ringLayout(stage, [flock(count)]);
  const links = linksOf(layout);
  const places = labelPlaces(links, stage, layout.taken, label);
  const labels = links.flatMap((link) => {
    const part = places.get(link.key);
    return part === undefined ? [] : [box(along(link.a, link.b, part), label)];
  });
  expect(labels.length, 'most links have their label').toBeGreaterThanOrEqual(links.length * 0.6);
  for (const [at, one] of labels.entries()) {
    const others: Shape[] = [...layout.taken, ...labels.slice(at + 1)];
    expect(others.some((other) => touch(one, other, 1))).toBe(false);
  }
});

function flock(count: number): Guest[] {
  return Array.from({ length: count }, (_, n) => ({ id: `m${n}`, nameWidth: 80, lines: 1, leads: n === 0 }));
}

/** From the first to each of the others. */
function linksOf({ seats }: RingLayout): LabelledLink[] {
  const [first, ...others] = [...seats].map(([key, at]) => ({ key, at }));
  return others.map(({ key, at }) => ({ key, a: first?.at ?? at, b: at }));
}
