import type { Undo } from './platform.ts';

/** How a runtime tells of signals: the part of Node's `process` that is used here. */
export interface SignalSource {
  listen(signal: ExitSignal, run: () => void): void;
  unlisten(signal: ExitSignal, run: () => void): void;
  /** Sends the signal to this process. */
  raise(signal: ExitSignal): void;
}

const exitSignals = ['SIGINT', 'SIGTERM'] as const;
export type ExitSignal = (typeof exitSignals)[number];

/**
 * Holds the first signal back until `run` has settled, then raises it again without listening. Of several that hold the
 * same signal back, the last to settle ends the process: until then each raised signal still meets a listener.
 */
export function exitSignalsOf(source: SignalSource): (run: () => Promise<void>) => Undo {
  return (run) => {
    let ending = false;
    const listeners = exitSignals.map((signal) => [signal, () => void end(signal)] as const);
    const undo: Undo = () => {
      for (const [signal, listener] of listeners.splice(0)) source.unlisten(signal, listener);
    };
    const end = async (signal: ExitSignal): Promise<void> => {
      if (ending) return;
      ending = true;
      try {
        await run();
      } finally {
        undo();
        source.raise(signal);
      }
    };
    for (const [signal, listener] of listeners) source.listen(signal, listener);
    // While a signal is held back, taking the listeners away would let the next one end the process too early.
    return () => {
      if (!ending) undo();
    };
  };
}
