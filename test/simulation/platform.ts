import { noExitSignals, noPages } from '../../src/platform/globals.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { mix } from './random.ts';
import type { Tenant } from './tenant.ts';
import { Timer } from './timer.ts';

/** The runtime that a member finds in its seat. `onTimer` hears of each timer that it sets. */
export function simulatedPlatform(life: Tenant, onTimer: (delayMs: number) => void): Platform {
  const { seat, world } = life;
  let drawn = 0;
  let timers = 0;
  return {
    name: 'simulation',
    clock: seat.clock,
    timers: {
      after(delayMs, run) {
        onTimer(delayMs);
        const timer = new Timer(life, delayMs, run, ++timers);
        return () => {
          timer.cancelled = true;
        };
      },
    },
    lifecycle: { ...noPages, visible: () => seat.visible },
    hasWebRtc: false,
    randomBytes: (length) => Uint8Array.from({ length }, () => mix(world.draw(life.index, 3), ++drawn) & 255),
    host: () => `host-${seat.index}`,
    onExitSignal: noExitSignals,
  };
}
