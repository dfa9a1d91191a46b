import { createHash } from 'node:crypto';
import { foundedBy } from '../../../src/core/quorum/configuration.ts';
import type { Raft } from '../../../src/core/quorum/raft.ts';
import type { StoredState } from '../../../src/core/quorum/state.ts';
import type { RaftEvent } from '../../../src/core/quorum/events.ts';
import type { Charter } from '../../../src/protocol/charter.ts';
import { defaultBufferLimits, defaultLimits } from '../../../src/protocol/limits.ts';
import type { RoomRecord } from '../../../signaling-server/record.ts';
import type { RoomEffect, RoomEvent, RoomMessage } from '../../../signaling-server/room-events.ts';
import { Room } from '../../../signaling-server/room.ts';
import { seeded } from '../../../src/platform/seeded.ts';
import { charterMs, coreOf } from './cores.ts';
import { Ledger } from './ledger.ts';
import { Resident } from './resident.ts';

/** So long after the network broke, both ends of a connection have found out. */
export const deathMs = 1_500;
const graceMs = 3_000;
const goingAwayMs = 1_000;
const startMs = Date.UTC(2026, 0, 1);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

type SocketEnd = { readonly resident: Resident; isOpen: boolean };

/**
 * A room in virtual time: the server's real room, founding and witness, and residents that run the real core as the
 * electors do, over a network that loses, delays and breaks.
 */
export class Town {
  readonly random: () => number;
  readonly charter: Charter;
  readonly ledger: Ledger = new Ledger();
  readonly residents = new Set<Resident>();
  readonly server: TownServer;
  nowMs = 0;
  /** What has not happened yet, in order. */
  readonly #queue: { readonly atMs: number; readonly run: () => void }[] = [];
  /** Who is on another side hears nothing. The server is on side 0. */
  readonly sides = new Map<Resident, number>();
  #ids = 0;

  constructor(seed: number, witness: 'anchor' | 'none') {
    this.random = seeded(seed);
    this.charter = {
      elector: 'quorum',
      quorum: { witness, maxVoters: 3, minLeaseMs: 500, maxLeaseMs: 1_500, charterMs },
    };
    this.server = new TownServer(this);
  }

  between(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.random() * items.length)];
  }

  freshId(kind: string): string {
    return `${kind}${++this.#ids}`;
  }

  after(delayMs: number, run: () => void): void {
    const atMs = this.nowMs + Math.max(0, delayMs);
    let at = this.#queue.length;
    while (at > 0 && (this.#queue[at - 1] as { atMs: number }).atMs > atMs) at--;
    this.#queue.splice(at, 0, { atMs, run });
  }

  /** Q2 is looked at after everything that happens. */
  run(forMs: number): void {
    const untilMs = this.nowMs + forMs;
    for (let next = this.#queue[0]; next && next.atMs <= untilMs; next = this.#queue[0]) {
      this.#queue.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
      const leaders = this.leaders();
      if (leaders.length > 1)
        throw new Error(`Q2 at ${this.nowMs}: ${leaders.map(({ name }) => name).join(', ')} lead`);
    }
    this.nowMs = untilMs;
  }

  leaders(): readonly Resident[] {
    return [...this.residents].filter((resident) => resident.isLeader);
  }

  moveIn(): Resident {
    const resident = new Resident(this, this.freshId('m'));
    this.residents.add(resident);
    return resident;
  }

  side(resident: Resident): number {
    return this.sides.get(resident) ?? 0;
  }

  /** From one resident to another, if both are there and on one side. */
  deliver(from: Resident, to: string, message: unknown): void {
    if (this.random() < 0.02) return;
    const text = JSON.stringify(message);
    this.after(this.between(1, 15), () => {
      const receiver = [...this.residents].find(({ id }) => id === to);
      if (receiver && this.side(from) === this.side(receiver)) receiver.hear(from.id, JSON.parse(text));
    });
  }

  /** Connections that cross from one side to another are dead, which each end finds out by itself. */
  cut(resident: Resident, side: number): void {
    this.sides.set(resident, side);
    if (side !== 0) this.server.lose(resident);
  }

  heal(): void {
    this.sides.clear();
  }
}

/** One process after another, with or without what the last one wrote. */
export class TownServer {
  readonly #town: Town;
  #room: Room<string> | null = null;
  #witness: Raft | null = null;
  #witnessId = '';
  #epoch = 0;
  #record: RoomRecord | null = null;
  readonly #disk: { record: RoomRecord | null; witness: StoredState | null } = { record: null, witness: null };
  readonly #sockets = new Map<string, SocketEnd>();
  /** Of which process an event was meant. */
  #life = 0;
  #seats = 0;
  #secrets = 0;
  #wakes = 0;
  readonly #events: RaftEvent[] = [];
  wallOffsetMs = 0;
  /** How long it takes until a founding is durable. */
  diskMs = 0;

  constructor(town: Town) {
    this.#town = town;
  }

  get isUp(): boolean {
    return this.#room !== null;
  }

  start(past: 'fresh' | 'memory' | 'forgotten'): void {
    const life = ++this.#life;
    if (past === 'forgotten') Object.assign(this.#disk, { record: null, witness: null });
    const { record, witness } = this.#disk;
    this.#record = record;
    this.#runWitness(record, witness);
    this.#room = new Room<string>({
      ...{ limits: defaultLimits, ...defaultBufferLimits, heartbeatMs: 1_000, graceMs, goingAwayMs },
      secret: () => this.#town.freshId(`s${life}-${this.#secrets++}-`),
      hash: (secret) => createHash('sha256').update(secret).digest('hex'),
      past: past === 'fresh' ? null : { record, contactMs: this.#town.nowMs },
      witness: () => this.#pull(),
    });
    this.step({ type: 'tick' });
  }

  /** Without a word; connections are reset. */
  kill(): void {
    this.#life++;
    this.#room = this.#witness = null;
    for (const [seat, { resident }] of this.#sockets) this.#town.after(5, () => resident.closed(seat));
    this.#sockets.clear();
  }

  /** A connection, if there is a way. */
  connect(resident: Resident): string | null {
    if (this.#room === null || this.#town.side(resident) !== 0) return null;
    const seat = `${resident.id}@${++this.#seats}`;
    this.#sockets.set(seat, { resident, isOpen: true });
    return seat;
  }

  /** What a client says, in order. */
  hear(seat: string, event: RoomEvent<string>): void {
    const life = this.#life;
    this.#town.after(5, () => {
      if (life === this.#life && this.#sockets.get(seat)?.isOpen) this.step(event);
    });
  }

  ping(seat: string, run: () => void): void {
    const life = this.#life;
    this.#town.after(5, () => {
      if (life === this.#life && this.#room?.holds(seat)) this.#reply(seat, run);
    });
  }

  hangUp(seat: string): void {
    const life = this.#life;
    this.#town.after(5, () => {
      if (life === this.#life && this.#sockets.delete(seat)) this.step({ type: 'closed', seat });
    });
  }

  lose(resident: Resident): void {
    for (const [seat, socket] of this.#sockets)
      if (socket.resident === resident && socket.isOpen) this.loseSocket(seat);
  }

  /** Nothing passes any more. */
  loseSocket(seat: string): void {
    const socket = this.#sockets.get(seat);
    if (!socket) return;
    socket.isOpen = false;
    const life = this.#life;
    this.#town.after(this.#town.between(500, deathMs), () => {
      if (life === this.#life && this.#sockets.delete(seat)) this.step({ type: 'closed', seat });
    });
    this.#town.after(this.#town.between(500, deathMs), () => socket.resident.closed(seat));
  }

  step(event: RoomEvent<string>): void {
    const at = { nowMs: this.#town.nowMs, wallMs: startMs + this.#town.nowMs + this.wallOffsetMs };
    for (const effect of this.#room?.step(event, at) ?? []) this.#perform(effect);
  }

  #perform(effect: RoomEffect<string>): void {
    const town = this.#town;
    const life = this.#life;
    if (effect.type === 'send') for (const seat of effect.to) this.#send(seat, effect.message);
    else if (effect.type === 'relay') this.#relay(effect.to, effect.entries);
    else if (effect.type === 'to-witness') this.#tell(effect.from, effect.payload);
    else if (effect.type === 'found') this.#found(effect.record);
    else if (effect.type === 'closed') this.#close(effect.epoch);
    else if (effect.type === 'replaced') this.hangUp(effect.seat);
    else {
      const wake = ++this.#wakes;
      town.after(effect.atMs - town.nowMs, () => {
        if (life === this.#life && wake === this.#wakes) this.step({ type: 'tick' });
      });
    }
  }

  #send(seat: string, message: RoomMessage): void {
    const text = JSON.stringify(message);
    this.#reply(seat, (resident) => resident.told(seat, JSON.parse(text) as RoomMessage));
  }

  #relay(seat: string, entries: Extract<RoomEffect<string>, { readonly type: 'relay' }>['entries']): void {
    for (const { peer, payload } of entries) {
      const message: unknown = JSON.parse(decoder.decode(payload));
      this.#reply(seat, (resident) => resident.hear(peer, message));
    }
  }

  #reply(seat: string, run: (resident: Resident) => void): void {
    const socket = this.#sockets.get(seat);
    this.#town.after(5, () => {
      if (socket?.isOpen) socket.resident.awake(() => run(socket.resident));
    });
  }

  // The witness, and what is durable

  #pull() {
    if (this.#witness === null) return null;
    return { id: this.#witnessId, epoch: this.#epoch, standing: this.#witness.standing(this.#at()) };
  }

  #found(record: RoomRecord): void {
    const life = this.#life;
    const isSame = this.#witness !== null && this.#record?.witness === record.witness;
    if (isSame) this.#feed({ type: 'pledge' });
    if (isSame && this.#witness?.isPledged !== true) return this.step({ type: 'not-founded', epoch: record.epoch });
    const stored = isSame ? (this.#witness as Raft).state() : null;
    this.#witness = null;
    this.#town.after(this.diskMs, () => {
      if (life !== this.#life) return;
      Object.assign(this.#disk, { record, witness: stored });
      this.#record = record;
      this.#town.ledger.founded(record);
      this.#runWitness(record, stored);
      this.step({ type: 'founded', epoch: record.epoch });
    });
  }

  #close(epoch: number): void {
    this.#witness = null;
    this.#record = { epoch, founder: null, witness: null, continues: null, charter: null };
    Object.assign(this.#disk, { record: this.#record, witness: null });
  }

  #runWitness(record: RoomRecord | null, stored: StoredState | null): void {
    this.#witness = null;
    if (!record?.witness || !record.charter) return;
    this.#epoch = record.epoch;
    this.#witnessId = record.witness;
    this.#witness = coreOf({
      id: record.witness,
      epoch: record.epoch,
      seed: this.#town.between(1, 2 ** 30),
      ...(record.founder !== null && { founding: foundedBy([record.founder], record.witness) }),
      ...(stored && { stored }),
    });
    this.#feed({ type: 'members', peers: [{ id: record.witness, host: 'server', witness: true }] });
  }

  #tell(from: string, payload: Uint8Array): void {
    this.#feed({ type: 'message', from, message: JSON.parse(decoder.decode(payload)) });
  }

  /** One event after the other. */
  #feed(event: RaftEvent): void {
    if (this.#events.push(event) > 1) return;
    for (let next = this.#events[0]; next; next = this.#events[0]) {
      this.#stepWitness(next);
      this.#events.shift();
    }
  }

  #stepWitness(event: RaftEvent): void {
    const core = this.#witness;
    if (core === null) return;
    const life = this.#life;
    for (const effect of core.step({ ...event, at: this.#at() })) {
      if (effect.type === 'send') {
        const payload = encoder.encode(JSON.stringify(effect.message));
        this.step({ type: 'from-witness', to: effect.to, payloads: [payload] });
      } else if (effect.type === 'persist') {
        this.#disk.witness = core.state();
        this.#feed({ type: 'persisted', upTo: effect.number });
      } else if (effect.type === 'wake') {
        this.#town.after(effect.at - this.#at().fast, () => {
          if (life === this.#life && core === this.#witness) this.#feed({ type: 'tick' });
        });
      }
    }
  }

  #at() {
    return { fast: this.#town.nowMs, slow: this.#town.nowMs };
  }
}
