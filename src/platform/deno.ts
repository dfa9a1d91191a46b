import { exitSignalsOf, type ExitSignal } from './exit-signals.ts';
import { clock, hasGlobalWebRtc, globalWebSocket, noPages, randomBytes, timers } from './globals.ts';
import type { Platform } from './platform.ts';
import { randomHost } from './random-host.ts';

/** The part of Deno's global that is used here. */
declare const Deno: {
  readonly pid: number;
  hostname(): string;
  addSignalListener(signal: ExitSignal, run: () => void): void;
  removeSignalListener(signal: ExitSignal, run: () => void): void;
  kill(pid: number, signal: ExitSignal): void;
};

const fallbackHost = randomHost();

/** Reading the machine's name takes `--allow-sys=hostname`; without it the process stands for the machine. */
function host(): string {
  try {
    return Deno.hostname();
  } catch {
    return fallbackHost();
  }
}

export const platform: Platform = {
  name: 'deno',
  clock,
  timers,
  lifecycle: noPages,
  WebSocket: globalWebSocket,
  hasWebRtc: hasGlobalWebRtc,
  randomBytes,
  host,
  onExitSignal: exitSignalsOf({
    listen: (signal, run) => Deno.addSignalListener(signal, run),
    unlisten: (signal, run) => Deno.removeSignalListener(signal, run),
    raise: (signal) => Deno.kill(Deno.pid, signal),
  }),
};
