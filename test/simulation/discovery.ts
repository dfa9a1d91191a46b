import { mix, unit } from './random.ts';
import type { Tenant } from './tenant.ts';
import type { Meeting, World } from './world.ts';

/** A member that discovery hears nothing of is dropped from the views after so long. */
const graceMs = 30_000;

/**
 * The discovery of a room: it shows views, says goodbyes on, and hints at members whose connection closed. It is late,
 * misses things and goes blind, but never says that a member left because something failed (D1).
 */
export class SimulatedDiscovery implements Meeting {
  readonly #world: World<Tenant>;
  readonly #roster = new Set<Tenant>();
  /** How many faults keep a seat from its discovery. */
  readonly #blind: number[];
  readonly #shown = new Map<Tenant, number>();
  #view = 0;

  constructor(world: World<Tenant>) {
    this.#world = world;
    this.#blind = Array.from({ length: world.schedule.seats }, () => 0);
  }

  enter(life: Tenant): void {
    this.#later(life, 1, () => {
      if (this.#sees(life) && !this.#roster.has(life)) this.#admit(life);
    });
  }

  goodbye(life: Tenant): void {
    if (!this.#sees(life)) return this.lost(life);
    this.#remove(life);
    const view = this.#view;
    for (const other of this.#roster) {
      if (!this.#sees(other) || !this.#chance(life, other, this.#world.schedule.conditions.goodbyes)) continue;
      this.#later(other, life.index, () => {
        // Goodbyes are said in views (D2): one that comes behind a view with that id again is dropped.
        const isBack = (this.#shown.get(other) ?? -1) > view && this.#peers().has(life.id);
        if (!isBack) other.take({ type: 'departed', peer: life.id });
      });
    }
    this.#show();
  }

  /** Its connection closed without a word. */
  lost(life: Tenant): void {
    for (const other of this.#roster) {
      if (other === life || !this.#sees(other)) continue;
      if (this.#chance(life, other, this.#world.schedule.conditions.hints))
        this.#later(other, life.index, () => other.take({ type: 'hint', peer: life.id }));
    }
    this.#dropUnheard(life);
  }

  blind(seat: number): void {
    this.#blind[seat]!++;
    const { life } = this.#world.seats[seat]!;
    if (life !== null) this.#dropUnheard(life);
  }

  see(seat: number): void {
    if (--this.#blind[seat]! > 0) return;
    const { life } = this.#world.seats[seat]!;
    if (life === null || life.state === 'crashed' || life.state === 'left') return;
    if (this.#roster.has(life)) this.#showTo(life);
    else this.enter(life);
  }

  /** The same view once more. */
  repeat(life: Tenant): void {
    if (life.state === 'running' && this.#roster.has(life)) life.take({ type: 'members', peers: this.#peers() });
  }

  /** Everybody sees everything again, as it is. */
  settle(): void {
    this.#blind.fill(0);
    const { keepsDead } = this.#world.schedule.conditions;
    for (const life of this.#world.lives) {
      const alive = life.state === 'starting' || life.state === 'running';
      if (alive) this.#roster.add(life);
      else if (life.state === 'left' || !keepsDead) this.#roster.delete(life);
    }
    this.#show();
  }

  #admit(life: Tenant): void {
    this.#roster.add(life);
    this.#show();
  }

  #remove(life: Tenant): void {
    this.#roster.delete(life);
  }

  #dropUnheard(life: Tenant): void {
    if (life.state === 'crashed' && this.#world.schedule.conditions.keepsDead) return;
    this.#world.at(this.#world.nowMs + graceMs, () => {
      const heard = this.#sees(life) && (life.state === 'running' || life.state === 'starting');
      if (heard || !this.#roster.has(life)) return;
      this.#remove(life);
      this.#show();
    });
  }

  #show(): void {
    this.#view++;
    for (const life of this.#roster) this.#showTo(life);
  }

  #showTo(life: Tenant): void {
    if (!this.#sees(life)) return;
    const view = this.#view;
    const peers = this.#peers();
    this.#later(life, view, () => {
      // Views are numbered (D2): an older one that comes late is dropped.
      if (!this.#sees(life) || (this.#shown.get(life) ?? -1) >= view) return;
      this.#shown.set(life, view);
      if (life.state === 'starting') life.start(peers);
      else life.take({ type: 'members', peers });
    });
  }

  #peers(): ReadonlySet<string> {
    const peers = new Set<string>();
    for (const life of this.#roster) peers.add(life.id);
    return peers;
  }

  #sees(life: Tenant): boolean {
    return this.#blind[life.seat.index] === 0;
  }

  #chance(life: Tenant, other: Tenant, probability: number): boolean {
    return unit(mix(this.#world.draw(life.index, other.index), 21)) < probability;
  }

  #later(life: Tenant, number: number, run: () => void): void {
    const share = unit(mix(this.#world.draw(life.index, number), 22));
    this.#world.at(this.#world.nowMs + this.#world.schedule.conditions.discoveryMs * (0.2 + 0.8 * share), run);
  }
}
