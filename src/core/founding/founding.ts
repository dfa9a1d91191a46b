import { isEnough, type Pledger } from './enough.ts';
import { epochAfter, epochOfTerm, isPlausible } from './epoch.ts';
import type { FoundingEffect, FoundingEvent, FoundingOptions, Moment } from './events.ts';
import { Crowd, hasPledged, type Known } from './known.ts';
import { compareLogs, type Group, type Pledge } from './standing.ts';

/** A standing that is older says nothing any more. */
const freshMs = 10_000;
const retryMs = 5_000;
/** A witness that is not free is looked at again after this. */
const lookAgainMs = 500;
const driftBound = 0.01;

/**
 * Who founds a room, and when: at most one group at a time can have a leader. Sans-IO: events and time go in, all
 * effects come out, in order.
 */
export class Founding {
  readonly #options: FoundingOptions;
  #group: Group;
  /** Founded, and not durable yet. */
  #pending: Group | null = null;
  #highest: number;
  /** The highest epoch that those who came back speak of. */
  #claimed = 0;
  #knowsBetter: boolean;
  #crowd: Crowd;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #lookAtMs = Number.POSITIVE_INFINITY;
  #effects: FoundingEffect[] = [];

  constructor(options: FoundingOptions) {
    const { past, contactMs, charterMs, highestEpoch } = options;
    this.#options = options;
    this.#group = past ?? { epoch: 0, founder: null, witness: null };
    this.#highest = Math.max(highestEpoch, this.#group.epoch);
    this.#knowsBetter = past !== null || contactMs === Number.NEGATIVE_INFINITY;
    this.#crowd = new Crowd(charterMs, contactMs);
  }

  get group(): Group {
    return this.#group;
  }

  /** Views wait for what is being founded. */
  get isFounding(): boolean {
    return this.#pending !== null;
  }

  /** Nothing is left to be remembered but the number of the epoch. */
  get isClosed(): boolean {
    return this.#group.epoch === 0 && this.#pending === null && this.#crowd.all.size === 0;
  }

  /** Undefined once it is founded. */
  foundsInMs(nowMs: number): number | undefined {
    if (this.#group.epoch > 0) return undefined;
    return Math.ceil(Math.max(0, this.#crowd.strangersUntilMs - nowMs, this.#retryAtMs - nowMs));
  }

  nextMs(nowMs: number): number {
    const retryAtMs = this.#retryAtMs > nowMs ? this.#retryAtMs : Number.POSITIVE_INFINITY;
    return Math.min(this.#crowd.nextMs(nowMs), retryAtMs, this.#lookAtMs);
  }

  /** In words: why a member that runs a core of that epoch may not come in. */
  refusal(epoch: number | undefined, { wallMs }: Moment): string | null {
    if (epoch === undefined || epoch <= Math.max(this.#group.epoch, this.#highest)) return null;
    if (!isPlausible(epoch, wallMs)) return `epoch ${epoch} is too far in the future`;
    return this.#knowsBetter ? `this room has no epoch ${epoch}: come as a new member` : null;
  }

  step(event: FoundingEvent, at: Moment): readonly FoundingEffect[] {
    this.#effects = [];
    this.#lookAtMs = Number.POSITIVE_INFINITY;
    this.#apply(event, at);
    this.#decide(at);
    return this.#effects;
  }

  #apply(event: FoundingEvent, at: Moment): void {
    switch (event.type) {
      case 'seated':
        return this.#seated(event.id, event.epoch, at);
      case 'away':
        return this.#crowd.away(event.id, at.nowMs);
      case 'goodbye':
        return this.#goodbye(event.id, event.pledge, at.nowMs);
      case 'standing':
      case 'pledge':
        return this.#hear(event, at.nowMs);
      case 'founded':
        return this.#founded(event.epoch);
      case 'not-founded':
        if (event.epoch === this.#pending?.epoch) this.#pending = null;
        this.#retryAtMs = at.nowMs + retryMs;
    }
  }

  #seated(id: string, epoch: number | undefined, at: Moment): void {
    if (epoch !== undefined && epoch > this.#highest && this.refusal(epoch, at) === null) {
      this.#claimed = Math.max(this.#claimed, epoch);
    }
    this.#crowd.seated(id);
  }

  /** Its promises are over by our clock when they are over by any clock. Without a pledge it is merely away. */
  #goodbye(id: string, pledge: Pledge | undefined, nowMs: number): void {
    const known = this.#crowd.get(id);
    if (!known) return;
    this.#crowd.away(id, nowMs);
    if (this.#group.epoch === 0 || (pledge && pledge.epoch < this.#group.epoch)) return this.#crowd.drop(id);
    if (!pledge || this.#faultOf(pledge) !== null) return;
    const countsMs = nowMs + (pledge.standing.promisedMs * (1 + driftBound)) / (1 - driftBound);
    known.pledge ??= { standing: pledge.standing, countsMs };
  }

  #hear({ type, id, said }: Extract<FoundingEvent, { readonly said: Pledge }>, nowMs: number): void {
    const known = this.#crowd.get(id);
    if (!known || said.epoch < this.#group.epoch) return;
    const fault = this.#faultOf(said);
    if (fault !== null) return this.#refuse(id, 'malformed', fault);
    if (type === 'standing') known.free = { standing: said.standing, atMs: nowMs };
    else if (known.wasAsked) known.pledge ??= { standing: said.standing, countsMs: nowMs };
    else this.#refuse(id, 'not-asked', 'nobody asked for a pledge in this epoch');
  }

  /** What no core of this epoch can say. */
  #faultOf({ epoch, standing }: Pledge): string | null {
    if (epoch > this.#group.epoch) return `epoch ${epoch} was not founded`;
    return epochOfTerm(standing.lastTerm) > epoch ? `term ${standing.lastTerm} is of no epoch up to ${epoch}` : null;
  }

  #refuse(id: string, code: 'malformed' | 'not-asked', message: string): void {
    this.#effects.push({ type: 'refused', id, code, message });
  }

  #founded(epoch: number): void {
    if (this.#pending?.epoch !== epoch) return;
    const isAdopted = this.#pending.founder === null;
    this.#group = this.#pending;
    this.#pending = null;
    if (!isAdopted) this.#crowd.begin();
    this.#effects.push({ type: 'group', group: this.#group });
  }

  #decide(at: Moment): void {
    if (this.#pending !== null || at.nowMs < this.#retryAtMs) return;
    if (this.#claimed > this.#highest) return this.#found(this.#claimed, null);
    const isOver = this.#isOver(at.nowMs);
    const isSeated = [...this.#crowd.all.values()].some((known) => known.isSeated);
    if (isSeated) this.#foundOrAsk(isOver, at);
    else if (isOver) this.#close();
  }

  /** Nobody that may still vote or lead in this epoch. */
  #isOver(nowMs: number): boolean {
    if (this.#crowd.hasStrangers(nowMs)) return false;
    return this.#group.epoch === 0 || this.#crowd.active(nowMs).length === 0;
  }

  #foundOrAsk(isOver: boolean, at: Moment): void {
    const { nowMs } = at;
    const witness = this.#options.witness();
    const isOwn = witness !== null && witness.id === this.#group.witness && witness.epoch === this.#group.epoch;
    const standing = isOwn ? witness.standing : null;
    const suffice = (pledgers: readonly Pledger[]): boolean => isEnough(this.#group, pledgers, standing);
    const pledgers = this.#pledgers((known) => hasPledged(known, nowMs));
    const founds = isOver || (this.#group.epoch > 0 && suffice(pledgers));
    if (isOwn && standing === null) {
      this.#lookAtMs = nowMs + lookAgainMs; // its log goes on into the next epoch
    } else if (founds) {
      const founder = this.#founder(pledgers, isOver);
      if (founder !== null) this.#found(epochAfter(this.#highest, at.wallMs), founder);
      else if (!isOver) this.#ask(nowMs);
    } else if (this.#group.epoch > 0) {
      const isFree = (known: Known): boolean => known.free !== null && nowMs - known.free.atMs <= freshMs;
      const isAllFree = !this.#crowd.hasStrangers(nowMs) && this.#crowd.active(nowMs).every(isFree);
      if (isAllFree || suffice(this.#pledgers((known) => hasPledged(known, nowMs) || isFree(known)))) this.#ask(nowMs);
    }
  }

  #pledgers(has: (known: Known) => boolean): readonly Pledger[] {
    return [...this.#crowd.all].flatMap(([id, known]) => {
      const standing = known.pledge?.standing ?? known.free?.standing;
      return standing && has(known) ? [{ id, standing, isThere: known.isSeated }] : [];
    });
  }

  /** The most up-to-date log that is there; where no epoch is to be continued, whoever came first. */
  #founder(pledgers: readonly Pledger[], isOver: boolean): string | null {
    let best: Pledger | null = null;
    for (const one of pledgers) {
      if (one.isThere && (best === null || compareLogs(one.standing, best.standing) > 0)) best = one;
    }
    if (best !== null || !isOver) return best?.id ?? null;
    return [...this.#crowd.all].find(([, { isSeated }]) => isSeated)?.[0] ?? null;
  }

  #ask(nowMs: number): void {
    const to = [...this.#crowd.all].filter(
      ([, { free, askedFor, pledge, isSeated }]) =>
        isSeated && pledge === null && free !== null && free !== askedFor && nowMs - free.atMs <= freshMs,
    );
    for (const [, known] of to) Object.assign(known, { wasAsked: true, askedFor: known.free });
    if (to.length === 0) return;
    this.#effects.push({ type: 'ask-pledge', to: to.map(([id]) => id), epoch: this.#group.epoch });
  }

  /** Without a founder it is another server's, which is taken over. */
  #found(epoch: number, founder: string | null): void {
    const { hasWitness, freshId, witness } = this.#options;
    const own = founder === null ? null : (witness()?.id ?? null);
    this.#pending = { epoch, founder, witness: hasWitness ? (own ?? freshId()) : null };
    this.#highest = Math.max(this.#highest, epoch);
    if (founder !== null) this.#knowsBetter = true;
    this.#effects.push({ type: 'found', group: this.#pending });
  }

  #close(): void {
    const { epoch } = this.#group;
    this.#crowd = new Crowd(this.#options.charterMs, Number.NEGATIVE_INFINITY);
    this.#group = { epoch: 0, founder: null, witness: null };
    this.#knowsBetter = true;
    if (epoch > 0) this.#effects.push({ type: 'closed', epoch });
  }
}
