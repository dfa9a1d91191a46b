import type { PeerId } from '../protocol/ids.ts';
import type { Path, Transport, TransportEvents } from '../transports/transport.ts';
import { check, checkSame, type ContractCase } from './contract.ts';

/** What a test of a transport is given, fresh for every case. */
export interface TransportRig {
  /** Makes and starts the transport of one more member; all of a rig can reach each other. */
  join(self: PeerId, events: TransportEvents): Promise<Transport>;
  /** Lets time pass until the condition holds; rejects when it does not come about. */
  until(condition: () => boolean): Promise<void>;
  /** Lets time pass for everything that is under way to arrive. */
  settle(): Promise<void>;
}

/** One member of a rig, and what its transport has told it. */
class Station {
  readonly id: PeerId;
  readonly open = new Map<PeerId, Path>();
  readonly frames: { readonly path: Path; readonly bytes: readonly number[] }[] = [];
  /** Paths that opened while another one to the same member was open. */
  doubled = 0;
  events = 0;
  #transport: Transport | undefined;

  constructor(id: PeerId) {
    this.id = id;
  }

  get transport(): Transport {
    check(this.#transport !== undefined, 'the rig has started no transport');
    return this.#transport;
  }

  async join(rig: TransportRig): Promise<this> {
    this.#transport = await rig.join(this.id, {
      onPath: (path) => {
        this.events++;
        if (this.open.has(path.peer)) this.doubled++;
        this.open.set(path.peer, path);
      },
      onFrame: (path, frame) => {
        this.events++;
        this.frames.push({ path, bytes: [...frame] });
      },
      onPathClosed: (path) => {
        this.events++;
        if (this.open.get(path.peer) === path) this.open.delete(path.peer);
      },
      onError: () => {},
    });
    return this;
  }

  async pathTo(peer: PeerId, rig: TransportRig): Promise<Path> {
    await rig.until(() => this.open.has(peer));
    const path = this.open.get(peer);
    check(path !== undefined, `no path to ${peer}`);
    return path;
  }
}

async function pair(rig: TransportRig): Promise<readonly [Station, Station]> {
  const [a, b] = [await new Station('station-a').join(rig), await new Station('station-b').join(rig)];
  a.transport.want(new Set([b.id]));
  b.transport.want(new Set([a.id]));
  await a.pathTo(b.id, rig);
  await b.pathTo(a.id, rig);
  return [a, b];
}

/** The promises of `Transport` and `Path`, each with its proof: run all of them on every implementation. */
export const transportContract: readonly ContractCase<TransportRig>[] = [
  {
    title: 'opens one path to a wanted member, of its own kind',
    async run(rig) {
      const [a, b] = await pair(rig);
      await rig.settle();
      for (const [one, other] of [[a, b] as const, [b, a] as const]) {
        const path = await one.pathTo(other.id, rig);
        checkSame([path.kind, path.peer], [one.transport.kind, other.id], 'kind and peer of the path');
        checkSame(one.doubled, 0, 'paths opened beside an open one');
      }
    },
  },
  {
    title: 'carries frames both ways, whole and unaltered, and names their sender',
    async run(rig) {
      const [a, b] = await pair(rig);
      const frame = Uint8Array.from({ length: 1_000 }, (_, at) => (at * 7) % 256);
      (await a.pathTo(b.id, rig)).send(frame.slice(), 'bulk');
      (await b.pathTo(a.id, rig)).send(Uint8Array.of(0), 'urgent');
      await rig.until(() => a.frames.length > 0 && b.frames.length > 0);
      checkSame(b.frames[0]?.bytes, [...frame], 'the frame');
      checkSame(a.frames[0]?.bytes, [0], 'the answer');
      checkSame([a.frames[0]?.path.peer, b.frames[0]?.path.peer], [b.id, a.id], 'the senders');
    },
  },
  {
    title: 'takes frames up to maxFrameBytes',
    async run(rig) {
      const [a, b] = await pair(rig);
      const path = await a.pathTo(b.id, rig);
      path.send(new Uint8Array(path.maxFrameBytes).fill(7), 'bulk');
      await rig.until(() => b.frames.length > 0);
      checkSame(b.frames[0]?.bytes.length, path.maxFrameBytes, 'bytes of the frame');
    },
  },
  {
    title: 'counts what it has taken and not yet sent, down to nothing',
    async run(rig) {
      const [a, b] = await pair(rig);
      const path = await a.pathTo(b.id, rig);
      for (let sent = 0; sent < 5; sent++) path.send(new Uint8Array(2_000), 'bulk');
      check(path.bufferedBytes() >= 0, 'bufferedBytes is negative');
      await rig.until(() => b.frames.length === 5 && path.bufferedBytes() === 0);
    },
  },
  {
    title: 'loses what is sent on a closed path, without throwing',
    async run(rig) {
      const [a, b] = await pair(rig);
      const path = await a.pathTo(b.id, rig);
      for (const { transport } of [a, b]) transport.want(new Set());
      await rig.until(() => !a.open.has(b.id));
      path.send(Uint8Array.of(1), 'urgent');
      await rig.settle();
      checkSame(b.frames, [], 'frames');
    },
  },
  {
    title: 'tells nothing after close, whatever arrives, and closing twice does nothing',
    async run(rig) {
      const [a, b] = await pair(rig);
      a.transport.close();
      a.transport.close();
      const { events } = a;
      b.open.get(a.id)?.send(Uint8Array.of(1), 'urgent');
      await rig.settle();
      checkSame(a.events, events, 'events');
    },
  },
  {
    title: 'is not disturbed by wanting somebody who is not there',
    async run(rig) {
      const [a, b] = await pair(rig);
      a.transport.want(new Set([b.id, 'nobody']));
      (await a.pathTo(b.id, rig)).send(Uint8Array.of(5), 'urgent');
      await rig.until(() => b.frames.length > 0);
      checkSame(b.frames[0]?.bytes, [5], 'the frame');
    },
  },
];
