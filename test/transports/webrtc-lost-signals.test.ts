import { expect, test } from 'vitest';
import { TokenBucket } from '../../src/core/token-bucket.ts';
import { seeded } from '../../src/platform/seeded.ts';
import { ClusterError } from '../../src/protocol/errors.ts';
import { parseJson } from '../../src/protocol/foreign-json.ts';
import { ports } from '../../src/protocol/relay-frame.ts';
import { Backoff } from '../../src/signaling/backoff.ts';
import type { RelayListener } from '../../src/signaling/relay.ts';
import { WebRtcPairs } from '../../src/transports/webrtc/pairs.ts';
import type { SimplePeer, SimplePeerOptions } from '../../src/transports/webrtc/simple-peer.ts';
import { Time, platformOn } from '../links/world.ts';

/** So long it takes a browser to find out that the other end is gone without a word. */
const consentMs = 30_000;

/** Two members, with a relay that loses signals, and connections that come about when the answer to their offer arrives. */
class World {
  readonly time = new Time();
  readonly random: () => number;
  /** Of the signals. */
  loss = 0;
  /** Of the ends of connections, which the other end then has to find out. */
  silence = 0;
  readonly #channels = new Map<string, Channel>();
  readonly a = this.#side('a', 'b');
  readonly b = this.#side('b', 'a');

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  get areConnected(): boolean {
    return this.a.open === 1 && this.b.open === 1;
  }

  /** As where the server is lost and found again. */
  signalingIsBack(): void {
    for (const { listener } of [this.a, this.b]) listener?.onStatus?.('online');
  }

  #side(self: string, peer: string): Side {
    return new Side(this, self, (payload) => {
      if (this.random() >= this.loss)
        this.time.after(20, () => this.#sideOf(peer).listener?.onRelay({ peer: self, port: ports.signal, payload }));
    });
  }

  #sideOf(peer: string): Side {
    return peer === 'a' ? this.a : this.b;
  }

  meet(sdp: string, channel: Channel): Channel | undefined {
    const other = this.#channels.get(sdp);
    this.#channels.set(sdp, channel);
    return other;
  }
}

class Side {
  listener: RelayListener | undefined;
  readonly pairs: WebRtcPairs;
  readonly #other: string;
  readonly #channels: Channel[] = [];
  open = 0;
  made = 0;
  errors = 0;

  constructor(world: World, self: string, send: (payload: Uint8Array) => void) {
    this.#other = self === 'a' ? 'b' : 'a';
    const made = (channel: Channel): void => {
      this.made++;
      this.#channels.push(channel);
    };
    class Peer extends Channel {
      constructor(options: SimplePeerOptions) {
        super(world, options);
        made(this);
      }
    }
    this.pairs = new WebRtcPairs(
      {
        self,
        platform: platformOn(world.time, () => world.random()),
        lent: { Backoff, ClusterError, parseJson, ports, TokenBucket },
        relay: {
          send: ({ payload }) => send(payload),
          listen: (listener) => {
            this.listener = listener;
            return () => (this.listener = undefined);
          },
        },
        events: {
          onPath: () => void this.open++,
          onPathClosed: () => void this.open--,
          onFrame: () => undefined,
          onError: () => void this.errors++,
        },
      },
      { default: Peer },
    );
  }

  endAll(): void {
    for (const channel of this.#channels) channel.destroy();
  }

  want(wanted: boolean): void {
    this.pairs.want(new Set(wanted ? [this.#other] : []));
  }
}

/** One end of a connection. Both ends know each other by the text of the offer, which the answer repeats. */
class Channel implements SimplePeer {
  readonly bufferSize = 0;
  readonly #world: World;
  readonly #listeners = new Map<string, (value: never) => void>();
  #other: Channel | undefined;
  #isDestroyed = false;

  constructor(world: World, { initiator }: SimplePeerOptions) {
    this.#world = world;
    if (!initiator) return;
    const sdp = String(world.random());
    world.meet(sdp, this);
    world.time.after(1, () => this.#emit('signal', { type: 'offer', sdp }));
  }

  on(event: string, run: (value: never) => void): void {
    this.#listeners.set(event, run);
  }

  signal(signal: { readonly type: 'offer' | 'answer'; readonly sdp: string }): void {
    const { time } = this.#world;
    if (signal.type === 'offer') {
      this.#other = this.#world.meet(signal.sdp, this);
      time.after(1, () => this.#emit('signal', { ...signal, type: 'answer' }));
      return;
    }
    const other = (this.#other = this.#world.meet(signal.sdp, this));
    if (other === undefined || other.#isDestroyed) return;
    for (const end of [this, other]) time.after(5, () => end.#emit('connect'));
  }

  send(): void {}

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#emit('close');
    this.#isDestroyed = true;
    const { time, random, silence } = this.#world;
    time.after(random() < silence ? consentMs : 20, () => this.#other?.destroy());
  }

  #emit(event: string, value?: unknown): void {
    if (!this.#isDestroyed) this.#listeners.get(event)?.(value as never);
  }
}

const whoWants = [
  ['both', true, true],
  ['the one that offers', true, false],
  ['the one that asks', false, true],
] as const;

test.each(whoWants)('a channel that %s want comes about, whatever was lost before', async (_who, a, b) => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = new World(seed);
    world.loss = 0.5;
    world.silence = 0.5;
    const { time } = world;
    // Minds change, channels end, the server is lost and found.
    for (let turn = 0; turn < 30; turn++) {
      for (const side of [world.a, world.b]) if (world.random() < 0.5) side.want(world.random() < 0.7);
      if (world.random() < 0.2) world.signalingIsBack();
      await time.run(world.random() * 20_000);
    }
    world.a.want(a);
    world.b.want(b);
    await time.run(180_000, () => world.areConnected);
    world.loss = 0;
    await time.run(120_000, () => world.areConnected);
    expect(world.areConnected, `seed ${seed}`).toBe(true);
    const made = world.a.made;
    await time.run(600_000);
    expect([world.areConnected, world.a.made], `seed ${seed}`).toEqual([true, made]);
  }
});

test.each(['a', 'b'] as const)(
  'a channel that came again stays when %s does not want it any more, but the other one',
  async (one) => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = new World(seed);
      for (const side of [world.a, world.b]) side.want(true);
      await world.time.run(20_000);
      for (let turn = 0; turn < 3; turn++) {
        world.a.endAll();
        await world.time.run(20_000);
      }
      const { made } = world.a;
      world[one].want(false);
      await world.time.run(60_000);
      expect([world.areConnected, world.a.made], `seed ${seed}`).toEqual([true, made]);
    }
  },
);

test('where nobody wants it any more, nothing is left, whatever was lost', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = new World(seed);
    world.loss = 0.5;
    world.silence = 0.5;
    for (let turn = 0; turn < 10; turn++) {
      for (const side of [world.a, world.b]) side.want(world.random() < 0.7);
      await world.time.run(world.random() * 20_000);
    }
    world.a.pairs.close();
    world.b.want(false);
    await world.time.run(60_000);
    const { made, errors } = world.b;
    await world.time.run(600_000);
    expect([world.b.made, world.b.errors]).toEqual([made, errors]);
    expect([world.b.open, world.time.pending], `seed ${seed}`).toEqual([0, 0]);
  }
});
