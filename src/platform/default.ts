import { clock, hasGlobalWebRtc, globalWebSocket, noExitSignals, noPages, randomBytes, timers } from './globals.ts';
import type { Platform } from './platform.ts';
import { randomHost } from './random-host.ts';

/** Any runtime that has the web's globals and is none of those with a file of their own. */
export const platform: Platform = {
  name: 'default',
  clock,
  timers,
  lifecycle: noPages,
  WebSocket: globalWebSocket,
  hasWebRtc: hasGlobalWebRtc,
  randomBytes,
  host: randomHost(),
  onExitSignal: noExitSignals,
};
