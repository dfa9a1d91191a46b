import { Garbage } from '../checkers/garbage.ts';
import { Heralded } from '../checkers/heralded.ts';
import { OneAtOnce } from '../checkers/one-at-once.ts';
import { Pace } from '../checkers/pace.ts';
import { Reads } from '../checkers/reads.ts';
import { Signal } from '../checkers/signal.ts';
import { Silence } from '../checkers/silence.ts';
import { Terms } from '../checkers/terms.ts';
import type { Subject } from '../subject.ts';
import { GrowingTerms } from './checkers/growing-terms.ts';
import { Robberies } from './checkers/robberies.ts';
import { Steadfast } from './checkers/steadfast.ts';
import { Strangers } from './checkers/strangers.ts';
import { LockLife, SharedBrowser } from './life.ts';
import { Recovery } from './recovery.ts';

const pace = { timersPerSecond: 200, sendsPerSecond: 60, answersPerLate: 2, sendsPerEvent: 4 };

/** `lock()`: the promises L1, L2 and F1. */
export function lockSubject(): Subject<LockLife> {
  const browser = new SharedBrowser();
  return {
    bear: (world, seat, index) => new LockLife(world, seat, index, browser),
    checkers: [
      new OneAtOnce('L1: at most one isLeader at any instant of true time'),
      new GrowingTerms(),
      new Robberies(browser),
      new Strangers(browser),
      new Steadfast(browser),
      new Signal(),
      new Terms(),
      new Heralded('leader'),
      new Reads(),
      new Silence(),
      new Garbage(),
      new Pace(pace),
    ],
    recover: (world) => new Recovery(world).run(),
  };
}
