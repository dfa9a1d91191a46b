import type { FoundingEffect, FoundingEvent, Moment } from '../../../../src/core/founding/events.ts';
import { Founding } from '../../../../src/core/founding/founding.ts';
import type { Group } from '../../../../src/core/founding/group.ts';
import type { MachineClock } from '../../machine-clock.ts';
import type { World } from '../../world.ts';
import type { QuorumLife } from '../life.ts';
import type { House } from './house.ts';
import type { Line } from './line.ts';
import type { Up } from './messages.ts';

/** What is remembered of the room. */
export interface RoomRecord {
  readonly group: Group;
  readonly highest: number;
}

/** What it begins with. */
export interface RoomPast {
  readonly record: RoomRecord | null;
  /** A room that there is no record of never was. */
  readonly knowsAll: boolean;
  readonly highestEpoch: number;
}

/** One life of the server: the real rules of founding, and who sits there. */
export class RoomProcess {
  readonly founding: Founding;
  readonly #house: House;
  readonly #world: World<QuorumLife>;
  readonly #clock: MachineClock;
  readonly #seated = new Map<string, Line>();
  /** In the views: those that are seated, and those that were, lately. */
  readonly #roster = new Set<string>();
  #isOver = false;
  #wakes = 0;

  constructor(house: House, clock: MachineClock, { record, knowsAll, highestEpoch }: RoomPast) {
    this.#house = house;
    this.#world = house.world;
    this.#clock = clock;
    const past = record === null || record.group.epoch === 0 ? null : record.group;
    const isSure = knowsAll && past === null;
    this.founding = new Founding({
      hasWitness: house.witnessSeat !== null,
      charterMs: house.options.charterMs,
      past,
      contactMs: isSure ? -Infinity : this.#now().nowMs,
      highestEpoch,
      freshId: () => house.freshWitnessId(),
      witness: () => house.witness(),
      canFound: () => true,
    });
    this.#lookAround();
    this.#step({ type: 'tick' });
  }

  end(): void {
    this.#isOver = true;
  }

  hear(line: Line, message: Up): void {
    if (this.#isOver) return;
    const { id } = line.life;
    if (message.type === 'join') return this.#join(line, message.claim);
    if (this.#seated.get(id) !== line) return;
    switch (message.type) {
      case 'ping':
        return line.down({ type: 'pong', number: message.number });
      case 'standing':
      case 'pledge':
        return this.#step({ type: message.type, id, said: message.said });
      case 'goodbye':
        this.#seated.delete(id);
        this.#roster.delete(id);
        this.#step({ type: 'goodbye', id, pledge: message.pledge });
        return this.#showAll([id]);
    }
  }

  /** The kernel says that nothing comes from there any more. */
  close(line: Line): void {
    const { id } = line.life;
    if (this.#isOver || this.#seated.get(id) !== line) return;
    this.#seated.delete(id);
    line.break(null);
    this.#step({ type: 'away', id });
    this.#world.at(this.#world.nowMs + this.#house.options.graceMs, () => {
      if (this.#isOver || this.#seated.has(id) || !this.#roster.delete(id)) return;
      this.#showAll();
    });
  }

  settled(group: Group): void {
    if (!this.#isOver) this.#step({ type: 'founded', epoch: group.epoch });
  }

  #now(): Moment {
    return { nowMs: this.#clock.monotonicMs(), wallMs: this.#clock.wallMs() };
  }

  #join(line: Line, claim: Extract<Up, { type: 'join' }>['claim']): void {
    const { id } = line.life;
    const now = this.#now();
    const isRefused = claim !== undefined && this.founding.refusal({ id, epoch: claim.epoch }, now) !== null;
    if (isRefused) return line.down({ type: 'refused' });
    this.#seated.get(id)?.break(null);
    this.#seated.set(id, line);
    const isNew = !this.#roster.has(id);
    this.#roster.add(id);
    line.down({ type: 'welcome' });
    this.#step({ type: 'seated', id, claim });
    if (isNew) this.#showAll();
    else this.#show(line, []);
  }

  #step(event: FoundingEvent): void {
    for (const effect of this.founding.step(event, this.#now())) this.#perform(effect);
    this.#sleep();
  }

  #perform(effect: FoundingEffect): void {
    switch (effect.type) {
      case 'ask-pledge':
        for (const id of effect.to) this.#seated.get(id)?.down({ type: 'ask-pledge', epoch: effect.epoch });
        return;
      case 'found':
        this.#world.note(() => `server: founds ${JSON.stringify(effect.group)}`);
        return this.#house.found(this, { group: effect.group, highest: this.founding.highestEpoch });
      case 'group':
        this.#house.begin(effect.group);
        return this.#showAll();
      case 'closed':
        this.#world.note(() => `server: closes ${effect.epoch}`);
        return this.#house.close({ group: this.founding.group, highest: this.founding.highestEpoch });
      case 'refused':
        return this.#world.note(() => `server: refuses ${effect.id}: ${effect.message}`);
    }
  }

  #sleep(): void {
    const number = ++this.#wakes;
    const { nowMs } = this.#now();
    const nextMs = this.founding.nextMs(nowMs);
    if (nextMs === Infinity) return;
    const inMs = Math.max(1, this.#clock.trueDurationMs(nextMs - nowMs));
    this.#world.at(this.#world.nowMs + inMs, () => {
      if (!this.#isOver && number === this.#wakes) this.#step({ type: 'tick' });
    });
  }

  /** Whoever was not heard for so long is gone. */
  #lookAround(): void {
    if (this.#isOver) return;
    const { pingMs } = this.#house.options;
    const { nowMs } = this.#world;
    for (const line of [...this.#seated.values()]) if (nowMs - line.heardMs > 3 * pingMs) this.close(line);
    this.#world.at(nowMs + pingMs, () => this.#lookAround());
  }

  #showAll(bye: readonly string[] = []): void {
    for (const line of this.#seated.values()) this.#show(line, bye);
  }

  /** Views wait for what is being founded. */
  #show(line: Line, bye: readonly string[]): void {
    if (this.founding.isFounding) return;
    line.down({ type: 'view', group: this.founding.group, members: [...this.#roster], bye });
  }
}
