import type { FoundingEffect, FoundingEvent, Moment } from '../../core/founding/events.ts';
import { Founding } from '../../core/founding/founding.ts';
import type { Group } from '../../core/founding/group.ts';
import { Clocks } from '../../driver/clocks.ts';
import { persistenceIn } from '../../driver/durable.ts';
import { freshSeed } from '../../driver/seed.ts';
import { WitnessCore, type WitnessCoreOptions } from '../../driver/witness-core.ts';
import type { Platform, Undo } from '../../platform/platform.ts';
import type { QuorumCharter } from '../../protocol/charter.ts';
import { freshPeerId, type PeerId } from '../../protocol/ids.ts';
import type { Json } from '../../protocol/json.ts';

export interface MemoryFoundationOptions {
  readonly charter: QuorumCharter;
  readonly platform: Pick<Platform, 'clock' | 'timers' | 'randomBytes'>;
  /** The last moment at which members that are unknown here can have been in contact. `-Infinity`: there are none. */
  readonly contactMs: number;
  readonly highestEpoch: number;
  /** The group is another one. */
  readonly onGroup: () => void;
  /** Nobody who could come back has a part in it any more. */
  readonly onClosed: () => void;
  readonly askPledge: (to: PeerId, epoch: number) => void;
  /** From the witness. */
  readonly send: (to: PeerId, message: Json) => void;
}

/** Founds one room of `quorum()` by the rules of `core/founding`, and hosts its witness, as the signaling server does. */
export class MemoryFoundation {
  readonly #options: MemoryFoundationOptions;
  readonly #founding: Founding;
  readonly #events: FoundingEvent[] = [];
  readonly #clocks: Clocks;
  #witness: WitnessCore | null = null;
  #cancelWake: Undo = () => {};

  constructor(options: MemoryFoundationOptions) {
    const { charter, platform, contactMs, highestEpoch } = options;
    this.#options = options;
    this.#clocks = new Clocks(platform.clock);
    this.#founding = new Founding({
      ...{
        past: null,
        contactMs,
        highestEpoch,
        charterMs: charter.charterMs,
        hasWitness: charter.witness === 'anchor',
      },
      freshId: () => freshPeerId(platform.randomBytes),
      canFound: () => true,
      witness: () => {
        const witness = this.#witness;
        return witness && { id: witness.id, epoch: witness.epoch, standing: witness.standing };
      },
    });
  }

  get group(): Group {
    return this.#founding.group;
  }

  get highestEpoch(): number {
    return this.#founding.highestEpoch;
  }

  get isClosed(): boolean {
    return this.#founding.isClosed;
  }

  foundsInMs(): number | undefined {
    return this.#founding.foundsInMs(this.#moment().nowMs);
  }

  /** In words: why a member with a core of that epoch may not come in. */
  refusal(id: PeerId, epoch: number | undefined): string | null {
    return epoch === undefined ? null : this.#founding.refusal({ id, epoch }, this.#moment());
  }

  /** One event after the other, each with all that it brings about. */
  step(event: FoundingEvent): void {
    this.#events.push(event);
    if (this.#events.length > 1) return;
    for (let next = this.#events[0]; next; next = this.#events[0]) {
      for (const effect of this.#founding.step(next, this.#moment())) this.#perform(effect);
      this.#events.shift();
    }
    this.#wakeLater();
  }

  hear(from: PeerId, to: PeerId, message: Json): void {
    if (to === this.group.witness) this.#witness?.hear(from, message);
  }

  close(): void {
    this.#cancelWake();
    this.#witness?.close();
    this.#witness = null;
  }

  #perform(effect: FoundingEffect): void {
    const { onGroup, onClosed, askPledge } = this.#options;
    switch (effect.type) {
      case 'found':
        this.#events.push({ type: this.#host(effect.group) ? 'founded' : 'not-founded', epoch: effect.group.epoch });
        return;
      case 'group':
        return onGroup();
      case 'ask-pledge':
        return effect.to.forEach((id) => askPledge(id, effect.epoch));
      case 'closed':
        this.#witness?.close();
        this.#witness = null;
        return onClosed();
      case 'refused':
        return; // what a member says of itself here is what its core says
    }
  }

  /** False: the witness that goes on has promised something to somebody meanwhile. */
  #host({ epoch, founder, witness: id }: Group): boolean {
    const stored = id !== null && id === this.#witness?.id ? this.#witness.retire() : undefined;
    if (stored === null) return false;
    this.#witness?.close();
    this.#witness = id === null ? null : this.#witnessOf({ id, epoch, founder, stored });
    return true;
  }

  #witnessOf(of: Pick<WitnessCoreOptions, 'id' | 'epoch' | 'founder' | 'stored'>): WitnessCore {
    const { charter, platform, send } = this.#options;
    return new WitnessCore({
      ...{ ...of, charter, clocks: this.#clocks, timers: platform.timers, send },
      persistence: persistenceIn(null, () => {}),
      seed: freshSeed(platform),
      onBadMessage: () => {}, // what a member says here is what its core says
    });
  }

  #wakeLater(): void {
    const { nowMs } = this.#moment();
    const nextMs = this.#founding.nextMs(nowMs);
    this.#cancelWake();
    if (nextMs === Number.POSITIVE_INFINITY || this.isClosed) return;
    this.#cancelWake = this.#options.platform.timers.after(Math.max(1, nextMs - nowMs), () =>
      this.step({ type: 'tick' }),
    );
  }

  #moment(): Moment {
    const { clock } = this.#options.platform;
    return { nowMs: clock.monotonicMs(), wallMs: clock.wallMs() };
  }
}
