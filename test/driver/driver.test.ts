import { expect, test } from 'vitest';
import type { DriverEffect } from '../../src/core/step.ts';
import { Driver } from '../../src/driver/driver.ts';

type Event = { readonly type: string };
type Effect = DriverEffect<unknown> | { readonly type: 'told'; readonly of: string };

function rig(step: (event: Event) => readonly Effect[]) {
  const log: string[] = [];
  const armed: { delayMs: number; run: () => void }[] = [];
  const driver: Driver<Event, Effect> = new Driver<Event, Effect>({
    core: { step },
    tick: { type: 'tick' },
    clocks: { now: () => ({ fast: 0, slow: 0 }) },
    timers: {
      after: (delayMs, run) => {
        const timer = { delayMs, run };
        armed.push(timer);
        return () => void armed.splice(armed.indexOf(timer), 1);
      },
    },
    send: (to) => void log.push(`send ${to}`),
    apply: (effect) => {
      log.push(effect.of);
      if (effect.of === 'first') driver.feed({ type: 'second' });
    },
  });
  return { driver, log, armed };
}

test('an event fed from within an effect waits until all effects are out', () => {
  const { driver, log } = rig(({ type }) => [
    { type: 'told', of: type },
    { type: 'send', to: type, message: null },
  ]);
  driver.feed({ type: 'first' });
  expect(log).toEqual(['first', 'send first', 'second', 'send second']);
});

test('one timer is armed, for the last wake', () => {
  let at = 10;
  const { driver, armed } = rig(() => [{ type: 'wake', at: (at += 10) }]);
  driver.feed({ type: 'a' });
  driver.feed({ type: 'b' });
  expect(armed.map((timer) => timer.delayMs)).toEqual([30]);
});

test('closing with a last event carries out its sends, and nothing after', () => {
  const { driver, log, armed } = rig(({ type }) => [
    { type: 'told', of: type },
    { type: 'send', to: type, message: null },
    { type: 'wake', at: 5 },
  ]);
  driver.close({ type: 'bye' });
  driver.feed({ type: 'late' });
  expect(log).toEqual(['send bye']);
  expect(armed).toEqual([]);
});
