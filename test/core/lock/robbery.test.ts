import { expect, test } from 'vitest';
import { Member } from '../../../src/core/lock/member.ts';
import { Robbery } from '../../../src/core/lock/robbery.ts';
import { Watch } from '../../../src/core/lock/watch.ts';

/** A look that was begun just now. */
const answered = { startedAt: 0, renewed: null };

test('L1: who robs again and again waits twice as long each time, until it has seen somebody renew a claim', () => {
  const member = new Member({ id: 'a', chance: 0, priority: 0, minMembers: 1, preferVisible: true, maxTerm: 1 });
  const watch = new Watch(member);
  const robbery = new Robbery(member, watch, 0);
  /** How long nothing has to become of the claims before it does. */
  const patienceMs = (): number => {
    for (watch.silentMs = 0; !robbery.isDue(answered);) watch.silentMs += 10;
    return watch.silentMs;
  };
  const first = patienceMs();
  const next = [patienceMs(), patienceMs()];
  for (const [at, waitedMs] of next.entries()) expect(Math.abs(waitedMs - first * 2 ** (at + 1))).toBeLessThan(50);
  robbery.noteRenewal();
  expect(patienceMs()).toBe(first);
});

test('L1: of those in line each waits longer than the one before it, and whoever is in no line longest', () => {
  const line = ['a', 'b', 'c'];
  const waits = [...line, 'x'].map((id) => {
    const member = new Member({ id, chance: 0, priority: 0, minMembers: 1, preferVisible: true, maxTerm: 1 });
    member.line = line;
    const watch = new Watch(member);
    const robbery = new Robbery(member, watch, 0);
    while (!robbery.isDue(answered)) watch.silentMs += 10;
    return watch.silentMs;
  });
  for (const [at, waitedMs] of waits.slice(1).entries()) expect(waitedMs - waits[at]!).toBeGreaterThanOrEqual(990);
});

test('L1: nobody robs by a look that was answered while it hung: only where all looks take as long', () => {
  const member = new Member({ id: 'a', chance: 0, priority: 0, minMembers: 1, preferVisible: true, maxTerm: 1 });
  const watch = new Watch(member);
  const robbery = new Robbery(member, watch, 0);
  watch.silentMs = 1_000_000;
  member.now = { fast: 4_700, slow: 4_700 };
  member.looks.note(4_700);
  expect(robbery.isDue(answered)).toBe(false);
  member.looks.note(4_700);
  expect(robbery.isDue(answered)).toBe(true);
});
