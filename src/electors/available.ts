import { Available } from '../core/available/available.ts';
import type { AvailableEffect, AvailableEvent } from '../core/available/events.ts';
import { Driver } from '../driver/driver.ts';
import type { Json } from '../protocol/json.ts';
import type { Election, ElectionEffect, ElectionOptions, Elector } from './elector.ts';
import { isMemberEvent } from './member-events.ts';
import { freshSeed } from '../driver/seed.ts';

/** What `lazyAvailable` loads: see there. For whoever cannot wait for it, such as tests whose time is virtual. */
export function available(): Elector {
  return { name: 'available', charter: { elector: 'available' }, start };
}

function start({ self, platform, clocks, priority, minMembers, termsAbove = 0, apply }: ElectionOptions): Election {
  const core = new Available({ id: self, seed: freshSeed(platform), priority, minMembers, termsAbove });
  const driver = new Driver<AvailableEvent, AvailableEffect>({
    core,
    tick: { type: 'tick' },
    clocks,
    timers: platform.timers,
    // What the core says of values is `unknown`: they are JSON, as they came in, or records of plain fields.
    send: (to, message) => apply({ type: 'send', to, message: message as Json, lane: 'urgent' }),
    apply: (effect) => apply(effect as ElectionEffect),
  });
  const isLeader = (): boolean => core.isLeader(driver.now());
  return {
    isLeader,
    leader: () => core.leader(),
    published: () => core.published() as Json | undefined,
    canTransfer: (to) => isLeader() && core.canTransfer(to),
    leaseMs: () => null,
    feed(event) {
      if (isMemberEvent(event)) driver.feed(event);
    },
    leave: () => void driver.close({ type: 'leave' }),
    close: () => void driver.close(),
  };
}
