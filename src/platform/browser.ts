import { clock, hasGlobalWebRtc, globalWebSocket, noExitSignals, randomBytes, timers } from './globals.ts';
import { pageLifecycle } from './page-lifecycle.ts';
import type { Platform } from './platform.ts';
import { randomHost } from './random-host.ts';
import { storedHost } from './stored-host.ts';

/** Pages, and workers of pages: a worker has neither a document nor local storage. */
export const platform: Platform = {
  name: 'browser',
  clock,
  timers,
  lifecycle: pageLifecycle(globalThis),
  WebSocket: globalWebSocket,
  hasWebRtc: hasGlobalWebRtc,
  randomBytes,
  host: storedHost(() => localStorage, randomHost()),
  onExitSignal: noExitSignals,
};
