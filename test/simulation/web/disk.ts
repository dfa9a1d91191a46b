import type { Timers } from '../../../src/platform/platform.ts';
import { MemoryDatabase } from '../../signaling-server/memory-database.ts';
import { mix, unit } from '../random.ts';
import type { Tenant } from '../tenant.ts';
import type { World } from '../world.ts';

/** The server's disk, which its processes use one after the other. What was not durable when one ended is lost. */
export class Disk {
  readonly #world: World<Tenant>;
  readonly #aboutMs: number;
  #timers: Timers | null = null;
  #database: MemoryDatabase;
  #writes = 0;
  #fills = 0;
  /** For the process of the moment. */
  isFull = false;

  constructor(world: World<Tenant>, aboutMs: number) {
    this.#world = world;
    this.#aboutMs = aboutMs;
    this.#database = this.#empty();
  }

  /** As a process finds it that runs on these timers. */
  open(timers: Timers): MemoryDatabase {
    this.#timers = timers;
    this.isFull = false;
    return (this.#database = this.#database.copy());
  }

  /** Nothing is durable on it. */
  get isBlank(): boolean {
    return this.#database.keys.length === 0;
  }

  /** It takes nothing more, until the next process opens it: which may find the first of what was refused all the same. */
  fill(): void {
    this.isFull = true;
    this.#database.fill(mix(this.#world.draw(2, 95), ++this.#fills) % 3);
  }

  /** Everything is gone. */
  lose(): void {
    this.#database = this.#empty();
  }

  #empty(): MemoryDatabase {
    const writeMs = (): number => this.#aboutMs * (0.3 + 1.4 * unit(mix(this.#world.draw(1, 95), ++this.#writes)));
    const after: Timers['after'] = (delayMs, run) => this.#timers!.after(delayMs, run);
    return new MemoryDatabase({ writeMs, timers: { after } });
  }
}
