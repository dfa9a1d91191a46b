import type { Leadership } from '../leadership.ts';
import type { Core, Instant, Timed } from '../step.ts';
import type { LockEffect, LockEvent, LockOptions } from './events.ts';
import { Following } from './following.ts';
import { Holder } from './holder.ts';
import { Invitation } from './invitation.ts';
import { Leading } from './leading.ts';
import { Line } from './line.ts';
import { Looks } from './looks.ts';
import { Member } from './member.ts';
import { type Hello, type Message, termOf, type Yield } from './messages.ts';
import { promptMs, takeMs } from './pace.ts';
import { parseMessage } from './parse.ts';
import { Publishing } from './publishing.ts';
import { Robbery } from './robbery.ts';
import { Telling } from './telling.ts';
import { Timer } from './timer.ts';
import { Watch } from './watch.ts';

type Looked = Extract<LockEvent, { readonly type: 'looked' }>;

/**
 * The core of `lock()`: whoever has the lock leads, as long as it shows that it runs (L1), in a term of its own (L2). See
 * README.md for what the caller owes, and for how it works.
 */
export class Lock implements Core<LockEvent, LockEffect> {
  readonly #member: Member;
  readonly #looks: Looks;
  readonly #watch: Watch;
  readonly #holder: Holder;
  readonly #line: Line;
  readonly #publishing: Publishing;
  readonly #leading: Leading;
  readonly #following: Following;
  readonly #invitation: Invitation;
  readonly #robbery: Robbery;
  readonly #telling: Telling;
  readonly #timer: Timer;
  /** Of the newest request for the lock; 0: there was none yet. */
  #request = 0;
  #hasLock = false;
  #left = false;

  constructor(options: LockOptions) {
    this.#member = new Member(options);
    this.#looks = new Looks(this.#member);
    this.#watch = new Watch(this.#member);
    this.#holder = new Holder(this.#member, this.#looks, this.#watch);
    this.#line = new Line(this.#member);
    this.#publishing = new Publishing(this.#member);
    this.#leading = new Leading(this.#member, this.#line, this.#publishing);
    this.#following = new Following(this.#member, this.#watch);
    this.#invitation = new Invitation(this.#member, this.#looks, this.#watch);
    this.#robbery = new Robbery(this.#member, this.#watch, options.chance);
    this.#telling = new Telling(this.#member);
    this.#timer = new Timer(this.#member);
  }

  // What the caller may read between steps.

  /** True while this member leads and its claim is good (F1). */
  isLeader(at: Instant): boolean {
    return this.#holder.isLeader(at.fast);
  }

  leader(): Leadership | null {
    return this.#member.leader;
  }

  published(): unknown {
    return this.#member.value;
  }

  /** True if this member leads and there is somebody to take over: `to`, or anyone. */
  canTransfer(to?: string): boolean {
    return this.#holder.term > 0 && this.#line.heir(to) !== null;
  }

  // One step: take the event in, do what is due, tell, sleep.

  step(event: Timed<LockEvent>): readonly LockEffect[] {
    if (this.#left) return [];
    this.#member.effects = [];
    this.#member.now = event.at;
    if (this.#request === 0) this.#ask(false);
    this.#holder.expire();
    this.#take(event);
    if (!this.#left) this.#finish();
    return this.#left ? this.#member.effects : [...this.#telling.news(), ...this.#member.effects];
  }

  #take(event: LockEvent): void {
    switch (event.type) {
      case 'tick':
        return this.#timer.noteTick();
      case 'granted':
        return this.#granted(event.request);
      case 'lost':
        return this.#lost(event.request);
      case 'looked':
        return this.#looked(event);
      case 'changed':
        return this.#hasLock ? this.#holder.renew() : this.#looks.ask(null);
      case 'gone':
        return this.#miss(event.id);
      case 'raised':
        return this.#holder.raised(event.raise, event.term, this.#canLead());
      case 'message':
        return this.#receive(event.from, event.message);
      case 'members':
        return this.#meet(event.peers);
      case 'departed':
        return this.#depart(event.peer);
      case 'hint':
        return this.#doubt(event.peer);
      case 'reset':
        return this.#repeat(event.peer);
      case 'visible':
        return this.#describe({ visible: event.visible });
      case 'priority':
        return this.#describe({ priority: event.priority });
      case 'publish':
        return this.#publish(event.value);
      case 'transfer':
        return this.#transfer(event.to);
      case 'leave':
        return this.#leave();
    }
  }

  // The lock

  #ask(steal: boolean): void {
    const until = steal ? this.#member.now.fast + takeMs : Infinity;
    this.#member.effects.push({ type: 'request', request: ++this.#request, steal, until });
    this.#watch.silentMs = 0;
    if (!steal) this.#robbery.lookSoon();
  }

  #granted(request: number): void {
    if (request !== this.#request || this.#hasLock) return;
    this.#holder.claim();
    this.#becomeHolder();
  }

  /** By force, which nobody can refuse: so it claims at once, and whoever looks finds that before the lock is missed. */
  #takeLock(): void {
    this.#holder.claim();
    this.#ask(true);
    this.#becomeHolder();
  }

  /** Leads by its claim, and takes the lock: from the one before it, or from who got it in between. */
  #inherit(): void {
    this.#holder.inherit();
    this.#ask(true);
    this.#becomeHolder();
  }

  #becomeHolder(): void {
    this.#hasLock = true;
    this.#invitation.decline();
    this.#following.pause();
    this.#line.begin();
  }

  /** Whoever it was taken from comes last. */
  #lost(request: number): void {
    if (request !== this.#request) return;
    this.#hasLock = false;
    this.#holder.drop();
    // Who took it may have said that it leads.
    if (this.#member.leader === null) this.#following.lose();
    else this.#following.greet();
    this.#ask(false);
  }

  #looked({ look: number, claims, hasStrange }: Looked): void {
    const look = this.#looks.answered(number);
    if (look === undefined) return;
    if (this.#watch.take(claims, hasStrange)) this.#robbery.noteRenewal();
    if (this.#hasLock) for (const { id, after } of this.#watch.over()) if (after > 0) this.#line.doubt(id);
    if (this.#hasLock) return this.#holder.looked(look, claims, this.#canLead());
    if (this.#holder.isHeir) this.#holder.looked(look, claims, true);
    if (this.#holder.isOrphan(claims) && this.#holder.canInherit) return this.#inherit();
    this.#following.looked(look, claims);
    if (this.#invitation.isDue(look) || this.#robbery.isDue(look)) this.#takeLock();
  }

  /** The keeper knows what a leader that crashed has not said. */
  #miss(id: string): void {
    this.#watch.forget(id);
    if (this.#hasLock) this.#holder.resume();
    else if (this.#holder.canInherit) this.#inherit();
  }

  /** Before anyone has ever led there, a room waits until it has its members. */
  #canLead(): boolean {
    const { highestTerm, minMembers } = this.#member;
    return highestTerm > 0 || 1 + this.#line.heard >= minMembers;
  }

  // What others say

  #receive(from: string, raw: unknown): void {
    if (from === this.#member.id) return;
    const message = parseMessage(raw);
    if (typeof message === 'string') return this.#member.refuse(from, message);
    if (!this.#member.believes(termOf(message))) return this.#member.refuse(from, 'term is too far ahead', 'term-jump');
    this.#handle(from, message);
  }

  #handle(from: string, message: Message): void {
    switch (message.type) {
      case 'beat':
        // A leader learns by its claim whether another one prevails.
        if (this.#holder.term > 0) return;
        if (this.#following.hear(from, message) && this.#hasLock) this.#following.pause();
        return;
      case 'hello':
        return this.#hearHello(from, message);
      case 'yield':
        return this.#takeOver(from, message);
      case 'value':
        if (this.#publishing.take(message) && this.#holder.term > 0)
          for (const peer of this.#leading.audience) if (peer !== from) this.#publishing.sendTo(peer);
        return;
      case 'fetch':
        return this.#publishing.sendTo(from);
    }
  }

  #hearHello(from: string, hello: Hello): void {
    if (!this.#hasLock) return;
    const wasWaiting = !this.#canLead();
    this.#line.hear(from, hello);
    if (this.#holder.term > 0) this.#leading.answer(from, hello);
    else if (wasWaiting && this.#canLead()) this.#holder.renew();
  }

  /** Whoever led has given way to this member: not if somebody else has led since. */
  #takeOver(from: string, { term, restless, stays }: Yield): void {
    if (term < this.#member.highestTerm) return;
    this.#watch.dismiss(from, term);
    if (this.#hasLock) return this.#holder.resume();
    this.#line.expect(stays ? from : null);
    this.#leading.restless = restless;
    if (this.#holder.canInherit) this.#inherit();
    else this.#invitation.accept();
  }

  #meet(peers: readonly string[]): void {
    const { id, peers: before } = this.#member;
    this.#member.peers = peers.filter((peer) => peer !== id);
    const met = this.#member.peers.filter((peer) => !before.includes(peer));
    if (this.#holder.term > 0) for (const peer of met) this.#leading.say(peer, true);
    else if (!this.#hasLock) this.#following.meet(met);
  }

  #depart(peer: string): void {
    this.#line.remove(peer);
    if (this.#member.leader?.id === peer) this.#following.lose();
  }

  #doubt(peer: string): void {
    if (this.#hasLock) this.#line.doubt(peer);
    else if (this.#member.leader?.id === peer) this.#robbery.lookSoon();
  }

  #repeat(peer: string): void {
    if (this.#holder.term > 0) this.#leading.say(peer, true);
    else if (!this.#hasLock && this.#member.leader?.id === peer) this.#following.greet();
  }

  // What this member says

  #describe(changes: Partial<Pick<Member, 'visible' | 'priority'>>): void {
    const { visible, priority } = Object.assign(
      { visible: this.#member.visible, priority: this.#member.priority },
      changes,
    );
    if (visible === this.#member.visible && priority === this.#member.priority) return;
    Object.assign(this.#member, { visible, priority, steadySince: this.#member.now.fast });
    if (!this.#hasLock && this.#member.leader !== null) this.#following.greet();
  }

  #publish(value: unknown): void {
    const { term } = this.#holder;
    if (term > 0) this.#publishing.publish(value, term, this.#leading.audience);
  }

  #transfer(to: string | undefined): void {
    const heir = this.#line.heir(to);
    const { term } = this.#holder;
    if (term === 0 || heir === null) return;
    const isBetter = this.#leading.isBetter(heir);
    const restless = isBetter ? this.#leading.unrest() + 1 : 0;
    // It counts here as well: the heir may not take it.
    if (isBetter) this.#leading.restless = restless;
    // Before its claim says so: the first in line is to know that it is its turn.
    this.#member.send(heir.id, { type: 'yield', term, restless, stays: true });
    // Leads no more, and keeps the lock until the heir takes it: nobody else is to have it in between.
    this.#holder.giveWay(takeMs);
  }

  #leave(): void {
    const { term } = this.#holder;
    const heir = this.#line.heir();
    if (term > 0 && heir !== null) this.#member.send(heir.id, { type: 'yield', term, restless: 0, stays: false });
    this.#holder.drop();
    this.#member.leader = null;
    this.#left = true;
  }

  // What is due

  #finish(): void {
    if (this.#hasLock) this.#hold();
    else this.#follow();
    this.#timer.sleep(this.#dueAt());
  }

  #hold(): void {
    this.#holder.tick();
    if (this.#holder.term > 0) this.#leading.lead(this.#holder.term);
  }

  #follow(): void {
    this.#following.tick();
    this.#prepare();
    if (this.#member.now.fast < this.#robbery.dueAt) return;
    this.#looks.ask(null);
    this.#robbery.noteLook();
  }

  /** The first in line makes ready to lead, while all that others would have to wait for is its claim and the leader's. */
  #prepare(): void {
    const { leader, lateMs } = this.#member;
    const isFit = leader === null || (this.#following.isNext && lateMs <= promptMs);
    if (this.#holder.isHeir) return isFit ? this.#holder.tick() : this.#holder.drop();
    if (leader === null || !isFit) return;
    const [claim, ...others] = this.#watch.open();
    if (others.length > 0 || this.#watch.hasStrange) return;
    if (claim?.id === leader.id && claim.term === leader.term) this.#holder.reserve(leader);
  }

  #dueAt(): number {
    const { dueAt, term } = this.#holder;
    if (this.#hasLock) return Math.min(dueAt, term > 0 ? this.#leading.dueAt : Infinity);
    return Math.min(dueAt, this.#following.dueAt, this.#robbery.dueAt);
  }
}
