import { mix } from '../random.ts';
import type { Tenant } from '../tenant.ts';
import type { World } from '../world.ts';

interface Packet {
  readonly bytes: number;
  readonly arrive: () => void;
}

export interface PipeEnds {
  /** Places, by their number. */
  readonly from: number;
  readonly to: number;
  /** Draws how long each packet takes. */
  readonly state: number;
  /** Nothing got through for so long that the sender's side gave up. */
  readonly onBroken: () => void;
}

const firstRetryMs = 200;
const lastRetryMs = 1_000;
/** What the kernels along the way take without a word. */
const kernelBytes = 64 * 1024;

/** One direction of one connection, as TCP makes it: what is sent arrives in order, late, or from some moment on never. */
export class Pipe {
  readonly #world: World<Tenant>;
  readonly #ends: PipeEnds;
  readonly #queue: Packet[] = [];
  #sent = 0;
  #waitingBytes = 0;
  #arrivesMs = 0;
  #stalledUntilMs = 0;
  /** Since when the first in the queue has been sent again and again. */
  #stuckSinceMs: number | null = null;
  #retryMs = firstRetryMs;
  #isDead = false;

  constructor(world: World<Tenant>, ends: PipeEnds) {
    this.#world = world;
    this.#ends = ends;
  }

  /** What `send` took and the network did not yet. */
  get bufferedBytes(): number {
    return Math.max(0, this.#waitingBytes - kernelBytes);
  }

  send(bytes: number, arrive: () => void): void {
    this.#waitingBytes += bytes;
    if (this.#isDead) return;
    this.#queue.push({ bytes, arrive });
    if (this.#stuckSinceMs === null) this.#pump();
  }

  /** What is not on its way yet leaves later. */
  stall(forMs: number): void {
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.#world.nowMs + forMs);
  }

  /** From now on nothing that is sent arrives, and nobody is told. */
  vanish(): void {
    this.#isDead = true;
    this.#queue.length = 0;
  }

  #pump(): void {
    const { nowMs } = this.#world;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const hash = mix(this.#ends.state, ++this.#sent);
      const { delayMs, isLost } = this.#world.network.trip(this.#ends.from, this.#ends.to, hash);
      if (isLost || nowMs < this.#stalledUntilMs) return this.#retryLater();
      this.#queue.shift();
      this.#stuckSinceMs = null;
      this.#retryMs = firstRetryMs;
      this.#deliver(next, Math.max(this.#arrivesMs, nowMs + delayMs));
    }
  }

  #deliver({ bytes, arrive }: Packet, atMs: number): void {
    this.#arrivesMs = atMs;
    this.#world.at(atMs, () => {
      this.#waitingBytes -= bytes;
      arrive();
    });
  }

  #retryLater(): void {
    const { nowMs, schedule } = this.#world;
    this.#stuckSinceMs ??= nowMs;
    if (nowMs - this.#stuckSinceMs > schedule.conditions.patienceMs) {
      this.vanish();
      return this.#ends.onBroken();
    }
    this.#world.at(nowMs + this.#retryMs, () => {
      if (!this.#isDead) this.#pump();
    });
    this.#retryMs = Math.min(2 * this.#retryMs, lastRetryMs);
  }
}
