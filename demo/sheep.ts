import { bellPath, clapperPath } from './bell.ts';
import { svg } from './element.ts';

/** A closed line of `bumps` bulges around (0, 0). */
function wool(radius: number, bumps: number): string {
  const at = (index: number): string => {
    const angle = -Math.PI / 2 + (index * 2 * Math.PI) / bumps;
    return `${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`;
  };
  const bulge = (radius * Math.PI) / bumps;
  let line = `M${at(0)}`;
  for (let index = 1; index <= bumps; index += 1) line += `A${bulge} ${bulge} 0 0 1 ${at(index)}`;
  return `${line}Z`;
}

const fleece = wool(24, 11);
const tuft = wool(7, 6);

/**
 * A sheep seen from the front: fleece, ears, face, tuft; the tag in the ear and the bell, which the page shows on those
 * who vote, and on the leader.
 */
export function drawSheep(): SVGGElement {
  return svg(
    'g',
    { class: 'sheep', 'aria-hidden': 'true' },
    svg('path', { class: 'fleece', d: fleece }),
    svg('ellipse', { class: 'ear', cx: -15, cy: -3, rx: 7, ry: 3.8, transform: 'rotate(-16 -15 -3)' }),
    svg('ellipse', { class: 'ear', cx: 15, cy: -3, rx: 7, ry: 3.8, transform: 'rotate(16 15 -3)' }),
    svg('path', { class: 'tag', d: 'M17.5-4.5l5 2.2-1.6 5.6-5.2-2Z' }),
    svg('path', { class: 'face', d: 'M-11.5-4C-11.5-14 11.5-14 11.5-4 11.5 7 7 17 0 17S-11.5 7-11.5-4Z' }),
    svg('path', { class: 'tuft', d: tuft, transform: 'translate(0 -13)' }),
    svg(
      'g',
      { class: 'eyes' },
      svg('circle', { cx: -5, cy: 1, r: 2.5 }),
      svg('circle', { cx: 5, cy: 1, r: 2.5 }),
      svg('circle', { class: 'pupil', cx: -4.6, cy: 1.4, r: 1.3 }),
      svg('circle', { class: 'pupil', cx: 4.6, cy: 1.4, r: 1.3 }),
    ),
    svg('path', { class: 'eyes-shut', d: 'M-7.6 1q2.6 2.2 5.2 0M2.4 1q2.6 2.2 5.2 0' }),
    svg('path', { class: 'collar', d: 'M-12 17Q0 24.5 12 17' }),
    svg(
      'g',
      { class: 'bell' },
      svg(
        'g',
        { transform: 'translate(-13.2 18) scale(1.1)' },
        svg('path', { class: 'clapper', d: clapperPath }),
        svg('path', { d: bellPath }),
      ),
    ),
  );
}
