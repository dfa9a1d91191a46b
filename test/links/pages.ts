import { BroadcastLinks } from '../../src/links/broadcast-links.ts';
import type { Broadcast } from '../../src/platform/broadcast.ts';
import { platformOn, Station, type Time } from './world.ts';

interface Port {
  readonly name: string;
  readonly page: string;
  readonly hear: ((message: unknown) => void) | undefined;
  arrivesMs: number;
}

/** One browser: what its pages post to each other arrives once and in order, late as it may be. */
export class Browser {
  readonly time: Time;
  /** How long the next post takes. */
  tripMs: () => number = () => 1;
  /** What is posted now is lost: as no browser does it. */
  isDeaf = false;
  posts = 0;
  readonly #ports = new Set<Port>();
  readonly #frozen = new Map<string, (() => void)[]>();

  constructor(time: Time) {
    this.time = time;
  }

  broadcastOf(page: string): Broadcast {
    return (name, hear) => {
      const port: Port = { name, page, hear, arrivesMs: 0 };
      this.#ports.add(port);
      return {
        post: (message) => {
          this.posts++;
          for (const other of this.#ports)
            if (other !== port && other.name === name && !this.isDeaf) this.#carry(structuredClone(message), other);
        },
        close: () => this.#ports.delete(port),
      };
    };
  }

  /** Whatever somebody posts on the channel of that page. */
  post(page: string, message: unknown): void {
    for (const port of this.#ports) if (port.hear && port.page === page) this.#carry(message, port);
  }

  /** It hears what comes meanwhile when it thaws. */
  freeze(page: string): void {
    this.#frozen.set(page, []);
  }

  thaw(page: string): void {
    const waiting = this.#frozen.get(page) ?? [];
    this.#frozen.delete(page);
    for (const run of waiting) run();
  }

  #carry(message: unknown, to: Port): void {
    to.arrivesMs = Math.max(to.arrivesMs, this.time.nowMs + this.tripMs());
    const run = (): void => {
      if (this.#ports.has(to)) to.hear?.(message);
    };
    this.time.after(to.arrivesMs - this.time.nowMs, () => {
      const waiting = this.#frozen.get(to.page);
      if (waiting) waiting.push(run);
      else run();
    });
  }
}

/** A page that talks over nothing but BroadcastChannel. */
export class Page extends Station<BroadcastLinks> {
  constructor(id: string, browser: Browser, maxMessageBytes?: number) {
    const platform = { ...platformOn(browser.time, () => 0.5), broadcast: browser.broadcastOf(id) };
    const most = maxMessageBytes === undefined ? {} : { maxMessageBytes };
    super(id, browser.time, (parts) => new BroadcastLinks({ ...parts, ...most, platform, transports: [] }));
  }
}
