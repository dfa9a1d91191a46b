import type { Undo } from '../platform/platform.ts';
import { onAbort } from './on-abort.ts';
import { assertFunction } from './values.ts';

interface Listener {
  readonly name: PropertyKey;
  readonly run: (event: never) => void;
}

/**
 * Events by name. A listener that throws harms neither the others nor the library, and all of them hear the events in
 * the order in which things happened: one that a listener causes waits until everybody has heard the one before.
 */
export class Listeners<Events extends Record<string, unknown>> {
  readonly #all = new Set<Listener>();
  /** The first one is being told. */
  readonly #untold: (() => void)[] = [];

  /** Whether anybody listens to that. */
  has(name: keyof Events): boolean {
    return [...this.#all].some((listener) => listener.name === name);
  }

  /**
   * Who listens to `*` hears everything, after the others. Returns its own undo. The same function may be attached more than
   * once.
   */
  on<Name extends keyof Events>(name: Name | '*', run: (event: Events[Name]) => void): Undo {
    assertFunction(run, 'a listener');
    const listener = { name, run };
    this.#all.add(listener);
    return () => void this.#all.delete(listener);
  }

  /** Resolves at the next such event; rejects with the signal's reason if that aborts before, or has. */
  async next(name: keyof Events, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const undos: Undo[] = [];
    try {
      await new Promise((resolve, reject) => undos.push(this.on(name, resolve), onAbort(signal, reject)));
    } finally {
      for (const undo of undos) undo();
    }
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    this.#untold.push(() => this.#tell(name, event as never));
    if (this.#untold.length > 1) return;
    for (let tell = this.#untold[0]; tell; tell = this.#untold[0]) {
      tell();
      this.#untold.shift();
    }
  }

  /** To all who listened before the first of them heard it, but for those who have been taken back meanwhile. */
  #tell(name: keyof Events, event: never): void {
    const all = [...this.#all];
    for (const to of [name, '*'])
      for (const listener of all)
        if (listener.name === to && this.#all.has(listener)) runGuarded(() => listener.run(event));
  }
}

/** What the application's own function throws surfaces as an uncaught error, in a job of its own. */
function runGuarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
