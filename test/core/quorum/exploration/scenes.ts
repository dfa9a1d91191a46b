import type { Scene } from './scene.ts';

export interface MeasuredScene extends Scene {
  /** More states than this are found; fewer, and the scene explores less than it did. A third of what there are today. */
  readonly least: number;
  /** Each with every clock at either bound, or with the one combination that is worst for Q2. */
  readonly clocks: 'extremes' | 'worst';
}

/** What is explored, of members a (0), b (1) and c (2). */
export const scenes: Readonly<Record<string, MeasuredScene>> = {
  'three start, and whoever wants to leads': {
    ...{ before: 'started', forMs: 80, messages: 10, extras: {} },
    ...{ clocks: 'worst', least: 100_000 },
  },
  'a leader is cut off, its last answers under way, and another is elected': {
    before: 'elected',
    script: ['a tick', 'a tick', 'a>b heartbeat', 'a>c heartbeat'],
    ...{ forMs: 300, messages: 6, extras: {} },
    cuts: [
      [0, 1],
      [0, 2],
    ],
    ...{ clocks: 'extremes', least: 200_000 },
  },
  'a leader hands over, and a message comes twice': {
    ...{ before: 'elected', forMs: 60, messages: 7, extras: { transfer: 1, duplicate: 1 } },
    ...{ clocks: 'worst', least: 150_000 },
  },
  'a leader appends and hands over': {
    ...{ before: 'elected', forMs: 0, messages: 10, extras: { append: 1, transfer: 1 } },
    who: { append: [0], transfer: [0] },
    ...{ clocks: 'worst', least: 4000 },
  },
  'a leader appends and leaves': {
    ...{ before: 'elected', forMs: 60, messages: 11, extras: { append: 1, leave: 1 } },
    who: { append: [0], leave: [0] },
    ...{ clocks: 'extremes', least: 50_000 },
  },
  'a leader is cut off and oversleeps, and another is elected meanwhile': {
    ...{ before: 'elected', forMs: 300, messages: 5, extras: { oversleep: 1 }, who: { oversleep: [0] } },
    cuts: [
      [0, 1],
      [0, 2],
    ],
    ...{ clocks: 'extremes', least: 300_000 },
  },
  'two campaign in one term, and the third restarts when it has voted': {
    before: 'started',
    script: [
      ...['a>c pre-vote', 'c>a pre-vote-reply'],
      ...['b tick', 'b>c pre-vote', 'c>b pre-vote-reply'],
      'a>c vote',
    ],
    ...{ forMs: 255, messages: 4, extras: { crash: 1 }, who: { crash: [2] }, cuts: [[0, 1]] },
    ...{ clocks: 'worst', least: 120_000 },
  },
  'a voter crashes while it writes': {
    ...{ before: 'started', forMs: 80, messages: 9, extras: { crash: 1 }, who: { crash: [2] }, cuts: [[0, 1]] },
    slowDisks: [2],
    ...{ clocks: 'worst', least: 6000 },
  },
  'one of the voters weighs as much as the others together': {
    ...{ before: 'started', forMs: 80, messages: 8, extras: {}, weights: [2, 1, 1] },
    ...{ clocks: 'extremes', least: 10_000 },
  },
};
