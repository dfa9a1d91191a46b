import mitt from 'mitt';

/** Its types are those of a CommonJS module, whose `default` this would be; what is loaded is the function itself. */
const emitter = mitt as unknown as typeof mitt.default;

/** Events by name. A listener that throws harms neither the others nor the library. */
export class Listeners<Events extends Record<string, unknown>> {
  readonly #emitter = emitter<Events>();

  /** Returns its own undo. The same function may be attached more than once. */
  on<Name extends keyof Events>(name: Name, run: (event: Events[Name]) => void): () => void {
    const guarded = (event: Events[Name]): void => runGuarded(run, event);
    this.#emitter.on(name, guarded);
    return () => this.#emitter.off(name, guarded);
  }

  /** Resolves at the next such event; rejects with the signal's reason if that aborts before. */
  next(name: keyof Events, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => end(() => reject(signal?.reason));
      const undo = this.on(name, () => end(resolve));
      const end = (settle: () => void): void => {
        undo();
        signal?.removeEventListener('abort', abort);
        settle();
      };
      signal?.addEventListener('abort', abort);
    });
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    this.#emitter.emit(name, event);
  }
}

/** What the application's own function throws surfaces as an uncaught error, in a job of its own. */
export function runGuarded<Args extends readonly unknown[]>(run: (...args: Args) => void, ...args: Args): void {
  try {
    run(...args);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
