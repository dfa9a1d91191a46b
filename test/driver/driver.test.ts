import { expect, test } from 'vitest';
import type { DriverEffect, PersistEffect } from '../../src/core/step.ts';
import { Driver, type DriverOptions } from '../../src/driver/driver.ts';
import {
  type Persistence,
  PersistingDriver,
  type PersistingDriverOptions,
} from '../../src/driver/persisting-driver.ts';

type Event = { readonly type: string; readonly upTo?: number };
type PlainEffect = DriverEffect<unknown> | { readonly type: 'told'; readonly of: string };
type Effect = PlainEffect | PersistEffect<string>;

function rig(step: (event: Event) => readonly Effect[], persistence?: Persistence<Event>) {
  const log: string[] = [];
  const armed: { delayMs: number; run: () => void }[] = [];
  const options: Omit<PersistingDriverOptions<Event, Effect>, 'persistence'> = {
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
  };
  const driver = persistence
    ? new PersistingDriver({ ...options, persistence })
    : new Driver(options as DriverOptions<Event, PlainEffect>);
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

test('a wake that is nearer than any clock can tell is awaited for a microsecond, not for nothing for ever', () => {
  const { driver, armed } = rig(() => [{ type: 'wake', at: 2 ** -40 }]);
  driver.feed({ type: 'a' });
  expect(armed.map((timer) => timer.delayMs)).toEqual([0.001]);
});

test('a wake that has been is not armed again, whatever the tick is answered with', () => {
  const { driver, armed } = rig(({ type }) => (type === 'a' ? [{ type: 'wake', at: 0 }] : []));
  driver.feed({ type: 'a' });
  armed.splice(0)[0]!.run();
  expect(armed).toEqual([]);
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

/** A storage that becomes durable when the test says so. */
function slowDisk() {
  const writes: { readonly state: unknown; done(): void; fail(error: Error): void }[] = [];
  const failures: unknown[] = [];
  const persistence: Persistence<Event> = {
    write: (state) => new Promise((resolve, reject) => writes.push({ state, done: resolve, fail: reject })),
    persisted: (upTo) => ({ type: 'persisted', upTo }),
    failed: (error) => void failures.push(error),
  };
  return { persistence, writes, failures };
}

/** Persists everything but the news of what is durable. */
function persisting() {
  const events: string[] = [];
  let number = 0;
  const step = ({ type, upTo }: Event): readonly Effect[] => {
    events.push(upTo === undefined ? type : `${type} ${upTo}`);
    if (type === 'persisted') return [{ type: 'told', of: `durable ${upTo}` }];
    return [
      { type: 'persist', number: ++number, state: type },
      { type: 'told', of: type },
    ];
  };
  return { step, events };
}

test('a core that keeps state is refused by a driver that cannot: the compiler sees it', () => {
  const { step } = persisting();
  const options = { core: { step }, tick: { type: 'tick' }, clocks: { now: () => ({ fast: 0, slow: 0 }) } };
  const rest = { timers: { after: () => () => {} }, send: () => {} };
  const apply = (effect: Extract<Effect, { readonly type: 'told' }>): string => effect.of;
  // @ts-expect-error Nobody would take what is to be durable.
  expect(new Driver<Event, Effect>({ ...options, ...rest, apply })).toBeInstanceOf(Driver);
});

test('the core goes on while its state is written, and is told of each write once it is durable', async () => {
  const { step, events } = persisting();
  const { persistence, writes } = slowDisk();
  const { driver, log } = rig(step, persistence);
  driver.feed({ type: 'a' });
  driver.feed({ type: 'b' });
  expect([writes.map(({ state }) => state), log]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
  writes[0]?.done();
  await Promise.resolve();
  expect(events).toEqual(['a', 'b', 'persisted 1']);
  writes[1]?.done();
  await Promise.resolve();
  expect(log).toEqual(['a', 'b', 'durable 1', 'durable 2']);
});

test('what is to be durable is on its way before those above are told, and before anything is sent', () => {
  const writes: string[] = [];
  const persistence = {
    ...slowDisk().persistence,
    write: () => (writes.push(log.join()), new Promise<void>(() => {})),
  };
  const { driver, log } = rig(
    () => [
      { type: 'told', of: 'news' },
      { type: 'send', to: 'a', message: null },
      { type: 'persist', number: 1, state: 'written' },
      { type: 'send', to: 'b', message: null },
    ],
    persistence,
  );
  driver.feed({ type: 'a' });
  expect(writes).toEqual(['']);
  expect(log).toEqual(['news', 'send a', 'send b']);
});

test('where there is nothing to wait for, the core is told as its next event', () => {
  const { step, events } = persisting();
  const { driver, log } = rig(step, { ...slowDisk().persistence, write: () => null });
  driver.feed({ type: 'first' });
  expect(log).toEqual(['first', 'durable 1', 'second', 'durable 2']);
  expect(events).toEqual(['first', 'persisted 1', 'second', 'persisted 2']);
});

test('a write that fails stops the driver, and is told once', async () => {
  const { step, events } = persisting();
  const { persistence, writes, failures } = slowDisk();
  const { driver } = rig(step, persistence);
  driver.feed({ type: 'a' });
  driver.feed({ type: 'b' });
  const full = new Error('the disk is full');
  writes[0]?.fail(full);
  writes[1]?.fail(full);
  await new Promise((resolve) => setImmediate(resolve));
  driver.feed({ type: 'c' });
  expect([events, failures]).toEqual([['a', 'b'], [full]]);
});

test('what becomes durable after closing is not told any more, nor what fails', async () => {
  const { step, events } = persisting();
  const { persistence, writes, failures } = slowDisk();
  const { driver } = rig(step, persistence);
  driver.feed({ type: 'a' });
  driver.feed({ type: 'b' });
  driver.close();
  writes[0]?.done();
  writes[1]?.fail(new Error('too late to matter'));
  await new Promise((resolve) => setImmediate(resolve));
  expect([events, failures]).toEqual([['a', 'b'], []]);
});
