import { settle, type SignalingOptions } from '../../signaling-server/options.ts';
import type { Client } from '../../signaling-server/client.ts';
import { Store } from '../../signaling-server/store.ts';
import { Switchboard } from '../../signaling-server/switchboard.ts';
import { virtualClock, type VirtualClock } from '../../src/platform/virtual.ts';
import type { ClientMessage, ServerMessage } from '../../src/protocol/messages.ts';
import { decodeRelayFrame, encodeRelayFrame, type RelayEntry } from '../../src/protocol/relay-frame.ts';
import { LoneMember, type LoneMemberOptions } from './lone-member.ts';
import { MemoryDatabase } from './memory-database.ts';
import { quorumCharter } from './records.ts';

const networkMs = 1;
const year2026 = Date.UTC(2026, 0, 1);

/** One life of a server, and all that ends with it. */
interface Life {
  readonly board: Switchboard;
  readonly errors: unknown[];
  /** That wait. */
  timers: number;
  isOver: boolean;
}

/** A server on a disk in memory, in virtual time, that can be killed and started again; and members that come to it. */
export class ServerRig {
  readonly clock: VirtualClock = virtualClock();
  database: MemoryDatabase;
  /** What the server's wall clock is off by. */
  wallOffMs = 0;
  readonly members: LoneMember[] = [];
  /** That the server sent to anybody. */
  sentBytes = 0;
  readonly #platform = this.clock.platform();
  #life: Life | null = null;
  #lives = 0;

  constructor() {
    this.database = new MemoryDatabase({ writeMs: () => 2, timers: this.#platform.timers });
  }

  get board(): Switchboard {
    return this.#now.board;
  }

  /** Timers of the server that wait. */
  get timers(): number {
    return this.#now.timers;
  }

  get errors(): readonly unknown[] {
    return this.#now.errors;
  }

  get #now(): Life {
    if (this.#life === null) throw new Error('the server does not run');
    return this.#life;
  }

  /** `memory`: without the disk. */
  async start(options: { readonly memory?: boolean } & SignalingOptions = {}): Promise<void> {
    const { memory = false, ...rest } = options;
    const opening = memory ? null : Store.open(this.database);
    await this.clock.advance(10);
    const store = await opening;
    const errors: unknown[] = [];
    this.#lives++;
    let secrets = 0;
    const { timers } = this.#platform;
    const settings = settle({ graceMs: 5000, onError: (error) => void errors.push(error), ...rest });
    const life = { errors, timers: 0, isOver: false } as Life & { board: Switchboard };
    this.#life = life;
    life.board = new Switchboard(
      settings,
      {
        nowMs: this.clock.nowMs,
        wallMs: () => year2026 + this.clock.nowMs() + this.wallOffMs,
        after: (delayMs, run) => {
          let isSet = true;
          life.timers++;
          const clear = (): void => {
            if (isSet) life.timers--;
            isSet = false;
          };
          const undo = timers.after(delayMs, () => {
            clear();
            if (!life.isOver) run();
          });
          return () => {
            clear();
            undo();
          };
        },
        random: () => 0.5,
        secret: () => `secret-${this.#lives}-${secrets++}`,
        hash: (secret) => `hash of ${secret}`,
      },
      store,
    );
  }

  /** SIGKILL: what was durable by then is what the next life finds. */
  kill(): void {
    this.#now.isOver = true;
    this.database = this.database.copy();
    for (const member of this.members) member.lose();
    this.#life = null;
  }

  /** SIGTERM. */
  async stop(): Promise<void> {
    const { board } = this.#now;
    board.drain(0);
    await this.clock.advance(10);
    const stopped = board.stop();
    await this.clock.advance(10);
    await stopped;
    this.kill();
  }

  /** All its data is deleted. */
  wipe(): void {
    this.database = new MemoryDatabase({ writeMs: () => 2, timers: this.#platform.timers });
  }

  /** A member that joins, and answers the server's pings; it says its standing every 3 s, if it has one. */
  member(id: string, options: Partial<LoneMemberOptions> = {}): LoneMember {
    const platform = this.clock.platform();
    const member = new LoneMember({ id, room: 'room', charter: quorumCharter, platform, seed: 7, ...options });
    this.members.push(member);
    this.connect(member);
    const again = (): void => {
      member.sayStanding();
      platform.timers.after(3000, again);
    };
    again();
    return member;
  }

  /** Over a new connection. Returns what cuts that without a word. */
  connect(member: LoneMember): () => void {
    const life = this.#now;
    const { timers } = this.#platform;
    let isCut = false;
    const soon = (run: () => void): void => {
      timers.after(networkMs, () => {
        if (!isCut && !life.isOver) run();
      });
    };
    const client: Client = life.board.open(
      {
        send: (frame) => {
          const copy = typeof frame === 'string' ? frame : frame.slice();
          this.sentBytes += frame.length;
          soon(() => deliver(member, copy));
        },
        bufferedBytes: () => 0,
        close: () => soon(() => (isCut = true)),
        pause: () => {},
        resume: () => {},
        ping: (text) => soon(() => client.ponged(text)),
      },
      { origin: undefined, address: '' },
    );
    const say = (message: ClientMessage): void => {
      const text = JSON.stringify(message);
      soon(() => client.receive({ text, bytes: text.length }));
    };
    say({ type: 'hello', version: 1 });
    member.join({
      say,
      relay: (entry: RelayEntry) => {
        const frame = encodeRelayFrame({ channel: 0, entries: [entry] });
        soon(() => client.receive(frame));
      },
    });
    return () => {
      isCut = true;
      client.closed();
    };
  }
}

function deliver(member: LoneMember, frame: string | Uint8Array): void {
  if (typeof frame === 'string') member.hear(JSON.parse(frame) as ServerMessage);
  else member.relayed(decodeRelayFrame(frame)?.entries ?? []);
}
