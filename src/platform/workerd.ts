import { clock, globalWebSocket, noExitSignals, noPages, randomBytes, timers } from './globals.ts';
import type { Platform } from './platform.ts';
import { randomHost } from './random-host.ts';

/** Cloudflare's runtime. Its random numbers and timers work within a request or an object only, never at load. */
export const platform: Platform = {
  name: 'workerd',
  clock,
  timers,
  lifecycle: noPages,
  WebSocket: globalWebSocket,
  hasWebRtc: false,
  randomBytes,
  host: randomHost(),
  onExitSignal: noExitSignals,
};
