import { describe, expect, it } from 'vitest';
import { reliableMs } from '../../../src/core/quorum/pace.ts';
import { Rounds } from '../../../src/core/quorum/rounds.ts';

describe('what a leader remembers of its rounds', () => {
  it('Q2: is when each was sent and what it asked for, whatever later ones ask for', () => {
    const rounds = new Rounds(0);
    const first = rounds.begin(1_000, 250);
    const second = rounds.begin(1_100, 5_000);
    expect([first, second, rounds.last]).toEqual([1, 2, 2]);
    expect([rounds.sentAt(first), rounds.coversUntil(first)]).toEqual([1_000, 1_000 + reliableMs(250)]);
    expect([rounds.sentAt(second), rounds.coversUntil(second)]).toEqual([1_100, 1_100 + reliableMs(5_000)]);
  });

  it('Q2: is nothing of a round so long ago that another has its place: a late answer to it extends no lease', () => {
    const rounds = new Rounds(0);
    const sent = new Map<number, number>();
    for (let at = 0; at < 1_000; at += 10) sent.set(rounds.begin(at, 250), at);
    let remembered = 0;
    for (const [round, at] of sent) {
      if (rounds.sentAt(round) === -Infinity) expect(rounds.coversUntil(round)).toBe(-Infinity);
      else {
        expect([rounds.sentAt(round), rounds.coversUntil(round)]).toEqual([at, at + reliableMs(250)]);
        remembered++;
      }
    }
    expect(remembered).toBeGreaterThan(10);
    expect(remembered).toBeLessThan(sent.size);
  });

  it('Q2: is nothing of rounds of an earlier leadership, or of the future', () => {
    const rounds = new Rounds(7);
    for (const round of [1, 7, 8])
      expect([rounds.sentAt(round), rounds.coversUntil(round)]).toEqual([-Infinity, -Infinity]);
    expect(rounds.begin(50, 250)).toBe(8);
    expect(rounds.sentAt(8)).toBe(50);
    expect(rounds.coversUntil(72)).toBe(-Infinity);
  });
});
