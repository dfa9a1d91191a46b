import { attributes, svg, write } from './element.ts';
import type { RingMember } from './ring.ts';
import { reachOf, textSize, type Guest, type RingLayout, type Seat } from './ring-layout.ts';
import type { Point, Size } from './shapes.ts';
import { drawSheep } from './sheep.ts';
import { shortened, textWidth } from './text-width.ts';
import { milliseconds } from './words.ts';

/** How much larger than its drawing a member appears, and beyond that the leader, and who only learns. */
const memberScale = 1.2;
const leaderScale = 1.15;
const lambScale = 0.72;

const naiveTag = 'naive host';

/** What a member wants of the ring. */
export function guestOf(member: RingMember, stage: Size): Guest {
  const size = textSize(stage);
  const name = textWidth(fullName(member), size, member.isSelf);
  return {
    id: member.id,
    nameWidth: Math.ceil(Math.max(name, member.naiveHost ? textWidth(naiveTag, size - 1, true) : 0)) + 6,
    lines: member.naiveHost ? 2 : 1,
    leads: member.isLeader,
  };
}

/** One member on the ring: its sheep, its name, and where it is. */
export class Token {
  readonly group: SVGGElement;
  at: Point;
  seat: Seat;
  readonly #body: SVGGElement;
  readonly #name: SVGTextElement = svg('text', { class: 'name' });
  readonly #tag: SVGTextElement = svg('text', { class: 'host-tag' });

  constructor(id: string, seat: Seat) {
    this.at = seat;
    this.seat = seat;
    this.#body = svg(
      'g',
      { class: 'token-body' },
      svg('circle', { class: 'ground', r: 27 }),
      svg('circle', { class: 'halo', r: 40 }),
      svg('circle', { class: 'focus', r: 33 }),
      svg('circle', { class: 'chosen', r: 31 }),
      drawSheep(),
      svg(
        'g',
        { class: 'ice', transform: 'translate(20 -19)' },
        svg('circle', { r: 9.5 }),
        svg('path', { d: 'M0-6.5V6.5M-5.6-3.3 5.6 3.3M-5.6 3.3 5.6-3.3' }),
      ),
    );
    this.group = svg(
      'g',
      { 'data-testid': 'member', 'data-id': id, class: 'token', role: 'button', tabindex: 0 },
      this.#body,
      this.#tag,
      this.#name,
    );
  }

  draw(member: RingMember, selected: boolean, { scale, maxNameWidth }: RingLayout, stage: Size): void {
    attributes(this.group, {
      'data-path': member.path ?? 'none',
      'data-role': member.role,
      'data-leader': String(member.isLeader),
      'data-self': String(member.isSelf),
      'data-apart': String(member.apart),
      'data-asleep': String(!member.visible),
      'data-frozen': String(member.frozen),
      'data-naive-host': String(member.naiveHost),
      'aria-pressed': String(selected),
      'aria-label': spoken(member),
    });
    const size = member.isLeader ? leaderScale : member.role === 'learner' ? lambScale : 1;
    const bodyScale = scale * memberScale * size;
    attributes(this.#body, { transform: `scale(${bodyScale.toFixed(3)})` });
    this.#letter(member, reachOf(member.isLeader, scale), maxNameWidth, textSize(stage));
  }

  place({ x, y }: Point): void {
    attributes(this.group, { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
  }

  /** The name, and under it what the naive way makes of the member. */
  #letter(member: RingMember, reach: ReturnType<typeof reachOf>, maxWidth: number, size: number): void {
    const fits = (text: string, bold: boolean): boolean => textWidth(text, size, bold) <= maxWidth;
    const whole = fullName(member);
    write(this.#name, fits(whole, member.isSelf) ? whole : shortened(member.name, maxWidth, size, member.isSelf));
    const tag = fits(naiveTag, true) ? naiveTag : 'host';
    write(this.#tag, member.naiveHost && maxWidth > 0 ? tag : '');
    const lines = member.naiveHost ? 2 : 1;
    const first = this.seat.nameAbove ? -reach.above - 4 - (lines * 1.15 - 0.88) * size : reach.below + 4 + 0.88 * size;
    attributes(this.#name, { y: first.toFixed(1), 'font-size': size });
    attributes(this.#tag, { y: (first + 1.15 * size).toFixed(1), 'font-size': size - 1 });
  }
}

function fullName({ name, isSelf }: RingMember): string {
  return isSelf ? `${name} (you)` : name;
}

function spoken(member: RingMember): string {
  const facts = [member.isSelf ? `${member.name}, this page` : member.name];
  if (member.isLeader) facts.push('wears the bell');
  if (member.role === 'learner') facts.push('learns, without a vote');
  if (member.apart) facts.push('out of reach');
  else if (member.path && member.path !== 'self') facts.push(`over ${member.path}`);
  if (member.rttMs !== null) facts.push(`round trip ${milliseconds(member.rttMs)}`);
  if (!member.visible) facts.push('hidden tab');
  if (member.frozen) facts.push('frozen');
  if (member.naiveHost) facts.push('host by the naive way');
  return facts.join(', ');
}
