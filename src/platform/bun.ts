import { exitSignalsOf } from './exit-signals.ts';
import { clock, hasGlobalWebRtc, globalWebSocket, noPages, randomBytes, timers } from './globals.ts';
import type { Platform } from './platform.ts';
import { randomHost } from './random-host.ts';

const host = randomHost();

export const platform: Platform = {
  name: 'bun',
  clock,
  timers,
  lifecycle: noPages,
  WebSocket: globalWebSocket,
  hasWebRtc: hasGlobalWebRtc,
  randomBytes,
  host: () => process.env['HOSTNAME'] ?? host(),
  onExitSignal: exitSignalsOf({
    listen: (signal, run) => void process.on(signal, run),
    unlisten: (signal, run) => void process.off(signal, run),
    raise: (signal) => void process.kill(process.pid, signal),
  }),
};
