import type { FoundingEffect, FoundingEvent, Moment } from '../../core/founding/events.ts';
import { Founding } from '../../core/founding/founding.ts';
import type { Group } from '../../core/founding/group.ts';
import type { Platform, Undo } from '../../platform/platform.ts';
import type { QuorumCharter } from '../../protocol/charter.ts';
import { freshPeerId, type PeerId } from '../../protocol/ids.ts';
import type { Json } from '../../protocol/json.ts';
import { MemoryWitness } from './witness.ts';

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
  #witness: MemoryWitness | null = null;
  #cancelWake: Undo = () => {};

  constructor(options: MemoryFoundationOptions) {
    const { charter, platform, contactMs, highestEpoch } = options;
    this.#options = options;
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
        return witness && { id: witness.id, epoch: witness.epoch, standing: witness.standing() };
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
  refusal(epoch: number | undefined): string | null {
    return epoch === undefined ? null : this.#founding.refusal(epoch, this.#moment());
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
        this.#host(effect.group);
        this.#events.push({ type: 'founded', epoch: effect.group.epoch });
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

  #host(group: Group): void {
    const { charter, platform, send } = this.#options;
    const stored = this.#witness?.pledge() ?? null;
    const id = group.witness;
    this.#witness = id === null ? null : new MemoryWitness({ id, group, charter, platform, stored, send });
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
