import { highestBy } from '../../../src/core/founding/epoch.ts';
import type { SocketConstructor } from '../../../src/platform/platform.ts';
import { MachineClock } from '../machine-clock.ts';
import { mix, unit } from '../random.ts';
import type { Fault } from '../schedule.ts';
import type { Tenant } from '../tenant.ts';
import type { Meeting, World } from '../world.ts';
import { Browsers } from './browsers.ts';
import { Channels } from './channels.ts';
import { Disk } from './disk.ts';
import type { Epochs } from './epochs.ts';
import { Line } from './line.ts';
import { Process } from './process.ts';
import type { Said } from './process.ts';

/** Where the server's own clock stands when the run begins. */
const wallStartMs = 1_750_000_000_000;
/** A socket that a process leaves behind is closed within this by its kernel. */
const closeMs = 50;

/** The machine of the signaling server, which processes run on one after the other, and all lines that lead to it. */
export class House implements Meeting {
  readonly channels: Channels;
  readonly browsers: Browsers;
  readonly #world: World<Tenant>;
  readonly #clock: MachineClock;
  readonly #epochs: Epochs;
  readonly #onSaid: (said: readonly Said[]) => void;
  /** Those that carry something, as far as anybody was told. */
  readonly #lines = new Set<Line>();
  #made = 0;
  /** Outlives the processes; `null`: there is none. */
  readonly #disk: Disk | null;
  #process: Process | null = null;
  #processes = 0;
  /** How many faults keep it down. */
  #down = 0;

  constructor(world: World<Tenant>, epochs: Epochs, onSaid: (said: readonly Said[]) => void) {
    const { drift } = world.schedule.conditions;
    const rate = (source: number): number => 1 + drift * (2 * unit(world.draw(source, 89)) - 1);
    this.#world = world;
    this.#epochs = epochs;
    this.#onSaid = onSaid;
    this.#clock = new MachineClock(() => world.nowMs, { monotonic: rate(1), wall: rate(2) }, wallStartMs);
    this.channels = new Channels(world, (life) => this.#isReachedBy(life));
    this.browsers = new Browsers(world);
    const diskMs = world.schedule.web!.room?.diskMs ?? null;
    this.#disk = diskMs === null ? null : new Disk(world, diskMs);
    this.#start();
  }

  /** What a member makes its sockets with. */
  socketsOf(life: Tenant): SocketConstructor {
    const open = (): Line => this.#open(life);
    return function WebSocket() {
      return open().near;
    } as unknown as SocketConstructor;
  }

  enter(life: Tenant): void {
    this.#world.at(this.#world.nowMs, () => life.start(new Set()));
  }

  goodbye(life: Tenant): void {
    this.channels.ended(life, true);
  }

  /** Its kernel closes what a process leaves open; that of a machine which is gone does not. */
  lost(life: Tenant): void {
    const world = this.#world;
    const isTold = unit(mix(world.draw(life.index, 91), 21)) < world.schedule.conditions.hints;
    for (const line of this.#linesOf(life)) line.drop(null, isTold ? this.#soonMs(life.index) : null);
    this.channels.ended(life, isTold);
  }

  blind(seat: number): void {
    const server = this.#world.seats.length;
    this.#world.network.cut(seat, server);
    this.#world.network.cut(server, seat);
  }

  see(seat: number): void {
    const server = this.#world.seats.length;
    this.#world.network.mend(seat, server);
    this.#world.network.mend(server, seat);
  }

  /** It is the member that asks again for what it missed. */
  repeat(): void {}

  disturb(fault: Fault): (() => void) | undefined {
    switch (fault.type) {
      case 'drop':
        for (const line of this.#linesIn(fault.seat)) line.drop(fault.memberMs, fault.serverMs);
        return undefined;
      case 'stall':
        for (const line of this.#linesIn(fault.seat)) line.stall(fault.forMs);
        return undefined;
      case 'sever':
        return void this.channels.sever(fault.a, fault.b, fault.aMs, fault.bMs);
      case 'outage':
        this.#clock.jump(fault.wallMs);
        if (fault.forgets === true) this.#disk?.lose();
        return this.#takeDown(fault.silent);
      case 'fill':
        return void this.#disk?.fill();
      case 'blips':
        return this.#blip(fault.everyMs);
      default:
        return undefined;
    }
  }

  /** Whoever looks after it makes room on its disk, and starts it again. */
  settle(): void {
    if (this.#disk?.isFull === true) this.#takeDown(false)();
  }

  #open(life: Tenant): Line {
    const line = new Line({
      life,
      index: ++this.#made,
      running: () => this.#process,
      onOver: (over) => this.#lines.delete(over),
    });
    this.#lines.add(line);
    return line;
  }

  #start(): void {
    const isOfTerms = this.#world.schedule.web!.room !== undefined; // else nothing hangs on how epochs are numbered
    if (isOfTerms && this.#disk?.isBlank !== false) this.#epochs.begin(highestBy(this.#clock.peekWallMs()));
    this.#process = new Process({
      world: this.#world,
      clock: this.#clock,
      number: ++this.#processes,
      disk: this.#disk,
      onSaid: this.#onSaid,
    });
  }

  #takeDown(silent: boolean): () => void {
    this.#down++;
    this.#process?.end();
    this.#process = null;
    for (const line of this.#lines) line.drop(silent ? null : this.#soonMs(line.life.index), null);
    return () => {
      if (--this.#down === 0) this.#start();
    };
  }

  #blip(everyMs: number): () => void {
    let isOver = false;
    const next = (): void => {
      if (isOver) return;
      for (const line of this.#lines) line.drop(this.#soonMs(line.life.index), this.#soonMs(line.life.index + 1_000));
      this.#world.at(this.#world.nowMs + everyMs, next);
    };
    next();
    return () => void (isOver = true);
  }

  #isReachedBy(life: Tenant): boolean {
    const { network, seats } = this.#world;
    const [seat, server] = [life.seat.index, seats.length];
    const passes = network.passes(seat, server) && network.passes(server, seat);
    return passes && this.#linesOf(life).some((line) => line.isUp);
  }

  #soonMs(number: number): number {
    return closeMs * unit(mix(this.#world.draw(number, 93), Math.floor(this.#world.nowMs)));
  }

  #linesIn(seat: number): readonly Line[] {
    return [...this.#lines].filter((line) => line.life.seat.index === seat);
  }

  #linesOf(life: Tenant): readonly Line[] {
    return [...this.#lines].filter((line) => line.life === life);
  }
}
