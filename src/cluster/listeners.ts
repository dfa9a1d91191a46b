import mitt from 'mitt';
import { onAbort } from './on-abort.ts';
import { assertFunction } from './values.ts';

/** Its types are those of a CommonJS module, whose `default` this would be; what is loaded is the function itself. */
const emitter = mitt as unknown as typeof mitt.default;

/**
 * Events by name. A listener that throws harms neither the others nor the library, and all of them hear the events in
 * the order in which things happened: one that a listener causes waits until everybody has heard the one before.
 */
export class Listeners<Events extends Record<string, unknown>> {
  readonly #emitter = emitter<Events>();
  /** The first one is being told. */
  readonly #untold: (() => void)[] = [];

  /** Returns its own undo. The same function may be attached more than once. */
  on<Name extends keyof Events>(name: Name, run: (event: Events[Name]) => void): () => void {
    assertFunction(run, 'a listener');
    let attached = true;
    const guarded = (event: Events[Name]): void => {
      if (attached) runGuarded(run, event);
    };
    this.#emitter.on(name, guarded);
    return () => {
      attached = false;
      this.#emitter.off(name, guarded);
    };
  }

  /** Resolves at the next such event; rejects with the signal's reason if that aborts before, or has. */
  next(name: keyof Events, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        for (const undo of undos) undo();
        settle();
      };
      const undos = [
        this.on(name, () => end(resolve)),
        onAbort(signal, () => end(() => reject(signal?.reason as Error))),
      ];
    });
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    this.#untold.push(() => this.#emitter.emit(name, event));
    if (this.#untold.length > 1) return;
    for (let tell = this.#untold[0]; tell; tell = this.#untold[0]) {
      tell();
      this.#untold.shift();
    }
  }
}

/** What the application's own function throws surfaces as an uncaught error, in a job of its own. */
function runGuarded<Event>(run: (event: Event) => void, event: Event): void {
  try {
    run(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
