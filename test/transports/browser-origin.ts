import type { Broadcast } from '../../src/platform/broadcast.ts';
import type { Timers } from '../../src/platform/platform.ts';

interface Port {
  readonly name: string;
  readonly hear: ((message: unknown) => void) | undefined;
}

/** Channels of one origin in one browser. Counts the copies that browsers make: one for each other port that is open. */
export class BrowserOrigin {
  readonly ports = new Set<Port>();
  copies = 0;

  /** Delivers at once; or by the timers of the page that hears, where they are given: so a frozen page hears later. */
  readonly broadcast = (timers?: Timers): Broadcast => {
    return (name, listener) => {
      const hear =
        timers && listener ? (message: unknown): void => void timers.after(0, () => listener(message)) : listener;
      const port = { name, hear };
      this.ports.add(port);
      return {
        post: (message) => {
          for (const other of this.ports) {
            if (other === port || other.name !== name) continue;
            this.copies++;
            other.hear?.(structuredClone(message));
          }
        },
        close: () => this.ports.delete(port),
      };
    };
  };
}
