import { maxIdBytes } from '../src/core/peer-id.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import { jsonBytes, type Json } from '../src/protocol/json.ts';
import type { ServerErrorCode, WireMember } from '../src/protocol/messages.ts';
import { ports, type RelayEntry } from '../src/protocol/relay-frame.ts';
import type { FoundingEvent } from '../src/core/founding/events.ts';
import { msUntilPast } from '../src/core/founding/epoch.ts';
import { Credentials, Seals } from './credentials.ts';
import { Foundation } from './foundation.ts';
import { relayFrames } from './relay-frames.ts';
import type { Ending, Moment, RoomEffect, RoomEvent, RoomMessage, RoomOptions } from './room-events.ts';
import { viewFrames, type News } from './views.ts';

/** Changes so close behind one another go out as one. */
const coalesceMs = 50;

type Join<Seat> = Extract<RoomEvent<Seat>, { readonly type: 'join' }>;

/** What happened last to a member, committed and not yet sent to everyone. */
interface Change {
  readonly n: number;
  /** In which list of a view it stands: `members` for who is there. */
  readonly list: News['list'];
}

interface Member<Seat> {
  readonly id: PeerId;
  readonly credentials: Credentials;
  /** As views tell of it. */
  news: Extract<News, { readonly list: 'members' }>;
  /** Null while it has no connection. */
  seat: Seat | null;
  /** Who has no connection, as far as it was told. */
  readonly hinted: Set<PeerId>;
  /** Without a connection: when it is given up. */
  goneMs: number;
  /** The number of the view it was last sent; 0 before the first. */
  sentN: number;
  /** Whether a welcome is known to have arrived, ever: before, there is nobody who could come back. */
  arrived: boolean;
}

/**
 * One room: who is in it, in numbered views (D2), who founded it, and what they relay to each other. Sans-IO: events and
 * time go in, all effects come out, in order.
 */
export class Room<Seat> {
  readonly #options: RoomOptions;
  readonly #era: string;
  readonly #members = new Map<PeerId, Member<Seat>>();
  readonly #seated = new Map<Seat, Member<Seat>>();
  /** Of those who are out of the view, and may still have a core: nobody else pledges under their ids. */
  readonly #former = new Map<PeerId, Credentials>();
  readonly #key: string;
  readonly #seals: Seals;
  #n = 0;
  /** The view that went out last to all who were here. */
  #shownN = 0;
  readonly #foundation: Foundation;
  readonly #changes = new Map<PeerId, Change>();
  /** Until then changes are held back, because some have just been sent. */
  #quietMs = Number.NEGATIVE_INFINITY;
  #wakeMs = Number.POSITIVE_INFINITY;
  #effects: RoomEffect<Seat>[] = [];

  constructor(options: RoomOptions) {
    this.#options = options;
    this.#era = options.secret();
    this.#key = options.past?.record?.key ?? options.secret();
    this.#seals = new Seals(options, this.#key);
    this.#foundation = new Foundation(options);
  }

  /** Members in the view, those without a connection included. */
  get size(): number {
    return this.#members.size;
  }

  holds(seat: Seat): boolean {
    return this.#seated.has(seat);
  }

  /** Nobody is left in it, or can come back, and its next epoch is higher even if nothing of it is remembered. */
  forgettable(wallMs: number): boolean {
    const { isCovered = () => false } = this.#options;
    return this.#isClosed && (msUntilPast(this.highestEpoch, wallMs) === 0 || isCovered(this.highestEpoch, wallMs));
  }

  /** Every epoch up to this one is taken. */
  get highestEpoch(): number {
    return this.#foundation.highestEpoch;
  }

  get #isClosed(): boolean {
    return this.size === 0 && this.#foundation.charter === null;
  }

  step(event: RoomEvent<Seat>, at: Moment): readonly RoomEffect<Seat>[] {
    this.#effects = [];
    if (event.type === 'relay') this.#relay(event.seat, event.entries);
    else if (event.type === 'from-witness') this.#passOn(event);
    else {
      this.#apply(event, at);
      this.#giveUpAbsentees(at);
      if (this.size === 0) this.#foundation.close();
      this.#publish(at);
      this.#wake(at);
    }
    return this.#effects;
  }

  #apply(event: Exclude<RoomEvent<Seat>, { readonly type: 'relay' | 'from-witness' }>, at: Moment): void {
    if (event.type === 'join') return this.#join(event, at);
    if (event.type === 'tick') this.#wakeMs = Number.POSITIVE_INFINITY; // spent, even if it came early
    if (event.type === 'tick' || event.type === 'founded' || event.type === 'not-founded')
      return this.#found(event, at);
    const member = this.#seated.get(event.seat);
    if (!member) return;
    if (event.type === 'arrived') {
      member.arrived = true;
      member.credentials.spend();
    } else if (event.type === 'leave') {
      this.#remove(member, 'bye');
      this.#found({ type: 'goodbye', id: member.id, pledge: event.pledge }, at);
    } else if (event.type === 'closed') {
      this.#lose(member, event, at);
      this.#found({ type: 'away', id: member.id }, at);
    } else if (event.type === 'info') this.#update(member, event.info, member.news.what.host);
    else if (event.type === 'sync') this.#showAll(member, at);
    else this.#found({ type: event.type, id: member.id, said: event.said }, at);
  }

  #join(event: Join<Seat>, at: Moment): void {
    const { seat, id, resume, charter = { elector: 'available' } } = event;
    const known = this.#members.get(id);
    if (known) {
      if (resume !== undefined && known.credentials.opens(resume)) this.#resume(known, event, at);
      else this.#refuse(seat, 'id-taken', 'this id is in the room: come back with its resume secret, or as another id');
      return;
    }
    if (id === this.#foundation.group.witness) return this.#refuse(seat, 'id-taken', 'this is the id of the witness');
    const former = this.#foundation.knows(id) ? this.#former.get(id) : undefined;
    if (former && (resume === undefined || !former.opens(resume)))
      return this.#refuse(seat, 'id-taken', 'this id was that of another member: come as another');
    const refusal = this.#foundation.admit({ id, charter, epoch: event.epoch }, at);
    if (refusal !== null) return this.#refuse(seat, refusal.code, refusal.message);
    if (this.size >= this.#options.limits.maxMembersPerRoom) {
      this.#refuse(seat, 'room-full', `the room is full: it has ${this.size} members`);
      return;
    }
    const member: Member<Seat> = {
      id,
      credentials: former ?? new Credentials(id, this.#seals, !this.#foundation.hasStrangers(at.nowMs)),
      news: newsOf({ id, info: event.info, host: event.host }),
      seat: null,
      hinted: new Set(),
      goneMs: 0,
      sentN: 0,
      arrived: false,
    };
    this.#greet(member, event, at);
    this.#former.delete(id);
    this.#members.set(id, member);
    this.#commit(id, 'members');
    this.#seat(member, seat, at);
  }

  #resume(member: Member<Seat>, event: Join<Seat>, at: Moment): void {
    if (member.seat !== null) {
      this.#seated.delete(member.seat);
      this.#effects.push({ type: 'replaced', seat: member.seat });
    }
    const { info, host } = member.news.what;
    if (JSON.stringify(event.info) !== JSON.stringify(info) || event.host !== host) {
      this.#update(member, event.info, event.host);
    }
    this.#greet(member, event, at);
    this.#seat(member, event.seat, at);
  }

  /** What others have said under its id is not what it has said. */
  #greet({ id, credentials }: Member<Seat>, event: Join<Seat>, at: Moment): void {
    const { resume } = event;
    if (resume !== undefined && credentials.isOwner(resume)) this.#found({ type: 'mistaken', id }, at);
    if (resume !== undefined) credentials.use(resume);
    this.#found(seatedBy(event), at);
  }

  /** The member sits down and is welcomed at once, with the next secret. */
  #seat(member: Member<Seat>, seat: Seat, at: Moment): void {
    const resume = member.credentials.issue();
    member.seat = seat;
    this.#seated.set(seat, member);
    for (const other of this.#members.values()) other.hinted.delete(member.id);
    const { heartbeatMs, limits, slowBytes, stuckBytes } = this.#options;
    const { maxFrameBytes, maxInfoBytes, messagesPerSecond, bytesPerSecond } = limits;
    const pace = { maxFrameBytes, maxInfoBytes, messagesPerSecond, bytesPerSecond };
    this.#send([seat], { type: 'welcome', resume, heartbeatMs, maxIdBytes, ...pace, slowBytes, stuckBytes });
    this.#showAll(member, at);
  }

  #refuse(seat: Seat, code: ServerErrorCode, message: string): void {
    this.#send([seat], { type: 'error', code, message });
  }

  #update(member: Member<Seat>, info: Json, host: string): void {
    member.news = newsOf({ id: member.id, info, host });
    this.#commit(member.id, 'members');
  }

  /** Its connection is gone: a hint for the others, and no departure yet. */
  #lose(member: Member<Seat>, { seat, ending = 'lost' }: { seat: Seat; ending?: Ending }, at: Moment): void {
    if (!member.arrived) return this.#remove(member, 'gone'); // without a secret it could only be in its own way
    this.#seated.delete(seat);
    member.seat = null;
    const { graceMs, goingAwayMs } = this.#options;
    // A page may live on, and come back a little late. Then it is missing from a view for a while, and no more: it comes
    // under its own id, and those who elect never take a view for a departure.
    member.goneMs = at.nowMs + (ending === 'going-away' ? goingAwayMs : graceMs);
    if (ending !== 'expected') for (const other of this.#seated.values()) this.#hint(other, member.id);
  }

  /** Once, until that one comes back. */
  #hint(to: Member<Seat>, id: PeerId): void {
    if (to.seat === null || to.hinted.has(id)) return;
    to.hinted.add(id);
    this.#send([to.seat], { type: 'hint', id });
  }

  #giveUpAbsentees(at: Moment): void {
    for (const member of this.#members.values()) {
      if (member.seat === null && member.goneMs <= at.nowMs) this.#remove(member, 'gone');
    }
  }

  #remove(member: Member<Seat>, list: 'bye' | 'gone'): void {
    this.#members.delete(member.id);
    this.#remember(member, list);
    for (const other of this.#members.values()) other.hinted.delete(member.id);
    if (member.seat !== null) this.#seated.delete(member.seat);
    this.#commit(member.id, list);
  }

  /** Whoever never had a secret may come back without. */
  #remember({ id, arrived, credentials }: Member<Seat>, list: 'bye' | 'gone'): void {
    for (const former of this.#former.keys()) if (!this.#foundation.knows(former)) this.#former.delete(former);
    if (list === 'bye') credentials.revoke();
    if (arrived && this.#foundation.knows(id)) this.#former.set(id, credentials);
  }

  #found(event: FoundingEvent, at: Moment): void {
    for (const effect of this.#foundation.step(event, at)) {
      if (effect.type === 'group') this.#regroup();
      else if (effect.type === 'closed') this.#effects.push(effect);
      else if (effect.type === 'found') {
        const { charter } = this.#foundation;
        this.#effects.push({ type: 'found', record: { ...effect.group, charter, key: this.#key } });
      } else if (effect.type === 'ask-pledge') {
        this.#send(this.#seatsOf(effect.to), { type: 'ask-pledge', epoch: effect.epoch });
      } else for (const seat of this.#seatsOf([effect.id])) this.#refuse(seat, effect.code, effect.message);
    }
  }

  #seatsOf(ids: readonly PeerId[]): readonly Seat[] {
    return ids.flatMap((id) => this.#members.get(id)?.seat ?? []);
  }

  /** Who leads depends on it: all who have a view hear of it at once. */
  #regroup(): void {
    if (this.size > 0) this.#n++;
    this.#quietMs = Number.NEGATIVE_INFINITY;
  }

  #commit(id: PeerId, list: Change['list']): void {
    this.#changes.set(id, { n: ++this.#n, list });
  }

  /** The first change goes out at once, what follows closely behind it goes out together. */
  #publish(at: Moment): void {
    if (this.#shownN === this.#n || at.nowMs < this.#quietMs || this.#foundation.isFounding) return;
    const behind = new Map<number, Seat[]>();
    for (const [seat, member] of this.#seated) {
      if (member.sentN === this.#n) continue;
      const seats = behind.get(member.sentN);
      if (seats) seats.push(seat);
      else behind.set(member.sentN, [seat]);
    }
    for (const [from, seats] of behind) this.#show(seats, from, at);
    this.#changes.clear();
    this.#shownN = this.#n;
    if (behind.size > 0) this.#quietMs = at.nowMs + coalesceMs;
  }

  /** Where something is being founded, nobody sees anything before it is: whoever sees the room counts on its epoch. */
  #showAll(member: Member<Seat>, at: Moment): void {
    member.sentN = 0;
    if (this.#foundation.isFounding) this.#shownN = -1;
    else this.#show([member.seat as Seat], 0, at);
  }

  /** Brings seats that hold view `from` to the newest one. */
  #show(seats: readonly Seat[], from: number, at: Moment): void {
    const { founder, epoch, witness, continues } = this.#foundation.group;
    const head = {
      ...{ era: this.#era, from, n: this.#n, founder, epoch, witness, continues: continues?.epoch ?? null },
      foundsInMs: this.#foundation.foundsInMs(at.nowMs),
    };
    const news = from === 0 ? [...this.#members.values()].map((member) => member.news) : this.#newsSince(from);
    for (const view of viewFrames(head, news, this.#options.limits.maxFrameBytes)) this.#send(seats, view);
    for (const seat of seats) (this.#seated.get(seat) as Member<Seat>).sentN = this.#n;
  }

  #newsSince(from: number): readonly News[] {
    return [...this.#changes]
      .filter(([, { n }]) => n > from)
      .map(([id, { list }]) => {
        return list === 'members'
          ? (this.#members.get(id) as Member<Seat>).news
          : { list, what: id, bytes: jsonBytes(id) };
      });
  }

  /** At most once and in order: what its receiver cannot take now is gone, and its sender is given a hint. */
  #relay(seat: Seat, entries: readonly RelayEntry[]): void {
    const sender = this.#seated.get(seat);
    if (!sender) return;
    const stamped: [Seat, RelayEntry][] = [];
    for (const { peer, port, payload } of entries) {
      const receiver = this.#members.get(peer);
      if (port === ports.witness) this.#tellWitness(sender.id, peer, payload);
      else if (receiver?.seat === null) this.#hint(sender, peer);
      else if (receiver) stamped.push([receiver.seat, { peer: sender.id, port, payload }]);
    }
    this.#effects.push(...relayFrames(stamped, this.#options.limits.maxFrameBytes));
  }

  #tellWitness(from: PeerId, to: PeerId, payload: Uint8Array): void {
    if (to === this.#foundation.group.witness) this.#effects.push({ type: 'to-witness', from, payload });
  }

  #passOn({ to, payloads }: Extract<RoomEvent<Seat>, { readonly type: 'from-witness' }>): void {
    const seat = this.#members.get(to)?.seat ?? null;
    const peer = this.#foundation.group.witness;
    if (seat === null || peer === null) return;
    const stamped = payloads.map((payload) => [seat, { peer, port: ports.witness, payload }] as const);
    this.#effects.push(...relayFrames(stamped, this.#options.limits.maxFrameBytes));
  }

  #send(to: readonly Seat[], message: RoomMessage): void {
    if (to.length > 0) this.#effects.push({ type: 'send', to, message });
  }

  #wake(at: Moment): void {
    const atMs = this.#nextMs(at);
    if (atMs !== this.#wakeMs && atMs !== Number.POSITIVE_INFINITY) this.#effects.push({ type: 'wake', atMs });
    this.#wakeMs = atMs;
  }

  /** When the next thing happens by itself: changes go out, a member is given up, or an empty room may be forgotten. */
  #nextMs({ nowMs, wallMs }: Moment): number {
    let nextMs = this.#foundation.nextMs(nowMs);
    if (this.#shownN !== this.#n && !this.#foundation.isFounding) nextMs = Math.min(nextMs, this.#quietMs);
    if (this.#isClosed && !this.forgettable(wallMs)) {
      nextMs = Math.min(nextMs, nowMs + msUntilPast(this.highestEpoch, wallMs));
    }
    for (const member of this.#members.values()) {
      if (member.seat === null) nextMs = Math.min(nextMs, member.goneMs);
    }
    return nextMs;
  }
}

function newsOf(what: WireMember): Member<unknown>['news'] {
  return { list: 'members', what, bytes: jsonBytes(what) };
}

function seatedBy({ id, epoch, lapsed = false }: Join<unknown>): FoundingEvent {
  return { type: 'seated', id, claim: epoch === undefined ? undefined : { epoch, lapsed } };
}
