/* oxlint-disable unicorn/prefer-add-event-listener -- a Socket of the platform has on… properties only */
import { type Cluster, createCluster, type Network, quorum, type QuorumOptions } from 'bellwether';
import { cuttable, virtualClock, type VirtualClock } from 'bellwether/testing';
import type { Client, Frame, Socket as FarSocket } from '../../../signaling-server/client.ts';
import { settle } from '../../../signaling-server/options.ts';
import { Switchboard } from '../../../signaling-server/switchboard.ts';
import { SignalingDiscovery } from '../../../src/discovery/signaling.ts';
import { Clocks } from '../../../src/driver/clocks.ts';
import type { Platform, Socket, SocketConstructor } from '../../../src/platform/platform.ts';
import { defaultLimits } from '../../../src/protocol/limits.ts';
import { Backoff } from '../../../src/signaling/backoff.ts';
import { SignalingConnection } from '../../../src/signaling/connection.ts';
import { webTalk } from '../../../src/web/talk.ts';

/** One way between a member and the server. */
const wayMs = 10;

/** What passed over one member's socket, both ways. */
export interface Traffic {
  bytes: number;
  messages: number;
}

export interface Seated {
  readonly cluster: Cluster;
  readonly traffic: Traffic;
  /** As a browser freezes a page: nothing runs in it, while its socket stays open, and answers pings. */
  freeze(): void;
  thaw(): void;
}

/** The whole stack of every member, at the whole server, over simulated sockets in virtual time: all stays on the relay. */
export class SimulatedRoom {
  readonly clock: VirtualClock = virtualClock();
  readonly members: Seated[] = [];
  readonly #board: Switchboard;

  /** The server lets each of many say as much more: of all who join, whoever leads tells all others. */
  constructor(maxMembers: number) {
    const { clock, timers, randomBytes } = this.clock.platform();
    const number = (): number => new DataView(randomBytes(4).buffer).getUint32(0);
    const share = Math.ceil(Math.max(1, (maxMembers / defaultLimits.maxMembersPerRoom) ** 2));
    const limits = {
      maxMembersPerRoom: maxMembers,
      messagesPerSecond: share * defaultLimits.messagesPerSecond,
      bytesPerSecond: share * defaultLimits.bytesPerSecond,
    };
    this.#board = new Switchboard(settle({ limits, fresh: true }), {
      nowMs: () => clock.monotonicMs(),
      wallMs: () => clock.wallMs(),
      after: (delayMs, run) => timers.after(delayMs, run),
      random: () => number() / 2 ** 32,
      secret: () => Array.from({ length: 4 }, () => number().toString(36)).join('-'),
      hash: (secret) => `hash of ${secret}`,
    });
  }

  join(options: QuorumOptions = {}): Seated {
    const platform = this.clock.platform();
    const traffic = { bytes: 0, messages: 0 };
    const board = this.#board;
    const address = `member ${this.members.length}`;
    // oxlint-disable-next-line func-style -- a constructor
    const WebSocket = function () {
      return new Near(board, platform, traffic, address);
    } as unknown as SocketConstructor;
    const { network, freeze, thaw } = cuttable({ ...networkAt(WebSocket), platform: () => platform });
    const cluster = createCluster({ room: 'room', network, elector: quorum(options) });
    const seated = { cluster, traffic, freeze, thaw };
    this.members.push(seated);
    return seated;
  }

  end(): void {
    this.#board.stop();
  }
}

/** That of `web()`, with all that it is made of at hand: what has to be loaded takes no virtual time, and may come too late. */
function networkAt(WebSocket: SocketConstructor): Network {
  return {
    name: 'web',
    elector: quorum(),
    open({ room, self, platform, charter }) {
      const url = 'ws://simulated';
      const clocks = new Clocks(platform.clock);
      const connection = new SignalingConnection({ url, WebSocket, room, self, platform, charter });
      return {
        discovery: new SignalingDiscovery(connection, platform.timers, clocks),
        clocks,
        talk: webTalk({ connection, room, rtc: false, charter, platform, Backoff }),
      };
    },
  };
}

/** The member's end of a socket, and the server's at the same time: what one sends, the other hears a way later. */
class Near implements Socket {
  binaryType = 'blob';
  readyState = 0;
  readonly bufferedAmount = 0;
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  onerror: Socket['onerror'] = null;
  readonly #platform: Platform;
  readonly #traffic: Traffic;
  #client: Client | null = null;

  constructor(board: Switchboard, platform: Platform, traffic: Traffic, address: string) {
    this.#platform = platform;
    this.#traffic = traffic;
    this.#later(() => {
      this.#client = board.open(this.#far(), { origin: undefined, address });
      this.readyState = 1;
      this.onopen?.();
    });
  }

  send(frame: string | Uint8Array): void {
    const bytes = this.#count(frame);
    const copy: Frame = typeof frame === 'string' ? { text: frame, bytes } : frame.slice();
    this.#later(() => this.#client?.receive(copy));
  }

  close(): void {
    this.readyState = 3;
    this.#later(() => this.#client?.closed());
  }

  #far(): FarSocket {
    return {
      send: (frame) => {
        this.#count(frame);
        const data = typeof frame === 'string' ? frame : frame.slice().buffer;
        this.#later(() => this.onmessage?.({ data }));
      },
      bufferedBytes: () => 0,
      close: (code, reason) => this.#later(() => this.onclose?.({ code, reason })),
      pause: () => {},
      resume: () => {},
      ping: (text) => this.#later(() => this.#later(() => this.#client?.ponged(text))),
    };
  }

  #later(run: () => void): void {
    this.#platform.timers.after(wayMs, run);
  }

  #count(frame: string | Uint8Array): number {
    const bytes = frame.length;
    this.#traffic.bytes += bytes;
    this.#traffic.messages++;
    return bytes;
  }
}
