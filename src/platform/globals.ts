import type { Clock, Lifecycle, SocketConstructor, Timers, Undo } from './platform.ts';

/** What the runtimes have in common: the globals that each of them has under the same name. */

export const clock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};

/** The longest delay that `setTimeout` takes; above it, it fires at once. */
const maxDelayMs = 2 ** 31 - 1;

export const timers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), maxDelayMs));
    return () => clearTimeout(timer);
  },
};

/** `getRandomValues` alone: `randomUUID` and `subtle` are missing on pages served over plain http. */
export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

const nothing: Undo = () => {};

/** For runtimes without pages. */
export const noPages: Lifecycle = {
  visible: () => true,
  onVisibility: () => nothing,
  onHide: () => nothing,
  onShow: () => nothing,
  onFreeze: () => nothing,
  onOnline: () => nothing,
};

/** For runtimes without signals. */
export function noExitSignals(): Undo {
  return nothing;
}

/** The runtime's own; undefined where it has none. */
export const globalWebSocket: SocketConstructor | undefined = (globalThis as { WebSocket?: SocketConstructor })
  .WebSocket;

export const hasGlobalWebRtc: boolean = 'RTCPeerConnection' in globalThis;
