import { Clocks } from '../../../src/driver/clocks.ts';
import { PersistingDriver } from '../../../src/driver/persisting-driver.ts';
import type { RaftEffect, RaftEvent } from '../../../src/core/quorum/events.ts';
import type { Configuration } from '../../../src/core/quorum/configuration.ts';
import { defaultLimits } from '../../../src/core/quorum/limits.ts';
import { Raft } from '../../../src/core/quorum/raft.ts';
import type { Standing, StateWrite, StoredState } from '../../../src/core/quorum/state.ts';
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

/** What the core of one epoch begins with, in a room at a server. */
export interface Beginning {
  readonly epoch: number;
  /** The log that it goes on with: the epoch in which that began. */
  readonly log: number;
  /** `null`: it joins. */
  readonly founding: Configuration | null;
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
  /** `null`: not at a server. */
  begins: Beginning | null = null;
  onPledged: ((standing: Standing) => void) | null = null;
  #driver!: PersistingDriver<RaftEvent, RaftEffect>;
  #clocks: Clocks | null = null;
  #isWatched = false;
  #cores = 0;
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
    const at = this.clocks.peek();
    this.#isWatched = false;
    return at;
  }

  /** The same for all its cores. */
  get clocks(): Clocks {
    const { clock } = this.seat;
    return (this.#clocks ??= new Clocks({
      monotonicMs: () => clock.monotonicMs(),
      wallMs: () => (this.#isWatched ? clock.peekWallMs() : clock.wallMs()),
    }));
  }

  get isWitness(): boolean {
    return groupOf(this.world).voters[this.seat.index]?.witness === true;
  }

  /** The epoch of its core. */
  get epoch(): number {
    return this.begins?.epoch ?? 0;
  }

  get log(): number {
    return this.begins?.log ?? 0;
  }

  /** In an event of this member only. */
  feed(event: RaftEvent): void {
    this.#driver.feed(event);
  }

  /** Its core is silent, and what it was writing becomes durable all the same. */
  suspend(): void {
    this.#driver.close();
  }

  /** In an event of this member only: a core of a later epoch takes the place of the one that is silent. */
  goOn(begins: Beginning): void {
    const { core } = this;
    // It was when it fell silent, on these clocks.
    const isFree = core.isPledged || this.isWitness;
    this.feed({ type: 'give-up' });
    this.suspend();
    this.begins = begins;
    const stored = core.state();
    const hardState = isFree ? { ...stored.hardState, promisedMs: 0 } : stored.hardState;
    this.#beginCore({ ...stored, hardState }, core.commitIndex);
    for (const { op, ticket } of this.#ledger.openBy(this)) if (op === 'read') this.feed({ type: 'read', ticket });
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
    if (this.#storage() === 'memory') this.forget();
  }

  /** Of members at a server only the witness has a disk. */
  #storage(): Group['storage'] {
    if (this.begins === null) return groupOf(this.world).storage;
    return this.isWitness ? 'disk' : 'memory';
  }

  protected apply(event: LifeEvent): void {
    if (this.state === 'left') return 'run' in event ? event.run() : undefined;
    switch (event.type) {
      case 'start':
        return this.#begin();
      case 'timer':
      case 'durable':
      case 'heard':
        return event.run();
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
        return this.hearMembers([...event.peers]);
      case 'departed':
        return groupOf(this.world).room && this.#driver.feed(event);
      case 'leave':
        this.#driver.close({ type: 'leave' });
        this.state = 'left';
        this.#stopDisk();
    }
  }

  /** In an event of this member only. */
  hearMembers(ids: readonly string[]): void {
    const { world } = this;
    const { room, voters } = groupOf(world);
    if (room === undefined) return;
    const peers = ids.map((id) => {
      const seat = world.lifeOf(id)!.seat.index;
      return { id, host: room.hosts[seat] ?? id, witness: voters[seat]?.witness === true };
    });
    this.#driver.feed({ type: 'members', peers });
  }

  #begin(): void {
    this.disk.settle(this.world.nowMs);
    this.#beginCore(this.disk.load(), undefined);
  }

  #beginCore(stored: StoredState | undefined, applied: number | undefined): void {
    const { seat, world, begins } = this;
    const { limits, room, voters } = groupOf(world);
    const isFounder = seat.index < voters.length && this.id === world.idOf(seat.index, 0);
    const first = room === undefined || isFounder ? founding(world) : null;
    const { epoch = 0, founding: configuration = first } = begins ?? {};
    this.core = new Raft({
      id: this.id,
      seed: mix(world.draw(this.index, 62), this.#cores++),
      epoch,
      ...(configuration === null ? {} : { founding: configuration }),
      ...(room === undefined ? {} : { maxVoters: room.maxVoters }),
      ...(room?.server === undefined || this.isWitness ? {} : { charterMs: room.server.charterMs }),
      ...(stored === undefined ? {} : { stored }),
      ...(applied === undefined ? {} : { applied }),
      witness: this.isWitness,
      priority: seat.priority,
      minMembers: world.schedule.minMembers,
      // What a witness may keep its host has set: nobody else knows.
      limits: this.isWitness ? limits : { ...limits, maxWitnessChars: defaultLimits.maxWitnessChars },
    });
    this.#driver = this.#driverOf(this.core);
    this.#driver.feed({ type: 'tick' });
    if (!seat.visible) this.#driver.feed({ type: 'visible', visible: false });
  }

  #driverOf(core: Raft): PersistingDriver<RaftEvent, RaftEffect> {
    const { world } = this;
    return new PersistingDriver<RaftEvent, RaftEffect>({
      core: { step: (timed) => this.#step(core, timed) },
      tick: { type: 'tick' },
      clocks: this.clocks,
      timers: simulatedPlatform(this, (delayMs) => this.did({ type: 'timer', delayMs })).timers,
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
        else if (effect.type === 'pledged') this.onPledged?.(effect.standing);
      },
    });
  }

  #step(core: Raft, event: Timed<RaftEvent>): readonly RaftEffect[] {
    this.ledBefore = event.type === 'message' && core.role === 'leader' && core.isLeader(event.at);
    const effects = core.step(event);
    this.didAll(effects);
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
    const { diskMs, frailty = 0, frailVotes = 0, toldLateMs = 0 } = groupOf(world);
    if (this.#storage() === 'memory') {
      disk.write(write, world.nowMs, 0);
      disk.settle(world.nowMs);
      return null;
    }
    const chance = mix(world.draw(this.index, 63), ++this.#writes);
    const durationMs = diskMs * (0.3 + 1.4 * unit(chance)) + this.seat.diskLateMs;
    const atMs = disk.write(write, world.nowMs, durationMs);
    const { vote = null } = write.hardState ?? {};
    const risk = frailty + (vote === null || vote === this.id ? 0 : frailVotes);
    if (this.begins === null && unit(mix(chance, 1)) < risk)
      this.#crashSoon(3 * durationMs * unit(mix(chance, 2)), mix(chance, 3));
    // It hears so later than it is so, of one write after the other or the other way round.
    const lateMs = toldLateMs * Math.max(0, 2 * unit(mix(chance, 4)) - 1);
    return new Writing(this, atMs + lateMs) as unknown as PromiseLike<void>;
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
    const values: string[] = [];
    for (let ticket = first; ticket <= this.#tickets; ticket++) values.push(`${this.label}#${this.index}.${ticket}`);
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
      const data = this.#ledger.stateAt(this, index, snapshotChars);
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
