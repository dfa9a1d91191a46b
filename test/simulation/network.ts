import type { Json } from '../../src/protocol/json.ts';
import { detourMs } from './distance.ts';
import { power } from './exact.ts';
import { garbage } from './garbage.ts';
import type { Happening } from './queue.ts';
import { mix, unit } from './random.ts';
import type { Tenant } from './tenant.ts';
import type { World } from './world.ts';

/** What holds for all messages from one seat to another, by the faults that go on. */
interface Way {
  /** How many faults cut it. */
  cuts: number;
  clogs: number;
  /** Held back by a clog, in the order of sending. */
  held: Delivery[];
  readonly weather: Set<Weather>;
  /** The delay of this pair, as a multiple of the run's. */
  readonly slowness: number;
  /** Added to it, where one of them is far away. */
  readonly detourMs: number;
}

export interface Weather {
  readonly loss: number;
  readonly duplicates: number;
  readonly delayMs: number;
  readonly only?: string;
}

export interface Trip {
  readonly delayMs: number;
  readonly isLost: boolean;
}

/** What one life has sent to another. */
interface Channel {
  readonly from: Tenant;
  readonly to: Tenant;
  readonly way: Way;
  /** What all draws of this channel are mixed from. */
  readonly state: number;
  sent: number;
  /** When the latest message of the session arrives: the next one does so later. */
  arrivesMs: number;
  /** What waits for a cut to end, while the session lasts. */
  stalled: Delivery[];
  /** Sessions that `from` began with `to`; the other side follows when it hears of it. */
  session: number;
  /** What was sent to `from` before this moment is of an earlier session. */
  resetMs: number;
  /** Some of what was sent, for replays. */
  readonly samples: Json[];
}

/** More than anybody believes of one alone. */
const lieByTerms = 2 ** 16;
const maxSamples = 8;
/** A lost message of a session is sent again after so long. */
const resendMs = 200;

/** Carries messages between lives, as badly as the faults of the moment say. */
export class Network {
  readonly #world: World<Tenant>;
  /** Messages arrive by sessions (T1), not by themselves. */
  readonly #inSessions: boolean;
  /** Each message is written out and read in again. */
  readonly #writesOut: boolean;
  /** Whatever passes to it and on from it passes. */
  readonly #hub: number | null;
  readonly #ways: Way[][] = [];
  /** By index of the sending life, then of the receiving one. */
  readonly #channels: (Channel | undefined)[][] = [];
  /** Base loss and duplication go on. */
  #faulty = true;

  constructor(world: World<Tenant>) {
    this.#world = world;
    const { seats, conditions, web } = world.schedule;
    this.#inSessions = conditions.delivery === 'session';
    this.#writesOut = conditions.wire === 'json';
    // The signaling server, where there is one, is the place behind the last seat.
    const places = web === undefined ? seats : seats + 1;
    this.#hub = web === undefined ? null : seats;
    for (let from = 0; from < places; from++)
      this.#ways.push(
        Array.from({ length: places }, (_, to) => ({
          cuts: 0,
          clogs: 0,
          held: [],
          weather: new Set<Weather>(),
          slowness: 0.5 * power(4, unit(world.draw(1_000 + from, to))),
          detourMs: detourMs(conditions, from, to),
        })),
      );
  }

  send(from: Tenant, toId: string, message: Json): void {
    const world = this.#world;
    const to = world.lifeOf(toId);
    if (to === undefined || to === from) return;
    const channel = this.#channel(from, to);
    const hash = mix(channel.state, ++channel.sent);
    const copy = this.#copied(message);
    if (channel.samples.length < maxSamples) channel.samples.push(copy);
    else if (hash % 16 === 0) channel.samples[channel.sent % maxSamples] = copy;
    this.#carry(new Delivery(this, channel, copy, hash, world.nowMs));
  }

  /** Whether messages pass from one seat to the other, as far as cuts go. */
  open(from: number, to: number): boolean {
    const hub = this.#hub;
    return this.passes(from, to) || (hub !== null && this.passes(from, hub) && this.passes(hub, to));
  }

  /** Straight from one place to the other. */
  passes(from: number, to: number): boolean {
    return this.#ways[from]![to]!.cuts === 0;
  }

  /** How something that leaves now gets straight from one place to another: how long it takes, and whether it is lost. */
  trip(from: number, to: number, hash: number): Trip {
    const way = this.#ways[from]![to]!;
    const { delayMs, loss } = this.#mishaps(way, hash);
    const isLost = way.cuts > 0 || way.clogs > 0 || (this.#faulty && unit(mix(hash, 3)) < loss);
    return { delayMs, isLost };
  }

  cut(from: number, to: number): void {
    this.#ways[from]![to]!.cuts++;
  }

  mend(from: number, to: number): void {
    if (--this.#ways[from]![to]!.cuts === 0) this.#each(from, to, (channel) => this.#resume(channel));
  }

  clog(from: number, to: number): void {
    this.#ways[from]![to]!.clogs++;
  }

  unclog(from: number, to: number): void {
    const way = this.#ways[from]![to]!;
    if (--way.clogs > 0) return;
    const { held } = way;
    way.held = [];
    for (const delivery of held) this.#schedule(delivery, 0);
  }

  addWeather(from: number, to: number, weather: Weather): void {
    this.#ways[from]![to]!.weather.add(weather);
  }

  removeWeather(from: number, to: number, weather: Weather): void {
    this.#ways[from]![to]!.weather.delete(weather);
  }

  /** No message is lost or doubled any more, but by what stays cut. */
  settle(): void {
    this.#faulty = false;
  }

  /** The session between two lives begins anew, at `one` first. */
  reset(one: Tenant, other: Tenant): void {
    this.#renew(this.#channel(one, other));
  }

  /** A message of long ago arrives again. */
  replay(from: Tenant, to: Tenant): void {
    const channel = this.#channel(from, to);
    if (this.#inSessions) return;
    const hash = mix(channel.state, ~channel.sent);
    const { samples } = channel;
    if (samples.length > 0) this.#hand(from, to, samples[hash % samples.length]!);
  }

  /** A message that was sent before comes again, of a term that nobody can be in. */
  lie(from: Tenant, to: Tenant): void {
    const channel = this.#channel(from, to);
    const said = channel.samples.filter(hasTerm);
    const sample = said[mix(channel.state, ~channel.sent) % Math.max(said.length, 1)];
    if (sample === undefined) return;
    this.#hand(from, to, { ...sample, term: sample.term + lieByTerms });
  }

  garbage(from: Tenant, to: Tenant, kind: number): void {
    const { samples } = this.#channel(from, to);
    const { elector } = this.#world.schedule;
    const real = samples[kind % maxSamples];
    // In a group that is closed, nobody is heard but its members.
    if (elector === 'quorum' && kind % 5 === 0 && real !== undefined)
      return to.take({
        type: 'message',
        from: 'a-stranger',
        sentMs: this.#world.nowMs,
        message: real,
        isGarbage: true,
      });
    const message = garbage(kind, real);
    to.take({ type: 'message', from: from.id, sentMs: this.#world.nowMs, message, isGarbage: true });
  }

  /** At once, whatever is in the way. */
  #hand(from: Tenant, to: Tenant, message: Json): void {
    to.take({ type: 'message', from: from.id, sentMs: this.#world.nowMs, message });
  }

  arrive(delivery: Delivery): void {
    const { channel, message } = delivery;
    const { from, to } = channel;
    if (to.state === 'crashed' || to.state === 'left') return this.#toHeir(delivery);
    const back = this.#channel(to, from);
    if (this.#inSessions) {
      if (delivery.sentMs < back.resetMs) return;
      if (delivery.session > back.session) this.#follow(back, delivery.session);
    } else if (to.state === 'starting') return;
    if (message !== undefined) to.take({ type: 'message', from: from.id, sentMs: delivery.sentMs, message });
  }

  /** A datagram is addressed to an id, and reaches whoever goes by it. */
  #toHeir({ channel, message, sentMs }: Delivery): void {
    const heir = this.#world.lifeOf(channel.to.id);
    if (this.#inSessions || message === undefined || heir?.state !== 'running') return;
    heir.take({ type: 'message', from: channel.from.id, sentMs, message });
  }

  #carry(delivery: Delivery): void {
    const { way } = delivery.channel;
    if (way.cuts > 0) return this.#inSessions ? this.#stall(delivery) : undefined;
    if (way.clogs > 0) return void way.held.push(delivery);
    const { hash } = delivery;
    const { delayMs, loss, duplicates } = this.#mishaps(way, hash, delivery.message);
    if (!this.#faulty) return this.#schedule(delivery, delayMs);
    const lost = loss > 0 && unit(mix(hash, 3)) < loss;
    if (this.#inSessions) return this.#schedule(delivery, delayMs + (lost ? resendMs : 0));
    if (lost) return;
    this.#schedule(delivery, delayMs);
    if (duplicates > 0 && unit(mix(hash, 4)) < duplicates)
      this.#schedule(delivery.again(), delayMs * (1 + 20 * unit(mix(hash, 5))) + 1);
  }

  /** What the weather of the moment does to it. */
  #mishaps(way: Way, hash: number, message?: Json): Omit<Weather, 'only'> {
    let { jitter, delayMs, loss, duplicates } = this.#world.schedule.conditions;
    delayMs *= way.slowness;
    if (jitter > 0) delayMs *= 1 + jitter * unit(mix(hash, 1));
    delayMs += way.detourMs;
    if (way.weather.size > 0)
      for (const weather of way.weather) {
        if (weather.only !== undefined && weather.only !== typeOf(message)) continue;
        delayMs += weather.delayMs * unit(mix(hash, 2));
        loss = Math.max(loss, weather.loss);
        duplicates = Math.max(duplicates, weather.duplicates);
      }
    return { delayMs, loss, duplicates };
  }

  #schedule(delivery: Delivery, delayMs: number): void {
    const { channel } = delivery;
    let atMs = this.#world.nowMs + delayMs;
    if (this.#inSessions) {
      atMs = Math.max(atMs, channel.arrivesMs);
      channel.arrivesMs = atMs;
    }
    delivery.atMs = atMs;
    this.#world.queue.push(delivery);
  }

  /** Keeps the message for when the cut ends; a session that waits for too long ends at the sender. */
  #stall(delivery: Delivery): void {
    const { channel } = delivery;
    const oldest = channel.stalled[0];
    channel.stalled.push(delivery);
    if (oldest !== undefined && this.#outOfPatience(oldest)) this.#renew(channel);
  }

  #resume(channel: Channel): void {
    const { stalled } = channel;
    channel.stalled = [];
    for (const delivery of stalled) this.#carry(delivery);
  }

  #outOfPatience(delivery: Delivery): boolean {
    return this.#world.nowMs - delivery.sentMs > this.#world.schedule.conditions.patienceMs;
  }

  #renew(channel: Channel): void {
    this.#follow(channel, channel.session + 1);
    // Lets the other side know, also if there is nothing else to say.
    this.#carry(new Delivery(this, channel, undefined, 0, this.#world.nowMs));
  }

  #follow(channel: Channel, session: number): void {
    const { from, to } = channel;
    channel.session = session;
    channel.resetMs = this.#world.nowMs;
    channel.stalled = [];
    // In a task of its own: this may be in the middle of a step of that member.
    this.#world.at(this.#world.nowMs, () => from.take({ type: 'reset', peer: to.id }));
  }

  #copied(message: Json): Json {
    return this.#writesOut ? (JSON.parse(JSON.stringify(message)) as Json) : message;
  }

  #channel(from: Tenant, to: Tenant): Channel {
    const row = (this.#channels[from.index] ??= []);
    return (row[to.index] ??= {
      from,
      to,
      way: this.#ways[from.seat.index]![to.seat.index]!,
      state: this.#world.draw(from.index, to.index),
      sent: 0,
      arrivesMs: 0,
      stalled: [],
      session: 0,
      resetMs: -Infinity,
      samples: [],
    });
  }

  #each(fromSeat: number, toSeat: number, run: (channel: Channel) => void): void {
    for (const row of this.#channels)
      for (const channel of row ?? [])
        if (channel?.from.seat.index === fromSeat && channel.to.seat.index === toSeat) run(channel);
  }
}

function typeOf(message: Json | undefined): unknown {
  return (message as { readonly type?: unknown } | undefined)?.type;
}

/** One message on its way. */
class Delivery implements Happening {
  atMs = 0;
  readonly #network: Network;
  readonly channel: Channel;
  /** `undefined`: nothing but news of the session. */
  readonly message: Json | undefined;
  readonly hash: number;
  readonly sentMs: number;
  readonly session: number;

  constructor(network: Network, channel: Channel, message: Json | undefined, hash: number, sentMs: number) {
    this.#network = network;
    this.channel = channel;
    this.message = message;
    this.hash = hash;
    this.sentMs = sentMs;
    this.session = channel.session;
  }

  happen(): void {
    this.#network.arrive(this);
  }

  again(): Delivery {
    return new Delivery(this.#network, this.channel, this.message, this.hash, this.sentMs);
  }
}

function hasTerm(message: Json): message is { readonly [name: string]: Json; readonly term: number } {
  return typeof (message as { readonly term?: unknown } | null)?.term === 'number';
}
