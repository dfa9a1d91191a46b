import type { Broadcast } from '../../../src/platform/broadcast.ts';
import { mix, unit } from '../random.ts';
import type { Tenant } from '../tenant.ts';
import type { World } from '../world.ts';

interface Port {
  readonly life: Tenant;
  readonly name: string;
  readonly hear: ((message: unknown) => void) | undefined;
  /** What is posted to it arrives in order. */
  arrivesMs: number;
}

/** From one page to another, at most. */
const tripMs = 2;

/** The browsers that members are tabs of, and the channels that the tabs of one share: no network, and no server. */
export class Browsers {
  readonly #world: World<Tenant>;
  readonly #ports = new Set<Port>();
  #posted = 0;

  constructor(world: World<Tenant>) {
    this.#world = world;
  }

  /** `null`: no tab, or of a browser that keeps its tabs apart. */
  hostOf(life: Tenant): string | null {
    const browser = this.#world.schedule.web!.tabsOf?.[life.seat.index];
    return browser === undefined ? null : `browser-${browser}`;
  }

  /** What a member opens its channels with. */
  broadcastOf(life: Tenant): Broadcast | undefined {
    if (this.hostOf(life) === null) return undefined;
    return (name, hear) => {
      const port: Port = { life, name, hear, arrivesMs: 0 };
      this.#ports.add(port);
      return {
        post: (message) => {
          for (const other of this.#ports)
            if (other !== port && other.name === name && this.hostOf(other.life) === this.hostOf(life))
              this.#carry(structuredClone(message), life, other);
        },
        close: () => this.#ports.delete(port),
      };
    };
  }

  /** A frozen tab hears it when it thaws, and one that crashed never. */
  #carry(message: unknown, from: Tenant, to: Port): void {
    const world = this.#world;
    to.arrivesMs = Math.max(to.arrivesMs, world.nowMs + tripMs * unit(mix(world.draw(from.index, 95), ++this.#posted)));
    const run = (): void => {
      if (this.#ports.has(to)) to.hear?.(message);
    };
    world.at(to.arrivesMs, () => {
      if (to.life.state === 'running') to.life.take({ type: 'heard', what: `${from.label} by broadcast`, run });
    });
  }
}
