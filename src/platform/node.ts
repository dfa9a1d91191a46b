import { hostname } from 'node:os';
import { WebSocket } from 'ws';
import { exitSignalsOf } from './exit-signals.ts';
import { clock, hasGlobalWebRtc, noPages, randomBytes, timers } from './globals.ts';
import type { Platform, SocketConstructor } from './platform.ts';

/** Node always uses `ws`: Node 20 has no WebSocket of its own. */
export const platform: Platform = {
  name: 'node',
  clock,
  timers,
  lifecycle: noPages,
  WebSocket: WebSocket as unknown as SocketConstructor,
  hasWebRtc: hasGlobalWebRtc,
  randomBytes,
  host: hostname,
  onExitSignal: exitSignalsOf({
    listen: (signal, run) => void process.on(signal, run),
    unlisten: (signal, run) => void process.off(signal, run),
    raise: (signal) => void process.kill(process.pid, signal),
  }),
};
