import { Clocks } from '../../../src/driver/clocks.ts';
import { PersistingDriver } from '../../../src/driver/persisting-driver.ts';
import type { RaftEffect, RaftEvent } from '../../../src/core/quorum/events.ts';
import type { Configuration } from '../../../src/core/quorum/configuration.ts';
import { Raft } from '../../../src/core/quorum/raft.ts';
import type { StateWrite } from '../../../src/core/quorum/state.ts';
import type { Instant, Timed } from '../../../src/core/step.ts';
import type { Json } from '../../../src/protocol/json.ts';
import { power } from '../exact.ts';
import { simulatedPlatform } from '../platform.ts';
import type { Happening } from '../queue.ts';
import { mix, unit } from '../random.ts';
import type { Group } from '../schedule.ts';
import { Tenant } from '../tenant.ts';
import type { LifeEvent, Seat } from '../tenant.ts';
import type { World } from '../world.ts';
import { SimulatedDisk } from './disk.ts';
import type { Ledger } from './ledger.ts';

/** What a member's core does, and the timers that its driver sets. */
export type QuorumEffect = RaftEffect | { readonly type: 'timer'; readonly delayMs: number };

/** What outlives the lives of a seat: a disk, and whose it is. */
interface Memory {
  readonly id: string;
  readonly disk: SimulatedDisk;
}

/** The memories of all seats, in one run. */
export class Memories {
  readonly #bySeat: (Memory | undefined)[] = [];

  /** Who takes the seat is who had it, or somebody new. */
  of(world: World<Tenant>, seat: Seat): Memory {
    return (this.#bySeat[seat.index] ??= { id: world.idOf(seat.index, seat.lives), disk: new SimulatedDisk() });
  }

  forget(seat: Seat): void {
    this.#bySeat[seat.index] = undefined;
  }
}

/** The first configuration: voters by seat, the others as learners, all under the ids of their first lives. */
function founding(world: World<Tenant>): Configuration {
  const { voters, room } = groupOf(world);
  const ids = world.seats.map(({ index }) => world.idOf(index, 0));
  return {
    halves: [voters.map((voter, seat) => ({ id: ids[seat]!, ...voter }))],
    learners: room === undefined ? ids.slice(voters.length) : [],
  };
}

export function groupOf(world: World<Tenant>): Group {
  return world.schedule.group!;
}

/** A life that runs the quorum core in the driver, with an application above it and a disk below. */
export class QuorumLife extends Tenant<QuorumEffect> {
  readonly disk: SimulatedDisk;
  core!: Raft;
  /** Led when the event of the moment began, and it is a message. */
  ledBefore = false;
  /** Leads after that event, as the checker that asks first has found. */
  leads = false;
  #driver!: PersistingDriver<RaftEvent, RaftEffect>;
  #clocks!: Clocks;
  #isWatched = false;
  readonly #memories: Memories;
  readonly #ledger: Ledger;
  #writes = 0;
  #tickets = 0;

  constructor(world: World<Tenant>, seat: Seat, index: number, memories: Memories, ledger: Ledger) {
    const { id, disk } = memories.of(world, seat);
    super(world, seat, index, id);
    this.disk = disk;
    this.#memories = memories;
    this.#ledger = ledger;
  }

  /** As a read at this moment would say, without being one: also while the member is paused. */
  isLeader(): boolean {
    return this.core.isLeader(this.peek());
  }

  peek(): Instant {
    this.#isWatched = true;
    const at = this.#clocks.peek();
    this.#isWatched = false;
    return at;
  }

  override forget(): void {
    this.#memories.forget(this.seat);
  }

  protected close(): void {
    this.#driver?.close();
    this.#stopDisk();
  }

  /** What it was writing is not written later, under another life. */
  #stopDisk(): void {
    this.disk.crash(this.world.nowMs, this.world.draw(this.index, 61));
    if (groupOf(this.world).storage === 'memory') this.forget();
  }

  protected apply(event: LifeEvent): void {
    if (event.type === 'start') return this.#begin();
    if (event.type === 'timer' || event.type === 'durable') return event.run();
    if (this.state === 'left') return;
    switch (event.type) {
      case 'message':
        return this.#driver.feed({ type: 'message', from: event.from, message: event.message });
      case 'reset':
        return this.#driver.feed({ type: 'reset', peer: event.peer });
      case 'visible':
      case 'priority':
      case 'snapshot':
        return this.#driver.feed(event);
      case 'campaign':
        // Who has asked for votes would begin anew, and with rivals nobody would ever be elected.
        if (this.core.role !== 'candidate') this.#driver.feed(event);
        return;
      case 'append':
        return this.#append(event.count);
      case 'read':
        return this.#read();
      case 'transfer':
        return this.#driver.feed(event.to === undefined ? { type: 'transfer' } : { type: 'transfer', to: event.to });
      case 'members':
        return this.#hearMembers(event.peers);
      case 'departed':
        return groupOf(this.world).room && this.#driver.feed(event);
      case 'leave':
        this.#driver.close({ type: 'leave' });
        this.state = 'left';
        this.#stopDisk();
    }
  }

  #hearMembers(ids: ReadonlySet<string>): void {
    const { world } = this;
    const { room, voters } = groupOf(world);
    if (room === undefined) return;
    const peers = Array.from(ids, (id) => {
      const seat = world.lifeOf(id)!.seat.index;
      return { id, host: room.hosts[seat]!, witness: voters[seat]?.witness === true };
    });
    this.#driver.feed({ type: 'members', peers });
  }

  #begin(): void {
    const { seat, world } = this;
    const { limits, room, voters } = groupOf(world);
    const isFounder = seat.index < voters.length && this.id === world.idOf(seat.index, 0);
    this.disk.settle(world.nowMs);
    const stored = this.disk.load();
    const core = new Raft({
      id: this.id,
      seed: world.draw(this.index, 62),
      ...(room === undefined || isFounder ? { founding: founding(world) } : {}),
      ...(room === undefined ? {} : { maxVoters: room.maxVoters }),
      ...(stored === undefined ? {} : { stored }),
      witness: voters[seat.index]?.witness === true,
      priority: seat.priority,
      minMembers: world.schedule.minMembers,
      limits,
    });
    this.core = core;
    const platform = simulatedPlatform(this, (delayMs) => this.did({ type: 'timer', delayMs }));
    this.#clocks = new Clocks({
      monotonicMs: () => seat.clock.monotonicMs(),
      wallMs: () => (this.#isWatched ? seat.clock.peekWallMs() : seat.clock.wallMs()),
    });
    this.#driver = new PersistingDriver<RaftEvent, RaftEffect>({
      core: { step: (timed) => this.#step(timed) },
      tick: { type: 'tick' },
      clocks: this.#clocks,
      timers: platform.timers,
      send: (to, message) => world.network.send(this, to, message as Json),
      persistence: {
        write: (state) => this.#write(state as StateWrite),
        persisted: (upTo) => ({ type: 'persisted', upTo }),
        failed: (error) => {
          throw error;
        },
      },
      apply: (effect) => {
        if (effect.type === 'snapshot-wanted') this.#writeDownState(effect.index);
      },
    });
    this.#driver.feed({ type: 'tick' });
  }

  #step(event: Timed<RaftEvent>): readonly RaftEffect[] {
    const { core } = this;
    this.ledBefore = event.type === 'message' && core.role === 'leader' && core.isLeader(event.at);
    const effects = core.step(event);
    for (const effect of effects) this.did(effect);
    if (this.seat.flatterers > 0) for (const effect of effects) if (effect.type === 'send') this.#flatter(effect);
    return effects;
  }

  /** Whoever was asked says that it would vote for this member: to be wrong about that breaks no promise (Q7). */
  #flatter({ to, message }: Extract<RaftEffect, { type: 'send' }>): void {
    if (message.type !== 'pre-vote') return;
    const { world } = this;
    const { term, attempt } = message;
    const yes = { type: 'pre-vote-reply', term, attempt, granted: true };
    world.at(world.nowMs, () => this.take({ type: 'message', from: to, sentMs: world.nowMs, message: yes }));
  }

  /** The driver is called back as by a promise, in an event of its own. */
  #write(write: StateWrite): PromiseLike<void> | null {
    const { disk, world } = this;
    const { storage, diskMs, frailty = 0, frailVotes = 0 } = groupOf(world);
    if (storage === 'memory') {
      disk.write(write, world.nowMs, 0);
      disk.settle(world.nowMs);
      return null;
    }
    const chance = mix(world.draw(this.index, 63), ++this.#writes);
    const durationMs = diskMs * (0.3 + 1.4 * unit(chance)) + this.seat.diskLateMs;
    const atMs = disk.write(write, world.nowMs, durationMs);
    const { vote = null } = write.hardState ?? {};
    const risk = frailty + (vote === null || vote === this.id ? 0 : frailVotes);
    if (unit(mix(chance, 1)) < risk) this.#crashSoon(3 * durationMs * unit(mix(chance, 2)), mix(chance, 3));
    return new Writing(this, atMs) as unknown as PromiseLike<void>;
  }

  #crashSoon(afterMs: number, chance: number): void {
    const { world, seat } = this;
    const backAfterMs = Math.ceil(0.5 * power(1_000, unit(chance)));
    world.at(world.nowMs + afterMs, () => {
      if (seat.life === this && world.nowMs < world.schedule.faultsMs)
        world.faults.begin({ type: 'crash', atMs: world.nowMs, seat: seat.index, backAfterMs });
    });
  }

  #append(count: number): void {
    const first = this.#tickets + 1;
    this.#tickets += count;
    const values = Array.from({ length: count }, (_, at) => `${this.label}#${this.index}.${first + at}`);
    this.#ledger.appends(this, first, values);
    this.#driver.feed({ type: 'append', first, values });
  }

  #read(): void {
    const ticket = ++this.#tickets;
    this.#ledger.reads(this, ticket);
    this.#driver.feed({ type: 'read', ticket });
  }

  /** The application takes its state as it is now, and is done some time later. */
  #writeDownState(index: number): void {
    const { world } = this;
    const { snapshotMs, snapshotChars } = groupOf(world);
    const lateMs = snapshotMs * unit(mix(world.draw(this.index, 64), index));
    world.at(world.nowMs + lateMs, () => {
      const data = this.#ledger.stateAt(index, snapshotChars);
      this.take({ type: 'snapshot', index, data });
    });
  }
}

/** One write that is under way. Virtual time knows no promise jobs: the driver calls `then`, and is called back in an event. */
class Writing implements Happening {
  readonly type = 'durable';
  readonly atMs: number;
  readonly #life: QuorumLife;
  #fulfilled!: () => void;

  constructor(life: QuorumLife, atMs: number) {
    this.#life = life;
    this.atMs = atMs;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- what stands in for a promise
  then(fulfilled: () => void): void {
    this.#fulfilled = fulfilled;
    this.#life.world.queue.push(this);
  }

  happen(): void {
    const life = this.#life;
    if (life.state === 'crashed') return;
    life.disk.settle(this.atMs);
    life.take(this);
  }

  run(): void {
    this.#fulfilled();
  }
}
