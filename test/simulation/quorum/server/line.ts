import { detourMs } from '../../distance.ts';
import { mix, unit } from '../../random.ts';
import type { World } from '../../world.ts';
import type { QuorumLife } from '../life.ts';
import type { Guest } from './guest.ts';
import type { Down, Up } from './messages.ts';
import type { RoomProcess } from './process.ts';

/**
 * One connection of a member to the server. What is said on it arrives in order, as long as nothing stands in the way. Once
 * something did, nothing arrives any more, and both sides find that out by the silence, or are told.
 */
export class Line {
  readonly guest: Guest;
  readonly life: QuorumLife;
  readonly process: RoomProcess;
  /** Neither side has given it up. */
  isOpen = true;
  /** In true time: when the server heard from it last. */
  heardMs: number;
  readonly #world: World<QuorumLife>;
  readonly #isClear: () => boolean;
  /** Where the server is. */
  readonly #place: number;
  #isBroken = false;
  #number = 0;
  /** By direction: the next one arrives later. */
  readonly #arrivesMs = { up: 0, down: 0 };

  constructor(guest: Guest, process: RoomProcess, place: number, isClear: () => boolean) {
    this.guest = guest;
    this.life = guest.life;
    this.#world = guest.life.world as World<QuorumLife>;
    this.process = process;
    this.heardMs = this.#world.nowMs;
    this.#isClear = isClear;
    this.#place = place;
  }

  up(message: Up): void {
    this.#carry('up', () => {
      this.heardMs = this.#world.nowMs;
      this.process.hear(this, message);
    });
  }

  down(message: Down): void {
    this.#carry('down', () => this.guest.receive(this, message));
  }

  /** Nothing passes any more. `toldMs`: when the other side hears of that; `null`: never. */
  break(toldMs: number | null): void {
    this.#isBroken = true;
    if (toldMs !== null) this.#world.at(this.#world.nowMs + toldMs, () => this.guest.lose(this));
  }

  #carry(way: 'up' | 'down', arrive: () => void): void {
    if (this.#isBroken || !this.#isClear()) return void (this.#isBroken = true);
    const { nowMs } = this.#world;
    const { conditions } = this.#world.schedule;
    const share = unit(mix(this.#world.draw(this.life.index, 81), ++this.#number));
    const delayMs =
      conditions.discoveryMs * (0.2 + 0.8 * share) + detourMs(conditions, this.life.seat.index, this.#place);
    const atMs = Math.max(this.#arrivesMs[way], nowMs + delayMs);
    this.#arrivesMs[way] = atMs;
    this.#world.at(atMs, () => {
      if (!this.#isBroken && this.#isClear()) arrive();
      else this.#isBroken = true;
    });
  }
}
