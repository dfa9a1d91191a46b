import { endIfEnough, type Pledger } from './enough.ts';
import { epochAfter, epochOfTerm, isPlausible } from './epoch.ts';
import type { Claim, FoundingEffect, FoundingEvent, FoundingOptions, Moment } from './events.ts';
import { compareLogs, nobody, type Group, type LogEnd, type Pledge } from './group.ts';
import { Crowd, hasPledged, isFree, type Known } from './known.ts';
import type { Standing } from '../quorum/state.ts';

/** What could not be done is tried again after this: the witness was not free, or the group was not made durable. */
const lookAgainMs = 500;
const driftBound = 0.01;

/**
 * Who founds a room, and when: at most one group at a time can have a leader (Q2). Sans-IO: events and time go in, all
 * effects come out, in order.
 */
export class Founding {
  readonly #options: FoundingOptions;
  #group: Group;
  /** Founded, and not durable yet. */
  #pending: Group | null = null;
  #highest: number;
  /** There is no epoch of this room but those known here, whatever anybody says. */
  #knowsAll: boolean;
  #crowd: Crowd;
  #lookAtMs = Number.POSITIVE_INFINITY;
  #effects: FoundingEffect[] = [];

  constructor(options: FoundingOptions) {
    const { past, contactMs, charterMs, strangersMs = charterMs, highestEpoch } = options;
    this.#options = options;
    this.#group = past ?? nobody;
    this.#highest = Math.max(highestEpoch, this.#group.epoch);
    this.#knowsAll = past !== null || contactMs === Number.NEGATIVE_INFINITY;
    this.#crowd = new Crowd(charterMs, contactMs + strangersMs);
  }

  get group(): Group {
    return this.#group;
  }

  /** Every epoch up to this one is taken. */
  get highestEpoch(): number {
    return this.#highest;
  }

  /** Views wait for what is being founded. */
  get isFounding(): boolean {
    return this.#pending !== null;
  }

  /** Nothing is left to be remembered but the number of the epoch. */
  get isClosed(): boolean {
    return this.#group.epoch === 0 && this.#pending === null && this.#crowd.all.size === 0;
  }

  /** Undefined once it is founded, or while it cannot be. */
  foundsInMs(nowMs: number): number | undefined {
    if (this.#group.epoch > 0 || !this.#options.canFound()) return undefined;
    return Math.ceil(Math.max(0, this.#crowd.strangersUntilMs - nowMs));
  }

  /** When to step a `tick`. `Infinity`: never. */
  nextMs(nowMs: number): number {
    return this.#options.canFound() ? Math.min(this.#crowd.nextMs(nowMs), this.#lookAtMs) : Number.POSITIVE_INFINITY;
  }

  /** Whether somebody may hold on to what it was under that id. */
  knows(id: string): boolean {
    return this.#crowd.get(id) !== undefined;
  }

  /** Whether somebody may hold on to what it was of whom nothing is known here. */
  hasStrangers(nowMs: number): boolean {
    return this.#crowd.hasStrangers(nowMs);
  }

  /** In words: why a member that runs a core of that epoch may not come in. */
  refusal({ id, epoch }: { readonly id: string; readonly epoch: number }, { nowMs, wallMs }: Moment): string | null {
    if (epoch < this.#group.epoch) return null;
    if (epoch === this.#group.epoch) return this.#strangeness(id);
    if (!isPlausible(epoch, wallMs)) return `epoch ${epoch} is too far in the future: come as a new member`;
    const isSettled = this.#knowsAll || !this.#crowd.hasStrangers(nowMs); // or later epochs may have come and gone
    return isSettled ? `nothing is known of an epoch ${epoch} of this room: come as a new member` : null;
  }

  /** Only where memory and clock failed together does an epoch have the number of another one (E5). */
  #strangeness(id: string): string | null {
    if (!this.#crowd.isWhole || this.knows(id)) return null;
    return `${id} was never in epoch ${this.#group.epoch} of this room, but in another of that number: come as a new member`;
  }

  step(event: FoundingEvent, at: Moment): readonly FoundingEffect[] {
    this.#effects = [];
    this.#apply(event, at);
    this.#lookAtMs = Number.POSITIVE_INFINITY;
    if (event.type === 'not-founded') this.#lookAtMs = at.nowMs + lookAgainMs;
    else if (this.#pending === null && this.#options.canFound()) this.#decide(at);
    return this.#effects;
  }

  // What is known

  #apply(event: FoundingEvent, at: Moment): void {
    switch (event.type) {
      case 'seated':
        return this.#seated(event.id, event.claim ?? null, at);
      case 'mistaken':
        return this.#crowd.drop(event.id);
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
    }
  }

  #seated(id: string, claim: Claim | null, at: Moment): void {
    const isGood = claim !== null && this.refusal({ id, epoch: claim.epoch }, at) === null;
    this.#crowd.seated(id, isGood ? claim : null);
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
    if (!known?.isSeated || said.epoch < this.#group.epoch) return;
    if (said.epoch > this.#group.epoch && said.epoch === known.claim?.epoch) return; // that is yet to be taken over
    const fault = this.#faultOf(said);
    if (fault !== null) return this.#refuse(id, 'malformed', fault);
    if (type === 'standing') known.free = { standing: said.standing, atMs: nowMs };
    else if (known.wasAsked) known.pledge ??= { standing: said.standing, countsMs: nowMs };
    else this.#refuse(id, 'not-asked', 'nobody has asked for a pledge in this epoch');
  }

  /** What no core of this epoch can say. */
  #faultOf({ epoch, standing: { lastTerm, configuration } }: Pledge): string | null {
    if (epoch > this.#group.epoch) return `this room has no epoch ${epoch}`;
    if (epochOfTerm(lastTerm) > epoch) return `term ${lastTerm} is above all of epoch ${epoch}`;
    const isOdd = configuration.some(
      (half) => half.length === 0 || new Set(half.map(({ id }) => id)).size < half.length,
    );
    return isOdd ? 'the configuration has a half without voters, or names one twice' : null;
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

  // What follows from it

  #decide(at: Moment): void {
    const claimed = this.#crowd.claimed(at.nowMs);
    if (claimed > this.#group.epoch && !this.#knowsAll) return this.#adopt(claimed);
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

  /** The log of a witness that runs goes on into the next epoch: nothing is decided while it is bound to a leader. */
  #foundOrAsk(isOver: boolean, at: Moment): void {
    const { nowMs } = at;
    const witness = this.#options.witness();
    const isOwn = witness !== null && witness.id === this.#group.witness && witness.epoch === this.#group.epoch;
    if (isOwn && witness.standing === null) {
      const all = [...this.#crowd.all.values()];
      if (isOver || all.some((known) => known.pledge !== null || isFree(known, nowMs)))
        this.#lookAtMs = nowMs + lookAgainMs;
      return;
    }
    const standing = isOwn ? witness.standing : null;
    const pledgers = this.#pledgers((known) => hasPledged(known, nowMs));
    const end = this.#group.epoch > 0 ? this.#endIfEnough(pledgers, standing, nowMs) : null;
    const founder = end !== null || isOver ? this.#founder(pledgers, isOver) : null;
    if (founder !== null) this.#found(founder, end, at);
    else if (this.#group.epoch > 0 && (end !== null || this.#mayBeEnough(standing, nowMs))) this.#ask(nowMs);
  }

  /** If those who are free pledge. Nobody is asked in vain, for who has pledged is out of this epoch. */
  #mayBeEnough(witness: Standing | null, nowMs: number): boolean {
    const free = (known: Known): boolean => isFree(known, nowMs);
    if (!this.#crowd.hasStrangers(nowMs) && this.#crowd.active(nowMs).every(free)) return true;
    const all = this.#pledgers((known) => hasPledged(known, nowMs) || free(known));
    return this.#endIfEnough(all, witness, nowMs) !== null;
  }

  /**
   * Under which ids members come back to a server that was started again nobody can check. So their pledges weigh nothing
   * as long as those whom they may pretend to be can still lead.
   */
  #endIfEnough(pledgers: readonly Pledger[], witness: Standing | null, nowMs: number): LogEnd | null {
    return endIfEnough(this.#group, this.#crowd.hasStrangers(nowMs) ? [] : pledgers, witness);
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
      ([, known]) => known.isSeated && known.pledge === null && isFree(known, nowMs) && known.free !== known.askedFor,
    );
    for (const [, known] of to) Object.assign(known, { wasAsked: true, askedFor: known.free });
    if (to.length === 0) return;
    this.#effects.push({ type: 'ask-pledge', to: to.map(([id]) => id), epoch: this.#group.epoch });
  }

  #found(founder: string, end: LogEnd | null, at: Moment): void {
    const { hasWitness, freshId, witness } = this.#options;
    this.#knowsAll = true;
    this.#begin({
      epoch: epochAfter(this.#highest, at.wallMs),
      founder,
      witness: hasWitness ? (witness()?.id ?? freshId()) : null,
      continues: end && { epoch: this.#group.epoch, ...end },
      begunWith: end === null ? this.#logOf(founder) : undefined,
    });
  }

  /** What it pledged with, it goes on with, and may have told others of before anybody else has it. */
  #logOf(founder: string): LogEnd | undefined {
    const { lastIndex = 0, lastTerm = 0 } = this.#crowd.get(founder)?.pledge?.standing ?? {};
    return lastIndex > 0 ? { lastIndex, lastTerm } : undefined;
  }

  /** It was founded elsewhere, and is taken over as it is; its witness is no more, and a fresh one comes in. */
  #adopt(epoch: number): void {
    const { hasWitness, freshId } = this.#options;
    this.#begin({ epoch, founder: null, witness: hasWitness ? freshId() : null, continues: null });
  }

  #begin(group: Group): void {
    this.#pending = group;
    this.#highest = Math.max(this.#highest, group.epoch);
    this.#effects.push({ type: 'found', group });
  }

  #close(): void {
    const { epoch } = this.#group;
    this.#crowd = new Crowd(this.#options.charterMs, Number.NEGATIVE_INFINITY);
    this.#group = nobody;
    this.#knowsAll = true;
    if (epoch > 0) this.#effects.push({ type: 'closed', epoch });
  }
}
