import { closeCodes, type Channel } from '../src/protocol/messages.ts';
import { Clocks } from '../src/driver/clocks.ts';
import { maxRelayOverheadBytes } from '../src/protocol/relay-frame.ts';
import { Budget } from './budget.ts';
import { Client, type Board, type From, type Seat, type Socket, type Table } from './client.ts';
import { freshCounters, type Counters } from './counters.ts';
import type { Host } from './host.ts';
import { Hosting } from './hosting.ts';
import type { Settings } from './options.ts';
import { Past } from './past.ts';
import type { Moment, RoomEffect, RoomEvent } from './room-events.ts';
import { Room } from './room.ts';
import { Unfinished } from './unfinished.ts';
import { storeFailed, witnessesFull, witnessLost, type Store } from './store.ts';

/** The standard's own code: come back. */
const internalError = 1011;
const noUndo = (): void => undefined;

/** Connects sockets to rooms: everything of the server but the sockets themselves. */
export class Switchboard implements Board {
  readonly settings: Settings;
  readonly host: Host;
  readonly counts: Counters = freshCounters();
  readonly #clients = new Set<Client>();
  readonly #tables = new Map<string, Table>();
  readonly #effects: [Table, RoomEffect<Seat>][] = [];
  #performing = false;
  /** As last read. */
  #moment: Moment = { nowMs: 0, wallMs: Number.NEGATIVE_INFINITY };
  #draining = false;
  readonly #store: Store | null;
  readonly #past: Past;
  readonly #clocks: Clocks;
  readonly #budget: Budget;
  readonly #unfinished = new Unfinished();
  #hasStoreFailed = false;
  #isStopped = false;
  #cancelWhole = noUndo;

  /** @param store It is the switchboard's from now on. Null: what is remembered ends with the process. */
  constructor(settings: Settings, host: Host, store: Store | null = null) {
    store?.take();
    this.settings = settings;
    this.host = host;
    this.#store = store;
    this.#clocks = new Clocks({ monotonicMs: () => host.nowMs(), wallMs: () => host.wallMs() });
    this.#budget = this.#budgetOf(settings);
    this.#past = new Past(store, settings.isFresh, host.nowMs());
    this.#past.begin(this.#now().wallMs).catch((error: unknown) => this.#noteStoreFailed(error));
    for (const room of this.#past.rooms) {
      const table = this.#found(room);
      table.hosting = this.#hostingOf(table);
      this.step(table, { type: 'tick' });
    }
    this.#awaitWhole();
    this.#countStored().catch((error: unknown) => this.#isStopped || this.#noteStoreFailed(error));
  }

  /** A copy, as things stand. */
  get counters(): Counters {
    let members = 0;
    let witnesses = 0;
    for (const { room, hosting } of this.#tables.values()) {
      members += room.size;
      if (hosting?.isAwake) witnesses++;
    }
    const { counts } = this;
    return {
      ...counts,
      closed: { ...counts.closed },
      connections: this.#clients.size,
      rooms: this.#tables.size,
      members,
      witnesses,
      witnessChars: this.#budget.keptChars,
    };
  }

  get draining(): boolean {
    return this.#draining;
  }

  open(socket: Socket, from: From): Client {
    const client = new Client(this, socket, from);
    this.#clients.add(client);
    this.counts.accepted++;
    return client;
  }

  /**
   * Tells everyone to come back later, then closes their sockets, spread over `spreadMs`. Until then all goes on, but
   * rooms do not hear of the closes: the members do not leave, the server does.
   */
  drain(spreadMs: number): void {
    this.#draining = true;
    const { host } = this;
    for (const client of this.#clients) {
      const retryAfterMs = Math.round(spreadMs * (0.5 + host.random()));
      client.send({ type: 'drain', retryAfterMs });
      const delayMs = host.random() * spreadMs;
      host.after(delayMs, () => client.close({ type: 'close', code: closeCodes.drain, reason: 'the server stops' }));
    }
  }

  /** Ends every timer. Nothing works any more. Resolves when the store is closed. */
  async stop(): Promise<void> {
    for (const client of this.#clients) client.closed();
    for (const { cancelWake, hosting } of this.#tables.values()) {
      cancelWake();
      hosting?.end();
    }
    this.#tables.clear();
    this.#isStopped = true;
    this.#cancelWhole();
    await this.#past.end(this.host.nowMs());
  }

  /** An epoch must not come twice because a clock was set back: then time goes on from where it was. */
  #now(): Moment {
    const { host } = this;
    const before = this.#moment;
    const nowMs = host.nowMs();
    this.#moment = { nowMs, wallMs: Math.max(before.wallMs + nowMs - before.nowMs, host.wallMs()) };
    return this.#moment;
  }

  table(name: string): Table | null {
    const known = this.#tables.get(name);
    if (known) return known;
    if (this.#tables.size >= this.settings.maxRooms) return null;
    return this.#found(name);
  }

  #found(name: string): Table {
    const { secret, hash } = this.host;
    const { limits, heartbeatMs, graceMs, goingAwayMs, maxCharterMs, slowBytes, stuckBytes } = this.settings;
    const room: Room<Seat> = new Room<Seat>({
      ...{ limits, heartbeatMs, graceMs, goingAwayMs, maxCharterMs, slowBytes, stuckBytes, secret, hash },
      past: this.#past.of(name),
      highestEpoch: this.#past.highestEpoch,
      isCovered: (epoch, wallMs) => this.#past.covers(epoch, wallMs),
      witness: () => table.hosting?.witness() ?? null,
      canFound: () => !this.#hasStoreFailed,
    });
    const table: Table = { name, room, hosting: null, cancelWake: noUndo };
    this.#tables.set(name, table);
    return table;
  }

  step(table: Table, event: RoomEvent<Seat>): void {
    if (this.#draining && event.type === 'closed') return;
    const at = this.#now();
    for (const effect of table.room.step(event, at)) this.#effects.push([table, effect]);
    this.#performAll();
    if (event.type === 'relay' || event.type === 'from-witness' || !table.room.forgettable(at.wallMs)) return;
    table.cancelWake();
    if (this.#tables.get(table.name) !== table) return;
    this.#tables.delete(table.name);
    if (table.hosting) return table.hosting.forget();
    this.#past
      .noteForgotten(table.room.highestEpoch, at.wallMs)
      .catch((error: unknown) => this.#noteStoreFailed(error));
  }

  guard(client: Client | null, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.report(error);
      client?.close({ type: 'close', code: internalError, reason: 'an error of the server' });
    }
  }

  report(error: unknown): void {
    this.counts.errors++;
    try {
      this.settings.onError(error);
    } catch (again) {
      console.error(again);
    }
  }

  forget(client: Client): void {
    this.#clients.delete(client);
  }

  /** In the order in which they came, also those that are caused by performing others. */
  #performAll(): void {
    if (this.#performing) return;
    this.#performing = true;
    try {
      for (let next = this.#effects.shift(); next; next = this.#effects.shift()) this.#perform(...next);
    } finally {
      this.#performing = false;
    }
  }

  #perform(table: Table, effect: RoomEffect<Seat>): void {
    switch (effect.type) {
      case 'relay':
        return effect.to.client.relay({ channel: effect.to.channel, entries: effect.entries });
      case 'send':
        return broadcast(effect.to, effect.message);
      case 'replaced': {
        const reason = 'this member came back over another connection';
        return effect.seat.client.close({ type: 'close', code: closeCodes.replaced, reason });
      }
      case 'wake':
        return this.#wake(table, effect.atMs);
      case 'to-witness':
        return table.hosting?.hear(effect.from, effect.payload);
      case 'found':
        table.hosting ??= this.#hostingOf(table);
        return table.hosting.found(effect.record, (isFounded) => {
          const type = isFounded ? 'founded' : 'not-founded';
          this.guard(null, () => this.#stepIfThere(table, { type, epoch: effect.record.epoch }));
        });
      case 'closed':
        return table.hosting?.close(effect.epoch);
    }
  }

  #wake(table: Table, atMs: number): void {
    table.cancelWake();
    const tick = (): void => this.guard(null, () => this.step(table, { type: 'tick' }));
    table.cancelWake = this.host.after(Math.max(0, atMs - this.host.nowMs()), tick);
  }

  /** The server may have stopped meanwhile. */
  #stepIfThere(table: Table, event: RoomEvent<Seat>): void {
    if (this.#tables.get(table.name) === table) this.step(table, event);
  }

  /** All of it has to be read, however much it is: members do not wait for that. */
  async #countStored(): Promise<void> {
    for await (const [room, chars] of this.#store?.witnessChars() ?? []) {
      if (this.#isStopped) return;
      this.#tables.get(room)?.hosting?.noteStored(chars);
    }
  }

  #budgetOf({ maxTotalWitnessChars, maxRooms }: Settings): Budget {
    let isTold = false;
    return new Budget(maxTotalWitnessChars, maxRooms, () => {
      if (!isTold) this.report(witnessesFull(maxTotalWitnessChars));
      isTold = true;
    });
  }

  #hostingOf(table: Table): Hosting {
    const { host } = this;
    const { maxFrameBytes, maxMembersPerRoom } = this.settings.limits;
    return new Hosting({
      room: table.name,
      store: this.#store,
      budget: this.#budget,
      unfinished: this.#unfinished,
      seed: () => Math.floor(host.random() * 2 ** 32),
      clocks: this.#clocks,
      timers: { after: (delayMs, run) => host.after(delayMs, () => this.guard(null, run)) },
      maxPieceBytes: maxFrameBytes - maxRelayOverheadBytes,
      maxChars: this.settings.maxWitnessChars,
      maxSenders: maxMembersPerRoom,
      send: (to, payloads) => this.#stepIfThere(table, { type: 'from-witness', to, payloads }),
      onBadMessage: () => this.counts.malformed++,
      onStoreFailed: (error) => this.#noteStoreFailed(error),
      onLost: (error) => this.report(witnessLost(table.name, error)),
    });
  }

  #noteStoreFailed(error: unknown): void {
    if (this.#hasStoreFailed) return;
    this.#hasStoreFailed = true;
    this.report(storeFailed(error));
  }

  #awaitWhole(): void {
    const inMs = this.#past.wholeInMs(this.host.nowMs());
    if (inMs === Infinity) return;
    this.#cancelWhole = this.host.after(inMs, () => {
      if (this.#past.wholeInMs(this.host.nowMs()) > 0) return this.#awaitWhole(); // further away than a timer goes
      this.#past.noteWhole().catch((error: unknown) => this.#noteStoreFailed(error));
    });
  }
}

/** Writes the message out once for all who know the room by the same channel. */
function broadcast(
  seats: readonly Seat[],
  message: Extract<RoomEffect<Seat>, { readonly type: 'send' }>['message'],
): void {
  const texts = new Map<Channel, string>();
  for (const { client, channel } of seats) {
    let text = texts.get(channel);
    if (text === undefined) texts.set(channel, (text = JSON.stringify({ ...message, channel })));
    client.sendText(text);
  }
}
