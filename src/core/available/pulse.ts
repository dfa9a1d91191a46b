import type { Flooding } from './flooding.ts';
import type { Link } from './link.ts';
import type { Member } from './member.ts';
import type { Neighbours } from './neighbours.ts';
import { announcedMs, beatMs, hiddenTimerMs, longestLatenessMs, silenceMs } from './pace.ts';

/** This member's beats: to each neighbour at the pace it announced, to those out of reach as questions. */
export class Pulse {
  readonly #member: Member;
  readonly #neighbours: Neighbours;
  readonly #flooding: Flooding;
  #beatAt = -Infinity;
  #aliveUntil = Infinity;
  #lateMs = 0;
  #wakeAt = Infinity;

  constructor(member: Member, neighbours: Neighbours, flooding: Flooding) {
    this.#member = member;
    this.#neighbours = neighbours;
    this.#flooding = flooding;
  }

  /** Until then no neighbour can have noticed a pause of this member. Before its first beat there is nobody to. */
  isAlive(now: number): boolean {
    return now < this.#aliveUntil;
  }

  /** True before the moment for which the last wake was asked. */
  isBeforeWake(now: number): boolean {
    return now < this.#wakeAt;
  }

  noteLateness(): void {
    const lateMs = this.#member.now - this.#wakeAt;
    if (lateMs < 0 || lateMs > longestLatenessMs) return;
    this.#lateMs = lateMs > this.#lateMs ? lateMs : this.#lateMs + (lateMs - this.#lateMs) / 4;
  }

  /** Timers of hidden pages are slow: say so to the others before it shows, until measured better. */
  expectSlowTimers(): void {
    this.#lateMs = Math.max(this.#lateMs, hiddenTimerMs);
    this.beatSoon();
  }

  beatSoon(): void {
    this.#beatAt = this.#member.now;
  }

  /** Asks, answers and beats, whatever is due. */
  beat(): void {
    const { now } = this.#member;
    if (now + this.#paceMs < this.#beatAt) this.beatSoon();
    const isDue = now >= this.#beatAt;
    for (const link of this.#neighbours.links.values()) {
      const keeps = this.#neighbours.keeps(link);
      const ask = link.mustAsk(now, keeps);
      if (ask || link.owesAnswer || (isDue && link.heard && keeps)) this.#beatTo(link, ask);
      if (isDue && link.heard) this.#flooding.remind(link);
    }
    if (isDue) this.#schedule();
  }

  #beatTo(link: Link, ask: boolean): void {
    const { now, own, digest, register } = this.#member;
    const isAnswer = link.owesAnswer;
    // An answer asks back only on a link that this member wants: two that let go of each other would never end.
    const asks = ask || (isAnswer && !link.heard && this.#neighbours.wants(link));
    const { n, echo } = link.stamp(asks, now);
    const isNear = link.heard && this.#neighbours.keeps(link);
    this.#member.send(link.peer, {
      type: 'beat',
      n,
      echo,
      nextMs: isNear ? this.#announcedMs : Math.max(this.#announcedMs, link.retryMs()),
      digest,
      ask: asks,
      keeps: this.#neighbours.wants(link),
      register: register.stamp,
      record: asks || isAnswer ? own : null,
    });
  }

  get #paceMs(): number {
    return beatMs(this.#member.own.hears.length);
  }

  get #announcedMs(): number {
    return announcedMs(this.#paceMs, this.#lateMs);
  }

  #schedule(): void {
    const { now, random } = this.#member;
    this.#beatAt = now + this.#paceMs * random.between(0.9, 1);
    this.#aliveUntil = now + silenceMs(this.#announcedMs, 0);
    this.#neighbours.forget();
  }

  /** Asks to be woken when the next thing is due, here or, at `otherwise`, elsewhere. */
  sleep(otherwise: number): void {
    const { now } = this.#member;
    let at = Math.min(otherwise, this.#beatAt, this.#flooding.dueAt());
    for (const link of this.#neighbours.links.values()) at = Math.min(at, link.dueAt(this.#neighbours.keeps(link)));
    for (const until of this.#neighbours.pending.values()) at = Math.min(at, until);
    this.#wakeAt = Math.max(at, now + 1);
    this.#member.effects.push({ type: 'wake', at: this.#wakeAt });
  }
}
