import { svg } from './element.ts';

/** A shepherd's hut on wheels, drawn in a box of 36 × 32: the witness sits in it, apart from the flock. */
export function drawHut(): SVGElement[] {
  return [
    svg('path', { class: 'hut-pipe', d: 'M25.5 8V2.5h3V9' }),
    svg('path', { class: 'hut-wall', d: 'M5 12h26v12.5H5Z' }),
    svg('path', { class: 'hut-roof', d: 'M2.5 13C3 5.5 33 5.5 33.5 13Z' }),
    svg('path', { class: 'hut-door', d: 'M8.5 24.5V16.5h5.5v8Z' }),
    svg('rect', { class: 'hut-window', x: 19, y: 15.5, width: 8, height: 5.5, rx: 0.8 }),
    svg('path', { class: 'hut-bar', d: 'M23 15.5v5.5' }),
    svg('circle', { class: 'hut-wheel', cx: 10.5, cy: 26.5, r: 3.6 }),
    svg('circle', { class: 'hut-wheel', cx: 25.5, cy: 26.5, r: 3.6 }),
  ];
}
