import { freshPeerId } from '../protocol/ids.ts';
import { newAlarmWorker } from './alarm-worker.ts';
import { clock, globalWebSocket, hasGlobalWebRtc, noExitSignals, randomBytes, timers } from './globals.ts';
import { pageLifecycle } from './page-lifecycle.ts';
import { pageTimers } from './page-timers.ts';
import type { Platform } from './platform.ts';
import { storedHost } from './stored-host.ts';

const lifecycle = pageLifecycle(globalThis);
const nowMs = (): number => clock.monotonicMs();

/** Pages, and workers of pages: a worker has neither a document nor local storage. */
export const platform: Platform = {
  name: 'browser',
  clock,
  timers: 'document' in globalThis ? pageTimers({ own: timers, lifecycle, nowMs, newWorker: newAlarmWorker }) : timers,
  lifecycle,
  WebSocket: globalWebSocket,
  hasWebRtc: hasGlobalWebRtc,
  randomBytes,
  locks: globalThis.navigator?.locks,
  counters: () => globalThis.indexedDB,
  broadcast: globalThis.BroadcastChannel,
  host: storedHost(
    () => localStorage,
    () => freshPeerId(randomBytes),
  ),
  onExitSignal: noExitSignals,
};
