import { exitSignalsOf } from './exit-signals.ts';
import { clock, globalWebRtc, globalWebSocket, noPages, randomBytes, timers } from './globals.ts';
import type { Platform } from './platform.ts';
import { randomHost } from './random-host.ts';

const host = randomHost();

export const platform: Platform = {
  name: 'bun',
  clock,
  timers,
  lifecycle: noPages,
  ...globalWebSocket(),
  hasWebRtc: globalWebRtc(),
  randomBytes,
  host: () => process.env['HOSTNAME'] ?? host(),
  onExitSignal: exitSignalsOf({
    listen: (signal, run) => void process.on(signal, run),
    unlisten: (signal, run) => void process.off(signal, run),
    raise: (signal) => void process.kill(process.pid, signal),
  }),
};
