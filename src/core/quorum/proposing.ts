import type { Leading } from './leading.ts';
import { maxValueChars } from './limits.ts';
import type { Member } from './member.ts';
import { resendMs, underWayMs } from './pace.ts';
import type { Sessions } from './sessions.ts';

interface Waiting {
  readonly ticket: number;
  readonly value: string;
  /** Characters of all that were ever appended here, this one included. */
  readonly endChars: number;
}

/** Appended here and waiting. What comes beyond is refused: the caller has to wait for what it appended before. */
const maxWaiting = 131_072;

/**
 * What was appended here, until it takes effect. It is sent to whoever leads, again and again: the session sees to it
 * that each value takes effect once, and in order. When the session ended, what did not take effect in it never will,
 * and is appended under the next.
 */
export class Proposing {
  readonly #member: Member;
  #waiting: Waiting[] = [];
  /** Those before are done. */
  #head = 0;
  #endChars = 0;
  /** Of those that wait, so many were sent to this leader. */
  #sent = 0;
  #nonce: number;
  #session: number | null = null;
  /** The sequence number of the last that took effect. */
  #last = 0;
  #hasAsked = false;
  /** So many sessions ended in a row before anything took effect in them. */
  #endedInVain = 0;
  #registerAt = -Infinity;
  /** Something took effect in this step. */
  #hasEffect = false;
  #tries = 0;
  #resendAt = Infinity;
  /** No more than so many are under way at once: halved when they show no effect, one more for each that does. */
  #window = Infinity;
  /** Up to this ticket values were sent under this session, to any leader. */
  #sentTicket = -Infinity;

  constructor(member: Member) {
    this.#member = member;
    this.#nonce = this.#newNonce();
  }

  #newNonce(): number {
    return Math.floor(this.#member.random.between(0, 2 ** 48));
  }

  #size(): number {
    return this.#waiting.length - this.#head;
  }

  append(first: number, values: readonly string[]): void {
    let ticket = first;
    for (const value of values) {
      if (typeof value === 'string' && value.length <= maxValueChars && this.#size() < maxWaiting) {
        this.#endChars += value.length;
        this.#waiting.push({ ticket, value, endChars: this.#endChars });
      } else this.#member.effects.push({ type: 'append-failed', ticket, reason: 'not-committed' });
      ticket++;
    }
  }

  // Sending.

  /** Another leader, or the same in another term: what it was sent before may be lost. */
  startOver(): void {
    this.#sent = 0;
    this.#window = Infinity;
    this.#hasAsked = false;
    this.#hasEffect = false;
    this.#tries = 0;
    this.#resendAt = Infinity;
  }

  onTime(): void {
    if (this.#member.now.fast < this.#resendAt) return;
    const tries = this.#tries + 1;
    const window = this.#sent === 0 ? this.#window : Math.ceil(this.#sent / 2);
    this.startOver();
    [this.#tries, this.#window] = [tries, window];
  }

  dueAt(): number {
    const waitsToRegister = this.#session === null && this.#size() > 0 && this.#registerAt > this.#member.now.fast;
    return waitsToRegister ? Math.min(this.#resendAt, this.#registerAt) : this.#resendAt;
  }

  /** Hands on what may be handed on, to this member itself if it is `leading`. */
  pump(leader: string | null, leading: Leading | null): void {
    if (this.#size() === 0 || leader === null) return;
    if (this.#session === null) this.#register(leader, leading);
    else this.#propose(this.#session, leader, leading);
  }

  #register(leader: string, leading: Leading | null): void {
    const { id, now } = this.#member;
    if (this.#hasAsked || now.fast < this.#registerAt) return;
    if (leading !== null) this.#hasAsked = leading.accepting.register(id, this.#nonce);
    else {
      this.#hasAsked = true;
      this.#member.send(leader, { type: 'register', nonce: this.#nonce });
    }
    this.#expectEffect();
  }

  #propose(session: number, leader: string, leading: Leading | null): void {
    while (this.#sent < this.#size()) {
      const values = this.#nextBatch();
      if (values.length === 0) return;
      const first = this.#last + this.#sent + 1;
      const taken = leading === null ? values.length : leading.accepting.accept(session, first, values);
      if (leading === null) this.#member.send(leader, { type: 'propose', session, first, values });
      this.#sent += taken;
      this.#noteSent();
      this.#expectEffect();
      if (taken < values.length) return;
    }
  }

  #noteSent(): void {
    const last = this.#waiting[this.#head + this.#sent - 1];
    if (last !== undefined) this.#sentTicket = Math.max(this.#sentTicket, last.ticket);
  }

  #expectEffect(): void {
    if (this.#resendAt !== Infinity) return;
    this.#resendAt = this.#member.now.fast + this.#patienceMs();
  }

  /** How long to wait for an effect of what was sent. */
  #patienceMs(): number {
    const sentChars = this.#charsBefore(this.#head + this.#sent) - this.#charsBefore(this.#head);
    return resendMs(this.#member.rttMs, this.#tries) + underWayMs(sentChars);
  }

  /** What follows on what was sent, within the limits; nothing if enough is under way. */
  #nextBatch(): readonly string[] {
    const { maxProposedEntries, maxProposedChars, maxBatchEntries, maxBatchChars } = this.#member.limits;
    const start = this.#head + this.#sent;
    const startChars = this.#charsBefore(start);
    const maxEntries = Math.min(maxBatchEntries, maxProposedEntries - this.#sent, this.#window - this.#sent);
    if (maxEntries <= 0 || startChars - this.#charsBefore(this.#head) >= maxProposedChars) return [];
    const values: string[] = [];
    for (let at = start; at < this.#waiting.length && values.length < maxEntries; at++) {
      const { value, endChars } = this.#waiting[at] as Waiting;
      if (values.length > 0 && endChars - startChars > maxBatchChars) break;
      values.push(value);
    }
    return values;
  }

  #charsBefore(at: number): number {
    const next = this.#waiting[at];
    return next === undefined ? this.#endChars : next.endChars - next.value.length;
  }

  // What became of it.

  /** An entry of that session took effect. */
  applied(session: number, index: number): void {
    if (session !== this.#session || this.#size() === 0) return;
    this.#done(index);
    this.#window++;
    this.#endedInVain = 0;
    this.#hasEffect = true;
  }

  /** That was all that took effect in this step: what follows has as long again. */
  allApplied(): void {
    if (!this.#hasEffect) return;
    this.#hasEffect = false;
    this.#tries = 0;
    this.#resendAt = this.#size() === 0 ? Infinity : this.#member.now.fast + this.#patienceMs();
  }

  #done(index: number | null): void {
    const { ticket } = this.#waiting[this.#head] as Waiting;
    this.#head++;
    this.#last++;
    this.#sent = Math.max(0, this.#sent - 1);
    if (this.#head > 4096 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    this.#member.effects.push({ type: 'appended', ticket, index });
  }

  /** Sessions came or went by entries that were applied one by one. */
  sessionsChanged(sessions: Sessions): void {
    if (this.#session !== null && sessions.get(this.#session) === undefined) this.#end();
    if (this.#session === null) this.#find(sessions);
  }

  #find(sessions: Sessions): void {
    const own = sessions.find(this.#member.id, this.#nonce);
    if (own === undefined) return;
    this.#session = own.id;
    this.#last = own.last;
    this.startOver();
  }

  /**
   * With more who append than there may be sessions, each takes the place of another's: whose own has ended in vain gives
   * the others time.
   */
  #end(): void {
    const { now, rttMs, random } = this.#member;
    if (this.#last === 0) this.#endedInVain++;
    if (this.#endedInVain > 0) this.#registerAt = now.fast + random.between(0, resendMs(rttMs, this.#endedInVain));
    this.#session = null;
    this.#last = 0;
    this.#nonce = this.#newNonce();
    this.startOver();
  }

  /** A snapshot was installed: entries were applied that this member did not see. */
  installed(sessions: Sessions): void {
    if (this.#session === null) return this.#find(sessions);
    const own = sessions.get(this.#session);
    if (own === undefined) {
      this.#failSent();
      return this.#end();
    }
    while (this.#last < own.last && this.#size() > 0) this.#done(null);
    if (own.last > 0) this.#endedInVain = 0;
  }

  /** The session ended out of sight: whether what was sent took effect before, nobody can tell any more. */
  #failSent(): void {
    for (let next = this.#waiting[this.#head]; next !== undefined && next.ticket <= this.#sentTicket;) {
      this.#member.effects.push({ type: 'append-failed', ticket: next.ticket, reason: 'unknown' });
      next = this.#waiting[++this.#head];
    }
  }

  /** This member leaves: what was never sent never will be. */
  close(): void {
    this.#failSent();
    for (const { ticket } of this.#waiting.slice(this.#head)) {
      this.#member.effects.push({ type: 'append-failed', ticket, reason: 'not-committed' });
    }
    this.#waiting = [];
    this.#head = 0;
  }
}
