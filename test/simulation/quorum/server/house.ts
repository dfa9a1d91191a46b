import { highestBy } from '../../../../src/core/founding/epoch.ts';
import type { FoundingOptions } from '../../../../src/core/founding/events.ts';
import type { Group } from '../../../../src/core/founding/group.ts';
import { foundedBy } from '../../../../src/core/quorum/configuration.ts';
import { MachineClock } from '../../machine-clock.ts';
import { mix, unit } from '../../random.ts';
import type { Fault, RoomServer } from '../../schedule.ts';
import type { Tenant } from '../../tenant.ts';
import type { Meeting, World } from '../../world.ts';
import type { Ledger } from '../ledger.ts';
import { groupOf } from '../life.ts';
import type { Beginning, Memories, QuorumLife } from '../life.ts';
import { Guest } from './guest.ts';
import { Line } from './line.ts';
import { RoomProcess } from './process.ts';
import type { RoomRecord } from './process.ts';

const wallStartMs = 1_750_000_000_000;
/** What a process leaves open its kernel closes within this. */
const closeMs = 50;

/**
 * The machine of the server: processes that run on it one after the other, what they remember, and the witness, which
 * lives and dies with them.
 */
export class House implements Meeting {
  readonly options: RoomServer;
  readonly world: World<QuorumLife>;
  /** `null`: there is none. */
  readonly witnessSeat: number | null;
  readonly #ledger: Ledger;
  readonly #memories: Memories;
  readonly #clock: MachineClock;
  readonly #guests = new Map<Tenant, Guest>();
  /** How many faults keep a seat from the server. */
  readonly #blind: number[];
  /** In which log each epoch went on. */
  readonly #logs = new Map<number, number>([[0, 0]]);
  #process: RoomProcess | null = null;
  #record: RoomRecord | null = null;
  /** What was founded before its store was there is numbered up to that. Null: that store is yet to be begun. */
  #begunEpoch: number | null;
  /** A room that it does not know of never was. */
  #isWhole: boolean;
  /** The witness is silent while what it is to go on in is written. */
  #isFounding = false;
  #down = 0;

  constructor(world: World<QuorumLife>, ledger: Ledger, memories: Memories) {
    const { voters, room } = groupOf(world as unknown as World<Tenant>);
    const seat = voters.findIndex(({ witness }) => witness);
    const { drift } = world.schedule.conditions;
    const rate = (source: number): number => 1 + drift * (2 * unit(world.draw(source, 83)) - 1);
    this.world = world;
    this.options = room!.server!;
    this.witnessSeat = seat === -1 ? null : seat;
    this.#ledger = ledger;
    this.#memories = memories;
    this.#clock = new MachineClock(() => world.nowMs, { monotonic: rate(1), wall: rate(2) }, wallStartMs);
    this.#blind = Array.from({ length: world.schedule.seats }, () => 0);
    this.#isWhole = this.options.fresh;
    this.#begunEpoch = this.options.fresh ? 0 : null;
    world.at(0, () => this.#start());
  }

  // Members.

  enter(life: Tenant): void {
    if (life.seat.index === this.witnessSeat) return;
    this.#guests.set(life, new Guest(life as QuorumLife, this));
  }

  goodbye(life: Tenant): void {
    this.#guests.get(life)?.goodbye();
    this.#guests.delete(life);
  }

  lost(life: Tenant): void {
    const guest = this.#guests.get(life);
    guest?.end();
    this.#guests.delete(life);
    const line = guest?.line;
    const isTold = unit(mix(this.world.draw(life.index, 84), 21)) < this.world.schedule.conditions.hints;
    if (line && isTold) this.world.at(this.world.nowMs + this.#soonMs(life.index), () => line.process.close(line));
  }

  supersede(life: QuorumLife): void {
    const { index } = life.seat;
    if (this.world.seats[index]!.life !== life) return;
    this.world.note(() => `${life.label} is superseded`);
    this.#guests.get(life)?.line?.process.close(this.#guests.get(life)!.line!);
    this.#guests.delete(life);
    this.world.leaveSeat(index);
    life.crash();
    life.forget();
    this.world.takeSeat(index);
  }

  open(guest: Guest): Line | null {
    const process = this.#process;
    if (process === null) return null;
    const seat = guest.life.seat.index;
    const place = this.witnessSeat ?? this.world.seats.length;
    return new Line(guest, process, place, () => this.#process === process && this.#blind[seat] === 0);
  }

  blind(seat: number): void {
    this.#blind[seat]!++;
  }

  see(seat: number): void {
    this.#blind[seat]!--;
  }

  repeat(): void {}

  settle(): void {
    this.#blind.fill(0);
  }

  disturb(fault: Fault): (() => void) | undefined {
    if (fault.type === 'outage') {
      this.#takeDown(fault.silent, fault.forgets === true);
      this.#clock.jump(fault.wallMs);
      return () => {
        if (--this.#down === 0) this.#start();
      };
    }
    return fault.type === 'blips' ? this.#blip(fault.everyMs) : undefined;
  }

  // What a group begins with.

  beginningOf(group: Group, id: string): Beginning {
    const { epoch, founder } = group;
    const isFounding = founder !== null && (founder === id || group.witness === id);
    return {
      epoch,
      log: this.#logs.get(epoch)!,
      founding: isFounding ? foundedBy([founder], group.witness) : null,
    };
  }

  // The server.

  witness(): ReturnType<FoundingOptions['witness']> {
    const life = this.#witnessLife();
    if (life === null || this.#isFounding) return null;
    return { id: life.id, epoch: life.epoch, standing: life.core.standing(life.clocks.now()) };
  }

  freshWitnessId(): string {
    const seat = this.witnessSeat!;
    return this.world.idOf(seat, this.world.seats[seat]!.lives);
  }

  /** The witness is silent from now on, and the record is written behind what it wrote. */
  found(process: RoomProcess, record: RoomRecord): void {
    const life = this.#witnessLife();
    const { world } = this;
    this.#isFounding = true;
    life?.suspend();
    const chance = world.draw(record.group.epoch, 85);
    const lateMs = this.options.storeMs * (0.3 + 1.4 * unit(chance));
    const nothing = { hardState: null, snapshot: null, log: null };
    const atMs = life?.disk.write(nothing, world.nowMs, lateMs) ?? world.nowMs + lateMs;
    world.at(atMs, () => {
      if (process !== this.#process) return;
      this.#record = record;
      process.settled(record.group);
    });
  }

  /** What was to be founded is durable. */
  begin(group: Group): void {
    const { epoch, continues } = group;
    if (!this.#logs.has(epoch)) {
      this.#logs.set(epoch, continues === null ? epoch : this.#logs.get(continues.epoch)!);
      if (continues === null) this.#fork(group);
    }
    this.#isFounding = false;
    if (this.witnessSeat !== null) this.#installWitness(group, this.witnessSeat);
  }

  /** Without enough pledges, only what the founder or the witness has goes on. */
  #fork({ epoch, founder, witness }: Group): void {
    const lives = [founder, witness].map((id) => (id === null ? undefined : this.world.lifeOf(id)));
    let longest: QuorumLife | null = null;
    for (const life of lives)
      if (life?.begins != null && this.#ledger.appliedBy(life) >= (longest ? this.#ledger.appliedBy(longest) : 0))
        longest = life;
    this.#ledger.fork(epoch, longest);
  }

  #installWitness(group: Group, seat: number): void {
    const life = this.#witnessLife();
    const begins = this.beginningOf(group, group.witness!);
    if (life?.id === group.witness) {
      life.disk.settle(this.world.nowMs);
      life.take({ type: 'heard', what: 'a later epoch', run: () => this.#goOn(life, begins) });
    } else {
      this.#dropWitness();
      this.#startWitness(seat, begins);
    }
  }

  /** The core of each epoch is told anew that others than the founder may come in. */
  #goOn(witness: QuorumLife, begins: Beginning): void {
    witness.goOn(begins);
    witness.hearMembers([witness.id]);
  }

  #startWitness(seat: number, begins: Beginning): void {
    this.world.takeSeat(seat);
    const life = this.#witnessLife()!;
    life.begins = begins;
    life.start(new Set([life.id]));
  }

  /** For good. */
  #dropWitness(): void {
    const life = this.#witnessLife();
    if (life === null) return;
    this.#crashWitness();
    life.forget();
  }

  #crashWitness(): void {
    const life = this.witnessSeat === null ? null : this.world.leaveSeat(this.witnessSeat);
    life?.crash();
  }

  #witnessLife(): QuorumLife | null {
    return this.witnessSeat === null ? null : this.world.seats[this.witnessSeat]!.life;
  }

  close(record: RoomRecord): void {
    this.#record = record;
    this.#dropWitness();
  }

  #start(): void {
    const record = this.#record;
    const { witnessSeat } = this;
    this.world.note(() => `server: starts, with ${JSON.stringify(record)}`);
    this.#isFounding = false;
    const witness = record?.group.witness ?? null;
    if (witnessSeat !== null && record !== null && witness !== null)
      this.#startWitness(witnessSeat, this.beginningOf(record.group, witness));
    this.#begunEpoch ??= highestBy(this.#clock.wallMs());
    const past = { record, knowsAll: this.#isWhole, highestEpoch: Math.max(this.#begunEpoch, record?.highest ?? 0) };
    const process = new RoomProcess(this, this.#clock, past);
    this.#process = process;
    // A new store knows all rooms that there are once it was there for as long as anybody could lead without it.
    this.world.at(this.world.nowMs + 1.05 * this.options.charterMs, () => {
      if (this.#process === process) this.#isWhole = true;
    });
  }

  #takeDown(silent: boolean, forgets: boolean): void {
    if (this.#down++ === 0) {
      this.#process?.end();
      this.#process = null;
      this.#crashWitness();
      if (!silent) for (const { line, life: member } of this.#guests.values()) line?.break(this.#soonMs(member.index));
    }
    if (!forgets) return;
    if (this.witnessSeat !== null) this.#memories.forget(this.world.seats[this.witnessSeat]!);
    this.#record = null;
    this.#begunEpoch = null;
    this.#isWhole = false;
  }

  #blip(everyMs: number): () => void {
    let isOver = false;
    const next = (): void => {
      if (isOver) return;
      for (const { line, life } of this.#guests.values()) {
        if (line === null) continue;
        line.break(this.#soonMs(life.index));
        this.world.at(this.world.nowMs + this.#soonMs(life.index + 1_000), () => line.process.close(line));
      }
      this.world.at(this.world.nowMs + everyMs, next);
    };
    next();
    return () => void (isOver = true);
  }

  #soonMs(number: number): number {
    return closeMs * unit(mix(this.world.draw(number, 86), Math.floor(this.world.nowMs)));
  }
}
