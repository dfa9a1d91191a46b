import type { Snapshot } from 'bellwether';
import { attributes, part, write } from './element.ts';
import type { Stage } from './stage.ts';
import { flockOf } from './flock.ts';
import { listed } from './words.ts';

export interface Wishes {
  onHandOver(): void;
  onFreeze(): void;
  onLeave(): void;
  onCut(): void;
  onCutMine(): void;
  onHeal(): void;
}

const button = (testId: string): HTMLButtonElement => part<HTMLButtonElement>(testId);

export function listenToButtons(wishes: Wishes): void {
  button('button-handover').addEventListener('click', () => wishes.onHandOver());
  button('button-freeze').addEventListener('click', () => wishes.onFreeze());
  button('button-leave').addEventListener('click', () => wishes.onLeave());
  button('button-cut').addEventListener('click', () => wishes.onCut());
  button('button-cut-mine').addEventListener('click', () => wishes.onCutMine());
  button('button-heal').addEventListener('click', () => wishes.onHeal());
}

export interface Choices {
  readonly snapshot: Snapshot;
  readonly stage: Stage;
  /** The names of the members that are selected. */
  readonly chosen: readonly string[];
  /** The name of the one who would get the bell, where one is selected. */
  readonly heir: string | null;
}

/** Says on each button what it would do now, and offers only what makes sense. */
export function showActions({ snapshot, stage, chosen, heir }: Choices): void {
  const { cut, frozen } = stage;
  const others = flockOf(snapshot).length - 1;
  const alone = others === 0;
  const secondsLeft = cut ? Math.max(0, Math.ceil((cut.healsAtMs - performance.now()) / 1000)) : 0;
  show('button-handover', heir ? `Hand over to ${heir}` : snapshot.leader?.isSelf ? 'Hand over' : 'Take the bell', {
    disabled: alone || frozen || !snapshot.leader,
  });
  show('button-freeze', frozen ? 'Thaw' : 'Freeze me', { 'aria-pressed': String(frozen) });
  show('button-leave', 'Leave', {});
  show('button-cut', chosen.length > 0 && chosen.length <= others ? `Cut off ${listed(chosen)}` : 'Cut in two', {
    disabled: alone || frozen,
  });
  show('button-cut-mine', 'Cut my links', { disabled: alone || frozen });
  // Others may be cut where this page is not: healing is on offer wherever there are several.
  show('button-heal', cut ? `Heal (${secondsLeft} s)` : 'Heal', {
    disabled: alone,
    'data-urgent': String(cut !== null),
  });
  write(part('hint'), hint(others, chosen, stage));
}

/** Outside there is one way: back. */
export function showWayBack(): void {
  for (const testId of ['button-handover', 'button-freeze', 'button-cut', 'button-cut-mine', 'button-heal']) {
    attributes(button(testId), { disabled: true });
  }
  show('button-leave', 'Rejoin', {});
  write(part('hint'), 'This page has left. Rejoin to come back as a new member.');
}

function show(testId: string, text: string, state: Readonly<Record<string, string | boolean>>): void {
  write(button(testId), text);
  attributes(button(testId), { disabled: false, ...state });
}

function hint(others: number, chosen: readonly string[], { cut, frozen }: Stage): string {
  if (frozen) return 'This page is frozen. The others go on without it.';
  if (others === 0) return 'Alone so far: open another tab, and there is something to elect.';
  if (chosen.length > 0) return `${listed(chosen)} selected.`;
  return cut ? 'Drag one back to the others to heal the cut.' : 'Drag one away to cut it off, or select some.';
}
