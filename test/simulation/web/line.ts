/* oxlint-disable unicorn/prefer-add-event-listener -- a Socket of the platform has on… properties only */
import type { Client, Frame, Socket as FarSocket } from '../../../signaling-server/client.ts';
import type { Socket } from '../../../src/platform/platform.ts';
import { mix, unit } from '../random.ts';
import type { Tenant } from '../tenant.ts';
import { Pipe } from './pipe.ts';
import type { Process } from './process.ts';

/** What the house of the server lends to each line that leads to it. */
export interface LineParts {
  readonly life: Tenant;
  /** Its place among all lines of the run. */
  readonly index: number;
  /** The process that runs at this moment. */
  running(): Process | null;
  /** The server is told something about a line, and nothing about another one. */
  onOver(line: Line): void;
}

const controlBytes = 40;
/** No close frame: the connection was lost, or never was. */
const abnormal = 1006;
/** Browsers say so for a page that is gone, and some of them for one that lives on. */
const goingAway = 1001;

/** One WebSocket between a member and the server, from the first packet on. What it carries, it carries in order. */
export class Line {
  readonly life: Tenant;
  readonly near: NearEnd;
  readonly #parts: LineParts;
  readonly #up: Pipe;
  readonly #down: Pipe;
  readonly #state: number;
  /** Where it leads: processes come and go. */
  #process: Process | null = null;
  #client: Client | null = null;
  /** Frames that the server does not read at the moment. */
  #unread: Frame[] | null = null;

  constructor(parts: LineParts) {
    const { life, index } = parts;
    const { world, seat } = life;
    const server = world.seats.length;
    this.life = life;
    this.#parts = parts;
    this.#state = mix(world.draw(life.index, index), 83);
    const ends = { from: seat.index, to: server };
    this.#up = new Pipe(world, { ...ends, state: mix(this.#state, 1), onBroken: () => this.#tellMember(abnormal) });
    this.#down = new Pipe(world, {
      from: server,
      to: seat.index,
      state: mix(this.#state, 2),
      onBroken: () => this.#tellServer(),
    });
    this.near = new NearEnd(this);
    this.#up.send(controlBytes, () => this.#knock());
  }

  /** It carries nothing any more. Each side is told after so long, or never. */
  drop(memberMs: number | null, serverMs: number | null): void {
    const { world } = this.life;
    this.#up.vanish();
    this.#down.vanish();
    if (memberMs !== null) world.at(world.nowMs + memberMs, () => this.#tellMember(abnormal));
    const code = this.#isOfBrowser && unit(mix(this.#state, 4)) < 0.5 ? goingAway : abnormal;
    if (serverMs !== null) world.at(world.nowMs + serverMs, () => this.#tellServer(code));
    this.#parts.onOver(this);
  }

  stall(forMs: number): void {
    this.#up.stall(forMs);
    this.#down.stall(forMs);
  }

  /** Both sides take it to be open, and are right. */
  get isUp(): boolean {
    return this.near.readyState === 1 && this.#process?.isRunning === true;
  }

  // The member's side

  get upBytes(): number {
    return this.#up.bufferedBytes;
  }

  sendUp(frame: string | Uint8Array): void {
    const bytes = sizeOf(frame);
    const copy = typeof frame === 'string' ? { text: frame, bytes } : frame.slice();
    this.#up.send(bytes, () => this.#atServer(wordsFor(frame), (client) => this.#hand(client, copy)));
  }

  hangUp(): void {
    this.#up.send(controlBytes, () => {
      const { world } = this.life;
      const lateMs = world.schedule.web!.closeLateMs * unit(mix(this.#state, 3));
      world.at(world.nowMs + lateMs, () => this.#tellServer());
    });
  }

  // The server's side

  #knock(): void {
    const process = this.#parts.running();
    const board = process?.board ?? null;
    if (process === null || board === null) return this.#answer('refused', () => this.near.ends(abnormal, ''));
    this.#process = process;
    process.run(`${this.life.label} connects`, () => {
      this.#client = board.open(this.#farEnd(), { origin: undefined, address: this.life.label });
    });
    this.#answer('open', () => this.near.opens());
  }

  #hand(client: Client, frame: Frame): void {
    if (this.#unread === null) client.receive(frame);
    else this.#unread.push(frame);
  }

  #farEnd(): FarSocket {
    return {
      send: (frame) => {
        const data = typeof frame === 'string' ? frame : frame.slice().buffer;
        if (typeof frame === 'string') this.#process!.said.push({ to: this.life, text: frame });
        this.#answer(wordsFor(frame), () => this.near.hears(data), sizeOf(frame));
      },
      bufferedBytes: () => this.#down.bufferedBytes,
      close: (code, reason) => this.#answer(`closed ${code}`, () => this.near.ends(code, reason)),
      pause: () => void (this.#unread ??= []),
      resume: () => {
        const unread = this.#unread ?? [];
        this.#unread = null;
        for (const frame of unread) this.#hand(this.#client!, frame);
      },
      ping: (text) => this.#down.send(controlBytes, () => this.#pong(text)),
    };
  }

  /** A browser answers by itself; elsewhere a member has to be awake for it. */
  #pong(text: string): void {
    const { life } = this;
    const answer = (): void =>
      this.#up.send(controlBytes, () => this.#atServer(`pong ${text}`, (client) => client.ponged(text)));
    if (this.#isOfBrowser && life.state === 'running') answer();
    else life.take({ type: 'heard', what: `ping ${text}`, run: answer });
  }

  get #isOfBrowser(): boolean {
    const { world, index } = this.life;
    return unit(mix(world.draw(index, 5), 85)) < world.schedule.web!.browsers;
  }

  #answer(what: string, run: () => void, bytes: number = controlBytes): void {
    this.#down.send(bytes, () => this.#atMember(what, run));
  }

  #atMember(what: string, run: () => void): void {
    // What reaches a process that is no more is answered by its kernel.
    if (this.life.state === 'crashed') return this.#up.send(controlBytes, () => this.#tellServer());
    if (this.life.state === 'running') this.life.take({ type: 'heard', what, run });
  }

  #atServer(what: string, run: (client: Client) => void): void {
    const process = this.#process;
    const client = this.#client;
    if (process?.isRunning !== true || client === null)
      return this.#answer('reset', () => this.near.ends(abnormal, ''));
    process.run(`${this.life.label} ${what}`, () => run(client));
  }

  #tellMember(code: number): void {
    this.#atMember(`closed ${code}`, () => this.near.ends(code, ''));
  }

  #tellServer(code: number = abnormal): void {
    const client = this.#client;
    if (this.#process?.isRunning === true && client !== null)
      this.#process.run(`${this.life.label} is closed`, () => client.closed(code));
    this.#parts.onOver(this);
  }
}

/** The member's end: what the platform calls a WebSocket. */
class NearEnd implements Socket {
  binaryType = 'blob';
  readyState = 0;
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  onerror: Socket['onerror'] = null;
  readonly #line: Line;

  constructor(line: Line) {
    this.#line = line;
  }

  get bufferedAmount(): number {
    return this.#line.upBytes;
  }

  send(frame: string | Uint8Array): void {
    if (this.readyState === 0) throw new Error('the socket is not open yet');
    if (this.readyState === 1) this.#line.sendUp(frame);
  }

  close(): void {
    if (this.readyState > 1) return;
    this.readyState = 2;
    this.#line.hangUp();
  }

  opens(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.();
  }

  hears(data: unknown): void {
    if (this.readyState === 1) this.onmessage?.({ data });
  }

  ends(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    if (code === abnormal) this.onerror?.({ message: 'the connection broke' });
    this.onclose?.({ code, reason });
  }
}

function sizeOf(frame: string | Uint8Array): number {
  return typeof frame === 'string' ? frame.length : frame.byteLength;
}

function wordsFor(frame: string | Uint8Array): string {
  return typeof frame === 'string' ? frame : `relays ${frame.byteLength} bytes`;
}
