import mitt from 'mitt';
import type { Undo } from '../platform/platform.ts';
import { onAbort } from './on-abort.ts';
import { assertFunction } from './values.ts';

/** The part of mitt that is used here. Who listens to `*` hears everything, after the others. */
interface Emitter {
  readonly all: ReadonlyMap<PropertyKey, readonly unknown[]>;
  on(name: PropertyKey, run: (event: never) => void): void;
  off(name: PropertyKey, run: (event: never) => void): void;
  emit(name: PropertyKey, event: unknown): void;
}

/** Its types are those of a CommonJS module; what is loaded is the function itself. */
const emitter = mitt as unknown as () => Emitter;

/**
 * Events by name. A listener that throws harms neither the others nor the library, and all of them hear the events in
 * the order in which things happened: one that a listener causes waits until everybody has heard the one before.
 */
export class Listeners<Events extends Record<string, unknown>> {
  readonly #emitter = emitter();
  /** What is being told of, and then what waits to be. */
  readonly #untold: (() => void)[] = [];

  /** Whether anybody listens to that. */
  has(name: keyof Events): boolean {
    return (this.#emitter.all.get(name) ?? []).length > 0;
  }

  /** Returns its own undo. The same function may be attached more than once. */
  on<Name extends keyof Events>(name: Name | '*', run: (event: Events[Name]) => void): Undo {
    assertFunction(run, 'a listener');
    let attached = true;
    const guarded = (event: Events[Name]): void => {
      if (attached) runGuarded(() => run(event));
    };
    this.#emitter.on(name, guarded);
    return () => {
      attached = false;
      this.#emitter.off(name, guarded);
    };
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
    this.afterAll(() => this.#emitter.emit(name, event));
  }

  /** When everybody has heard all that has happened so far: at once, unless somebody is being told of something. */
  afterAll(run: () => void): void {
    if (this.#untold.push(run) > 1) return;
    try {
      for (const next of this.#untold) next(); // those as well that come meanwhile
    } finally {
      this.#untold.length = 0;
    }
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
