import { epochAfter } from '../src/core/founding/epoch.ts';
import type { FoundingEffect, FoundingEvent, Moment } from '../src/core/founding/events.ts';
import { Founding } from '../src/core/founding/founding.ts';
import { nobody, type Group } from '../src/core/founding/group.ts';
import { charterDifference, type Charter } from '../src/protocol/charter.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import type { ServerErrorCode } from '../src/protocol/messages.ts';
import type { RoomOptions } from './room-events.ts';

/** Who would come in, and the epoch whose core it runs, if any. */
interface Claimant {
  readonly id: PeerId;
  readonly charter: Charter;
  readonly epoch?: number | undefined;
}

type Refusal = { readonly code: ServerErrorCode; readonly message: string };

/**
 * What one room was founded on: its charter, and its epoch. A room whose members elect without the server is founded by
 * whoever comes when it is empty; one of `quorum()` by the rules of `src/core/founding`.
 */
export class Foundation {
  readonly #options: RoomOptions;
  /** Null: whoever comes next decides. */
  #charter: Charter | null = null;
  /** Of a room of `quorum()` that is not closed. */
  #founding: Founding | null = null;
  /** Of any other. */
  #group: Group = nobody;
  #highest: number;
  #contactMs: number;

  constructor(options: RoomOptions) {
    const { past, highestEpoch = 0 } = options;
    const record = past?.record ?? null;
    this.#options = options;
    this.#highest = Math.max(highestEpoch, record?.epoch ?? 0);
    const isClosed = record !== null && record.charter === null;
    this.#contactMs = past === null || isClosed ? Number.NEGATIVE_INFINITY : past.contactMs;
    if (record?.charter) this.#begin(record.charter, record);
  }

  get charter(): Charter | null {
    return this.#charter;
  }

  get group(): Group {
    return this.#founding?.group ?? this.#group;
  }

  /** Every epoch up to this one is taken. */
  get highestEpoch(): number {
    return Math.max(this.#highest, this.#founding?.highestEpoch ?? 0);
  }

  /** It is decided who founds the room, and not yet told. */
  get isFounding(): boolean {
    return this.#founding?.isFounding === true;
  }

  /** Whoever had that id may still have a core under it. */
  knows(id: string): boolean {
    return this.#founding?.knows(id) === true;
  }

  /** Whoever comes may be somebody of before this server was started. */
  hasStrangers(nowMs: number): boolean {
    return this.#founding?.hasStrangers(nowMs) === true;
  }

  foundsInMs(nowMs: number): number | undefined {
    return this.#founding?.foundsInMs(nowMs);
  }

  nextMs(nowMs: number): number {
    return this.#founding?.nextMs(nowMs) ?? Number.POSITIVE_INFINITY;
  }

  /** Why it may not come in. The first one decides what the room is. */
  admit({ id, charter, epoch }: Claimant, at: Moment): Refusal | null {
    const difference = this.#charter && charterDifference(this.#charter, charter);
    if (difference !== null)
      return { code: 'charter-differs', message: `give all members the same options: ${difference}` };
    if (this.#charter === null) {
      const { charterMs = 0 } = charter.quorum ?? {};
      const { maxCharterMs = Number.POSITIVE_INFINITY } = this.#options;
      if (charterMs > maxCharterMs) return { code: 'charter-differs', message: tooLong(charterMs, maxCharterMs) };
      this.#begin(charter, null);
    }
    const message = epoch === undefined ? null : (this.#founding?.refusal({ id, epoch }, at) ?? null);
    return message === null ? null : { code: 'epoch-refused', message };
  }

  step(event: FoundingEvent, at: Moment): readonly FoundingEffect[] {
    if (this.#founding === null) return this.#stepAlone(event, at);
    const effects = this.#founding.step(event, at);
    if (effects.some(({ type }) => type === 'closed')) this.#contactMs = Number.NEGATIVE_INFINITY;
    return effects;
  }

  /** Nobody is in the room. If nobody can come back either, whoever comes next decides anew. */
  close(): void {
    if (this.#founding?.isClosed === false) return;
    this.#highest = this.highestEpoch;
    this.#charter = this.#founding = null;
  }

  #begin(charter: Charter, past: Group | null): void {
    this.#charter = charter;
    this.#group = nobody;
    if (!charter.quorum) return;
    const { witness = () => null, canFound = () => true, secret, maxCharterMs = 0 } = this.#options;
    const { charterMs } = charter.quorum;
    // Of a room that nothing is known of, the charter may have been any that this server allows.
    const strangersMs = past === null ? Math.max(charterMs, maxCharterMs) : charterMs;
    this.#founding = new Founding({
      ...{ past, witness, canFound, freshId: secret, contactMs: this.#contactMs, highestEpoch: this.#highest },
      ...{ hasWitness: charter.quorum.witness === 'anchor', charterMs, strangersMs },
    });
  }

  /** Founded once and at once: nobody is ever asked anything. */
  #stepAlone(event: FoundingEvent, { wallMs }: Moment): readonly FoundingEffect[] {
    if (event.type === 'pledge') {
      return [{ type: 'refused', id: event.id, code: 'not-asked', message: 'nobody pledges in this room' }];
    }
    if (event.type !== 'seated' || this.#group.epoch > 0) return [];
    this.#highest = epochAfter(this.#highest, wallMs);
    this.#group = { ...nobody, epoch: this.#highest, founder: event.id };
    return [{ type: 'group', group: this.#group }];
  }
}

function tooLong(charterMs: number, maxCharterMs: number): string {
  return `charterMs is ${charterMs} here, and at most ${maxCharterMs} at this server: choose a shorter one, or raise its maxCharterMs`;
}
