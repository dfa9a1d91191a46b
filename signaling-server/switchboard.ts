import { closeCodes, type Channel } from '../src/protocol/messages.ts';
import { Client, type Board, type From, type Seat, type Socket, type Table } from './client.ts';
import { freshCounters, type Counters } from './counters.ts';
import type { Host } from './host.ts';
import type { Settings } from './options.ts';
import type { Moment, RoomEffect, RoomEvent } from './room-events.ts';
import { Room } from './room.ts';

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
  #wallMs = Number.NEGATIVE_INFINITY;
  #draining = false;

  constructor(settings: Settings, host: Host) {
    this.settings = settings;
    this.host = host;
  }

  /** A copy, as things stand. */
  get counters(): Counters {
    let members = 0;
    for (const { room } of this.#tables.values()) members += room.size;
    const { counts } = this;
    return {
      ...counts,
      closed: { ...counts.closed },
      connections: this.#clients.size,
      rooms: this.#tables.size,
      members,
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

  /** Ends every timer. Nothing works any more. */
  stop(): void {
    for (const client of this.#clients) client.closed();
    for (const table of this.#tables.values()) table.cancelWake();
    this.#tables.clear();
  }

  #now(): Moment {
    this.#wallMs = Math.max(this.#wallMs, this.host.wallMs()); // an epoch must not come twice because a clock was set
    return { nowMs: this.host.nowMs(), wallMs: this.#wallMs };
  }

  table(name: string): Table | null {
    const known = this.#tables.get(name);
    if (known) return known;
    if (this.#tables.size >= this.settings.maxRooms) return null;
    const { secret, hash } = this.host;
    const { limits, heartbeatMs, graceMs } = this.settings;
    const table: Table = {
      name,
      room: new Room<Seat>({ limits, heartbeatMs, graceMs, secret, hash, past: null }),
      cancelWake: noUndo,
    };
    this.#tables.set(name, table);
    return table;
  }

  step(table: Table, event: RoomEvent<Seat>): void {
    if (this.#draining && event.type === 'closed') return;
    const at = this.#now();
    for (const effect of table.room.step(event, at)) this.#effects.push([table, effect]);
    this.#performAll();
    if (event.type === 'relay' || !table.room.forgettable(at.wallMs)) return;
    table.cancelWake();
    if (this.#tables.get(table.name) === table) this.#tables.delete(table.name);
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
    if (effect.type === 'relay') effect.to.client.relay({ channel: effect.to.channel, entries: effect.entries });
    else if (effect.type === 'send') broadcast(effect.to, effect.message);
    else if (effect.type === 'found') this.step(table, { type: 'founded', epoch: effect.record.epoch });
    else if (effect.type === 'replaced') {
      const reason = 'this member came back over another connection';
      effect.seat.client.close({ type: 'close', code: closeCodes.replaced, reason });
    } else if (effect.type === 'wake') {
      table.cancelWake();
      const tick = (): void => this.guard(null, () => this.step(table, { type: 'tick' }));
      table.cancelWake = this.host.after(Math.max(0, effect.atMs - this.host.nowMs()), tick);
    }
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
