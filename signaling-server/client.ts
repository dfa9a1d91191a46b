import { problem } from '../src/protocol/client-message.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import { closeCodes, type Channel, type ServerErrorCode, type ServerMessage } from '../src/protocol/messages.ts';
import {
  encodeRelayFrame,
  ports,
  relayEntryBytes,
  relayHeaderBytes,
  type RelayFrame,
} from '../src/protocol/relay-frame.ts';
import { Connection, type Close, type RoomRequest, type Verdict } from './connection.ts';
import type { Counters } from './counters.ts';
import type { Host } from './host.ts';
import type { Hosting } from './hosting.ts';
import type { Admission, Settings } from './options.ts';
import type { Ending, RoomEvent } from './room-events.ts';
import type { Room } from './room.ts';

/** One open socket, whatever it is made of. None of it throws. */
export interface Socket {
  send(frame: string | Uint8Array): void;
  /** Bytes sent that the network has not taken yet. */
  bufferedBytes(): number;
  close(code: number, reason: string): void;
  /** Stops and starts the reading. A few frames may still come. */
  pause(): void;
  resume(): void;
  /** Asks the other side's runtime to send `text` back, which shows that all sent before has arrived. */
  ping(text: string): void;
}

/** Where a connection comes from. */
export interface From {
  /** Of the page; `undefined` for what is no browser. */
  readonly origin: string | undefined;
  readonly address: string;
}

export type Frame = { readonly text: string; readonly bytes: number } | Uint8Array;

/** Where a member sits: one room of one client. */
export interface Seat {
  readonly client: Client;
  readonly channel: Channel;
  readonly table: Table;
  readonly id: PeerId;
}

/** A room under its name, with its timer. */
export interface Table {
  readonly name: string;
  readonly room: Room<Seat>;
  /** Null: nothing of it is to be remembered, as long as nobody founds a group in it. */
  hosting: Hosting | null;
  cancelWake: () => void;
}

/** What a client needs of the switchboard. */
export interface Board {
  readonly settings: Settings;
  readonly host: Host;
  readonly counts: Counters;
  /** The room of that name, founded on demand; null where there may be no more. */
  table(name: string): Table | null;
  step(table: Table, event: RoomEvent<Seat>): void;
  /** Runs what a stranger's frame, or a timer, sets off: whatever it throws ends one connection at most. */
  guard(client: Client | null, run: () => void): void;
  report(error: unknown): void;
  forget(client: Client): void;
}

const authorizeMs = 10_000;
/**
 * "Going away" (RFC 6455, section 7.4.1), by which browsers close the connections of a page that is closed, navigates or is
 * loaded again. Chromium does so for one that crashed as well; Firefox also where a link turns out to be a download, and its
 * page lives on. So may a proxy that stops. What is cut, frozen or killed with its browser sends nothing.
 */
const goingAway = 1001;

/** One socket, from its opening to its end: its gate, and the rooms it is in. */
export class Client {
  readonly #board: Board;
  readonly #socket: Socket;
  readonly #from: From;
  readonly #connection: Connection;
  readonly #seats = new Map<Channel, Seat>();
  /** Frames that came while `authorize` thinks: they are heard afterwards, in order. */
  #waiting: Frame[] | null = null;
  /** Of texts, to charge the client for what it asks for. */
  #sentLength = 0;
  #open = true;
  /** Seats whose welcome is on its way, by the number of the ping behind it. */
  readonly #arriving = new Map<number, Seat>();
  #pings = 0;
  #tickMs = Number.POSITIVE_INFINITY;
  #cancelTick: () => void = () => undefined;
  /** By the wall clock: the first of the times at which `authorize` lets a member in no more. */
  #expiresMs = Number.POSITIVE_INFINITY;
  #cancelExpiry: () => void = () => undefined;

  constructor(board: Board, socket: Socket, from: From) {
    this.#board = board;
    this.#socket = socket;
    this.#from = from;
    this.#connection = new Connection(board.settings, board.host.nowMs());
    this.#armTick();
  }

  receive(frame: Frame): void {
    if (!this.#open) return;
    if (this.#waiting) this.#waiting.push(frame);
    else this.#board.guard(this, () => this.#hear(frame));
  }

  /** A ping of the WebSocket protocol. */
  pinged(bytes: number): void {
    if (this.#open) this.#board.guard(this, () => this.#obey(this.#connection.control(bytes, this.#nowMs())));
  }

  /** The answer to `Socket.ping(text)`. A runtime may answer several of them by answering the last. */
  ponged(text: string): void {
    this.pinged(text.length);
    for (const [number, seat] of this.#arriving) {
      if (!this.#open || !(number <= Number(text))) return;
      this.#arriving.delete(number);
      this.#board.guard(this, () => this.#board.step(seat.table, { type: 'arrived', seat }));
    }
  }

  /** The socket is gone. `code`: of the close frame that its other end sent, if it did. */
  closed(code?: number): void {
    this.#end(code === goingAway ? 'going-away' : 'lost');
  }

  #end(ending: Ending): void {
    if (!this.#open) return;
    this.#open = false;
    this.#waiting = null;
    this.#cancelTick();
    this.#cancelExpiry();
    this.#board.forget(this);
    const seats = [...this.#seats.values()];
    this.#seats.clear();
    for (const seat of seats) {
      this.#board.guard(null, () => this.#board.step(seat.table, { type: 'closed', seat, ending }));
    }
  }

  close({ code, reason }: Close): void {
    if (!this.#open) return;
    const name = Object.entries(closeCodes).find(([, known]) => known === code)?.[0] ?? String(code);
    const { closed } = this.#board.counts;
    closed[name] = (closed[name] ?? 0) + 1;
    this.#socket.close(code, reason);
    this.#end(code === closeCodes.tokenExpired ? 'expected' : 'lost');
  }

  send(message: ServerMessage): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(text: string): void {
    if (!this.#open || this.#stuck()) return;
    this.#sentLength += text.length;
    this.#socket.send(text);
  }

  relay(frame: RelayFrame): void {
    if (!this.#open) return;
    const { counts, settings } = this.#board;
    if (this.#socket.bufferedBytes() > settings.slowBytes) counts.droppedSlow++;
    else {
      counts.relayed++;
      const bytes = encodeRelayFrame(frame);
      // Members do not write to this port of each other: it is the witness, which speaks when it is spoken to.
      if (frame.entries[0]?.port === ports.witness) this.#connection.charge(bytes.byteLength, this.#nowMs());
      this.#socket.send(bytes);
    }
  }

  #stuck(): boolean {
    if (this.#socket.bufferedBytes() <= this.#board.settings.stuckBytes) return false;
    this.close({ type: 'close', code: closeCodes.slow, reason: 'too much waits to be read: read faster' });
    return true;
  }

  #hear(frame: Frame): void {
    const nowMs = this.#nowMs();
    if (frame instanceof Uint8Array) this.#obey(this.#connection.bytes(frame, nowMs));
    else this.#obey(this.#connection.text(frame.text, frame.bytes, nowMs), frame.bytes);
    if (this.#connection.deadlineMs < this.#tickMs) this.#armTick();
  }

  #obey(verdict: Verdict, bytes = 0): void {
    if (verdict.type === 'close') this.close(verdict);
    else if (verdict.type === 'relay') this.#relayOn(verdict.frame);
    else if (verdict.type === 'message') this.#request(verdict.message, bytes);
    else if (verdict.type === 'dropped') this.#board.counts.rateLimited++;
    if (verdict.type !== 'answer') return;
    if (verdict.message.type === 'error') this.#count(verdict.message.code);
    this.send(verdict.message);
  }

  #refuse(code: ServerErrorCode, message: string, channel: Channel): void {
    this.#obey(this.#connection.refuse(problem(code, message, channel), this.#nowMs()));
  }

  #count(code: ServerErrorCode): void {
    if (code === 'rate-limited') this.#board.counts.rateLimited++;
    else if (code === 'unauthorised') this.#board.counts.unauthorised++;
    else this.#board.counts.malformed++;
  }

  #request(message: RoomRequest, bytes: number): void {
    if (message.type === 'join') return this.#join(message, bytes);
    const seat = this.#seats.get(message.channel);
    if (!seat) return this.#refuse('not-joined', 'join a room on this channel first', message.channel);
    if (message.type === 'leave') this.#seats.delete(message.channel);
    this.#charged(seat, bytes, () => this.#board.step(seat.table, eventOf(message, seat)));
  }

  /** What one frame makes the server send counts as sent by its client: to the others, and back to itself. */
  #charged(seat: Seat, bytes: number, run: () => void): void {
    const sentBefore = this.#sentLength;
    const others = Math.max(0, seat.table.room.size - 1);
    run();
    this.#connection.charge(bytes * others + this.#sentLength - sentBefore, this.#nowMs());
  }

  #relayOn({ channel, entries }: RelayFrame): void {
    const seat = this.#seats.get(channel);
    if (!seat) return this.#refuse('not-joined', 'join a room on this channel first', channel);
    const { maxFrameBytes } = this.#board.settings.limits;
    let growth = 0;
    for (const entry of entries) {
      const longer = seat.id.length - entry.peer.length;
      if (relayHeaderBytes + relayEntryBytes(entry) + longer > maxFrameBytes) {
        return this.#refuse(
          'too-large',
          `an entry must fit into a frame of ${maxFrameBytes} bytes with either id`,
          channel,
        );
      }
      growth += longer;
    }
    if (growth > 0) this.#connection.charge(growth, this.#nowMs());
    this.#board.step(seat.table, { type: 'relay', seat, entries });
  }

  #join(message: Join, bytes: number): void {
    const { channel, room, id } = message;
    if (this.#seats.has(channel)) {
      return this.#refuse('already-joined', 'this channel is in a room already: leave that first', channel);
    }
    for (const seat of this.#seats.values()) {
      if (seat.table.name !== room || seat.id !== id) continue;
      return this.#refuse('already-joined', 'this connection has that member in that room already', channel);
    }
    const { maxRoomsPerConnection } = this.#board.settings.limits;
    if (this.#seats.size >= maxRoomsPerConnection) {
      return this.#refuse('too-many-rooms', `one connection may be in ${maxRoomsPerConnection} rooms`, channel);
    }
    const { authorize } = this.#board.settings;
    if (authorize) this.#authorize(authorize, message, bytes);
    else this.#sit(message, bytes);
  }

  /** Nothing more is read until the answer is there, so that frames sent behind the join are still behind it. */
  #authorize(authorize: Authorize, message: Join, bytes: number): void {
    const { room, id, channel } = message;
    this.#waiting = [];
    this.#socket.pause();
    const answer = once((admission: Admission) => {
      cancel();
      this.#board.guard(this, () => {
        if (!this.#open) return;
        const waiting = this.#waiting ?? [];
        this.#waiting = null;
        if (this.#admits(admission)) this.#sit(message, bytes);
        else this.#refuse('unauthorised', 'this token does not open this room', channel);
        for (const frame of waiting) this.receive(frame);
        if (!this.#waiting) this.#socket.resume();
      });
    });
    const fail = (error: unknown): void => {
      if (this.#open) this.#board.report(error);
      answer(false);
    };
    const cancel = this.#board.host.after(authorizeMs, () => fail(new Error(`authorize took over ${authorizeMs} ms`)));
    Promise.resolve()
      .then(() => authorize({ token: this.#connection.token, room, id, ...this.#from }))
      .then(answer, fail);
  }

  /** Only `true`, or a time to come, lets anybody in. */
  #admits(admission: Admission): boolean {
    if (typeof admission !== 'object' || admission === null) return admission === true;
    if (!(admission.expiresMs > this.#board.host.wallMs())) return false;
    this.#expiresMs = Math.min(this.#expiresMs, admission.expiresMs);
    this.#armExpiry();
    return true;
  }

  #armExpiry(): void {
    const { host } = this.#board;
    this.#cancelExpiry();
    if (this.#expiresMs === Number.POSITIVE_INFINITY) return;
    this.#cancelExpiry = host.after(Math.max(0, this.#expiresMs - host.wallMs()), () => {
      if (host.wallMs() < this.#expiresMs) return this.#armExpiry(); // it is further away than a timer goes
      this.send({ type: 'drain', retryAfterMs: 0 });
      this.close({ type: 'close', code: closeCodes.tokenExpired, reason: 'the token expired: come back with another' });
    });
  }

  #sit({ channel, room, ...member }: Join, bytes: number): void {
    const table = this.#board.table(room);
    if (!table)
      return this.#refuse('too-many-rooms', 'this server has as many rooms as it may have: try later', channel);
    const seat: Seat = { client: this, channel, table, id: member.id };
    this.#seats.set(channel, seat);
    this.#charged(seat, bytes, () => this.#board.step(table, { ...member, seat }));
    if (table.room.holds(seat)) this.#awaitArrival(seat);
    else this.#seats.delete(channel);
  }

  #awaitArrival(seat: Seat): void {
    this.#arriving.set(++this.#pings, seat);
    this.#socket.ping(String(this.#pings));
  }

  #nowMs(): number {
    return this.#board.host.nowMs();
  }

  /** A deadline that moves away while the timer runs is seen to when it fires. */
  #armTick(): void {
    if (!this.#open) return;
    this.#cancelTick();
    const delayMs = Math.max(1, this.#connection.deadlineMs - this.#nowMs());
    this.#tickMs = this.#nowMs() + delayMs;
    this.#cancelTick = this.#board.host.after(delayMs, () => this.#tick());
  }

  #tick(): void {
    if (this.#waiting) this.#connection.heard(this.#nowMs()); // it is us who do not listen
    const verdict = this.#connection.tick(this.#nowMs());
    if (verdict?.type === 'close') return this.close(verdict);
    if (verdict) this.#socket.ping('');
    this.#armTick();
  }
}

type Join = Extract<RoomRequest, { readonly type: 'join' }>;
function eventOf(message: Exclude<RoomRequest, Join>, seat: Seat): RoomEvent<Seat> {
  if (message.type === 'info') return { type: 'info', seat, info: message.info };
  if (message.type === 'leave') return { type: 'leave', seat, pledge: message.pledge };
  if (message.type === 'sync') return { type: 'sync', seat };
  const { type, epoch, standing } = message;
  return { type, seat, said: { epoch, standing } };
}

type Authorize = NonNullable<Settings['authorize']>;

function once<Value>(run: (value: Value) => void): (value: Value) => void {
  let done = false;
  return (value) => {
    if (done) return;
    done = true;
    run(value);
  };
}
