import { expect, test } from 'vitest';
import { Stage } from './stage.ts';

interface Told {
  readonly id: string;
  readonly leader: string | null;
  readonly atMs: number;
}

/** a crashes while b is the heir, and what b does first as the leader keeps its page busy. What all are told of who leads. */
function crashInto(join: (stage: Stage) => void, busyMs: number): readonly Told[] {
  const told: Told[] = [];
  let crashedMs = Infinity;
  const stage = new Stage((id, deed) => {
    if (deed.type !== 'leader' || crashedMs === Infinity) return;
    told.push({ id, leader: deed.leader?.id ?? null, atMs: stage.nowMs - crashedMs });
    if (id !== 'b' || deed.leader?.id !== 'b' || told.filter((one) => one.id === 'b').length > 1) return;
    stage.freeze('b');
    stage.run(busyMs);
    stage.thaw('b');
  });
  join(stage);
  stage.run(5_000);
  crashedMs = stage.nowMs;
  stage.crash('a');
  stage.run(60_000);
  return told;
}

function inOrder(stage: Stage): void {
  for (const id of ['a', 'b', 'c']) {
    stage.join([id]);
    stage.run(300);
  }
}

/** c asked for the lock before b did, and is behind it in line: it is hidden. */
function lastFirst(stage: Stage): void {
  for (const id of ['a', 'c', 'b']) {
    stage.join([id]);
    if (id === 'c') stage.do('c', ({ election }) => election.feed({ type: 'visible', visible: false }));
    stage.run(300);
  }
}

const leads = (told: readonly Told[]): readonly string[] =>
  told.filter(({ id, leader }) => id === leader).map(({ id }) => id);

test.each([100, 1_000, 2_500, 3_500, 5_000])(
  'L1: a new leader that keeps its page busy for %i ms takes the lock from nobody that has come to lead meanwhile',
  (busyMs) => {
    for (const join of [inOrder, lastFirst]) {
      const told = crashInto(join, busyMs);
      expect(told[0]).toMatchObject({ id: 'b', leader: 'b' });
      const began = told.findIndex(({ id, leader }) => id === 'c' && leader === 'c');
      if (began < 0) continue;
      // It may hand over to one that can be seen, which was better for a while.
      const over = told.slice(began + 1).find(({ id }) => id === 'c');
      if (over) expect(over.atMs - told[began]!.atMs).toBeGreaterThan(1_400);
      expect(leads(told)).toEqual(over ? ['b', 'c', 'b'] : ['b', 'c']);
    }
  },
);

test.each([9_000, 30_000])(
  'L1: one that keeps its page busy for %i ms is robbed as any leader that does not respond, and follows when it is done',
  (busyMs) => {
    for (const join of [inOrder, lastFirst]) {
      const told = crashInto(join, busyMs);
      expect(leads(told).slice(0, 2)).toEqual(['b', 'c']);
      const { atMs } = told.find(({ id, leader }) => id === 'c' && leader === 'c')!;
      expect(atMs).toBeGreaterThan(1_600);
      expect(atMs).toBeLessThan(6_000);
      const after = told.filter((one) => one.atMs > busyMs);
      expect(after[0]).toMatchObject({ id: 'b', leader: null });
      expect(after[1]).toMatchObject({ id: 'b', leader: 'c' });
      // The one that can be seen is handed the lead again, once it was better for a while.
      const again = after.find(({ id, leader }) => id === 'b' && leader === 'b');
      expect(again === undefined).toBe(join === inOrder);
      if (again) expect(again.atMs - busyMs).toBeGreaterThan(1_400);
    }
  },
);
