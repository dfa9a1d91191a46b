import { platform as runtime } from '#platform';
import { isLazy, type Lazy } from '../cluster/lazy.ts';
import type { Network } from '../cluster/network.ts';
import type { Talk } from '../cluster/talk.ts';
import type { Discovery, DiscoveryEvents, WitnessLine } from '../discovery/discovery.ts';
import type { Broadcast } from '../platform/broadcast.ts';
import { ownerOf } from '../platform/mailbox.ts';
import { pausable } from '../platform/pausable.ts';
import type { Platform } from '../platform/platform.ts';
import { broadcastOf } from '../platform/web-broadcast.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Path, Transport, TransportEvents } from '../transports/transport.ts';

export interface Cuttable {
  /** The network that was given, with scissors. For one cluster. */
  readonly network: Network;
  /**
   * From now on nothing passes to or from these members, on any path, nor the witness, if it is named; replaces the cut before. The paths stay open, and
   * discovery goes on.
   */
  cut(peers: Iterable<PeerId>): void;
  /** Undoes every cut. */
  heal(): void;
  /** As a browser freezes a page: no timer runs, nothing is heard or said. What arrives waits. */
  freeze(): void;
  thaw(): void;
}

/** Puts a real network under a test's control, at one member's end of it. */
export function cuttable(network: Network): Cuttable {
  const life = pausable(network.platform?.() ?? runtime);
  const cuts = new Set<PeerId>();
  const gate = new Gate(() => life.paused);
  const passes = (peer: PeerId): boolean => !life.paused && !cuts.has(peer);

  const broadcast = broadcastOf(life.platform);
  const platform: Platform = broadcast
    ? { ...life.platform, broadcast: gatedBroadcast(broadcast, gate, passes, cuts) }
    : life.platform;

  return {
    network: {
      name: network.name,
      elector: network.elector,
      platform: () => platform,
      open(context) {
        const { discovery, talk, ...parts } = network.open(context);
        const gated = ({ transports, witness, ...rest }: Talk): Talk => ({
          ...rest,
          witness: witness && gatedWitness(witness, gate, passes, cuts),
          transports: transports.map((transport) => new CuttableTransport(transport, gate, passes, cuts)),
        });
        return {
          ...parts,
          discovery: mapped(discovery, (inner) => gatedDiscovery(inner, gate)),
          talk: mapped(talk, gated),
        };
      },
    },
    cut: (peers) => {
      cuts.clear();
      for (const peer of peers) cuts.add(peer);
    },
    heal: () => cuts.clear(),
    freeze: life.pause,
    thaw: () => {
      life.resume();
      gate.flush();
    },
  };
}

/** What is made of a part as soon as it is there. */
function mapped<T extends object>(part: T | Lazy<T>, run: (part: T) => T): T | Lazy<T> {
  return isLazy(part) ? { load: async () => run(await part.load()) } : run(part);
}

/** Holds back, in order, what comes in while it is shut. */
class Gate {
  readonly #shut: () => boolean;
  #waiting: (() => void)[] = [];

  constructor(shut: () => boolean) {
    this.#shut = shut;
  }

  pass(run: () => void): void {
    if (this.#shut()) this.#waiting.push(run);
    else run();
  }

  flush(): void {
    for (const run of this.#waiting.splice(0)) this.pass(run);
  }
}

function gatedDiscovery(inner: Discovery, gate: Gate): Discovery {
  return {
    start: (self, events) =>
      inner.start(self, {
        onView: (view, change) => gate.pass(() => events.onView(view, change)),
        onHint: (id) => gate.pass(() => events.onHint(id)),
        onStatus: (status) => gate.pass(() => events.onStatus(status)),
        onError: (error) => gate.pass(() => events.onError(error)),
        onAskPledge: (epoch) => gate.pass(() => events.onAskPledge?.(epoch)),
        onContact: (askedAt) => gate.pass(() => events.onContact?.(askedAt)),
      } satisfies Required<DiscoveryEvents>),
    setInfo: (info) => inner.setInfo(info),
    stand: (stance) => inner.stand?.(stance),
    leave: (pledge) => inner.leave(pledge),
    abandon: () => inner.abandon(),
  };
}

function gatedWitness(
  inner: WitnessLine,
  gate: Gate,
  passes: (peer: PeerId) => boolean,
  cuts: ReadonlySet<PeerId>,
): WitnessLine {
  return {
    send(to, message, lane) {
      if (passes(to)) inner.send(to, message, lane);
    },
    listen: ({ onMessage, onBadMessage }) =>
      inner.listen({
        onMessage(from, message) {
          if (!cuts.has(from)) gate.pass(() => onMessage(from, message));
        },
        onBadMessage: (from, reason) => gate.pass(() => onBadMessage(from, reason)),
      }),
  };
}

/** Among pages that have nothing else: what they post to each other's mailboxes. */
function gatedBroadcast(
  inner: Broadcast,
  gate: Gate,
  passes: (peer: PeerId) => boolean,
  cuts: ReadonlySet<PeerId>,
): Broadcast {
  return (name, hear) => {
    const owner = ownerOf(name);
    if (owner === undefined) return inner(name, hear);
    const heard = (message: unknown): void => {
      const { by } = (message ?? {}) as { readonly by?: PeerId };
      if (by === undefined || !cuts.has(by)) gate.pass(() => hear?.(message));
    };
    const { post, close } = inner(name, hear && heard);
    return {
      post: (message) => {
        if (passes(owner)) post(message);
      },
      close,
    };
  };
}

class CuttableTransport implements Transport {
  readonly kind: Transport['kind'];
  readonly only: Transport['only'];
  readonly #inner: Transport;
  readonly #gate: Gate;
  readonly #passes: (peer: PeerId) => boolean;
  readonly #cuts: ReadonlySet<PeerId>;
  readonly #paths = new Map<Path, Path>();

  constructor(inner: Transport, gate: Gate, passes: (peer: PeerId) => boolean, cuts: ReadonlySet<PeerId>) {
    this.kind = inner.kind;
    this.only = inner.only;
    this.#inner = inner;
    this.#gate = gate;
    this.#passes = passes;
    this.#cuts = cuts;
  }

  start(self: PeerId, events: TransportEvents): void {
    this.#inner.start(self, {
      onPath: (path) => this.#gate.pass(() => events.onPath(this.#wrapped(path))),
      onFrame: (path, frame) => {
        if (this.#cuts.has(path.peer)) return;
        this.#gate.pass(() => events.onFrame(this.#wrapped(path), frame));
      },
      onPathClosed: (path) =>
        this.#gate.pass(() => {
          events.onPathClosed(this.#wrapped(path));
          this.#paths.delete(path);
        }),
      onError: (peer, error) => this.#gate.pass(() => events.onError(peer, error)),
    });
  }

  want(peers: ReadonlySet<PeerId>): void {
    this.#inner.want(peers);
  }

  close(): void {
    this.#inner.close();
  }

  #wrapped(path: Path): Path {
    let wrapped = this.#paths.get(path);
    if (!wrapped) this.#paths.set(path, (wrapped = cuttablePath(path, this.#passes)));
    return wrapped;
  }
}

function cuttablePath(path: Path, passes: (peer: PeerId) => boolean): Path {
  return {
    kind: path.kind,
    peer: path.peer,
    get maxFrameBytes() {
      return path.maxFrameBytes;
    },
    bufferedBytes: () => path.bufferedBytes(),
    send(frame, lane) {
      if (passes(path.peer)) path.send(frame, lane);
    },
    giveUp: () => path.giveUp?.(),
  };
}
