import { Available } from '../core/available/available.ts';
import type { AvailableEffect, AvailableEvent } from '../core/available/events.ts';
import { Clocks } from '../driver/clocks.ts';
import { Driver } from '../driver/driver.ts';
import type { ToldEffect } from '../driver/driver.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { ConflictSide, Election, ElectionEvents, ElectionOptions, Elector, Leadership } from './elector.ts';

/**
 * Elects so that every group of members that can talk to each other has a leader: during a partition each side has its
 * own, and they merge when it heals, with a `conflict` event. For those who would rather have two leaders than none.
 */
export function available(): Elector {
  return { name: 'available', start: (options) => new AvailableElection(options) };
}

class AvailableElection implements Election {
  readonly #core: Available;
  readonly #driver: Driver<AvailableEvent, AvailableEffect>;
  readonly #events: ElectionEvents;

  constructor(options: ElectionOptions) {
    const { self, platform, priority, minMembers, events } = options;
    this.#events = events;
    this.#core = new Available({ id: self, seed: seedFrom(platform.randomBytes(6)), priority, minMembers });
    this.#driver = new Driver<AvailableEvent, AvailableEffect>({
      core: this.#core,
      tick: { type: 'tick' },
      clocks: new Clocks(platform.clock),
      timers: platform.timers,
      // What the core sends is JSON: records of plain fields, and values that came in as JSON.
      send: (to, message) => events.send(to, message as Json),
      apply: (effect) => this.#apply(effect),
    });
  }

  isLeader(): boolean {
    return this.#core.isLeader(this.#driver.now());
  }

  leader(): Leadership | null {
    return this.#core.leader();
  }

  published(): Json | undefined {
    return this.#core.published() as Json | undefined;
  }

  setMembers(peers: ReadonlySet<PeerId>): void {
    this.#driver.feed({ type: 'members', peers: [...peers] });
  }

  departed(peer: PeerId): void {
    this.#driver.feed({ type: 'departed', peer });
  }

  hint(peer: PeerId): void {
    this.#driver.feed({ type: 'hint', peer });
  }

  sessionReset(peer: PeerId): void {
    this.#driver.feed({ type: 'reset', peer });
  }

  message(from: PeerId, message: Json): void {
    this.#driver.feed({ type: 'message', from, message });
  }

  setVisible(visible: boolean): void {
    this.#driver.feed({ type: 'visible', visible });
  }

  setPriority(priority: number): void {
    this.#driver.feed({ type: 'priority', priority });
  }

  publish(value: Json): void {
    this.#driver.feed({ type: 'publish', value });
  }

  canTransfer(to?: PeerId): boolean {
    return this.isLeader() && this.#core.canTransfer(to);
  }

  transfer(to?: PeerId): boolean {
    if (!this.canTransfer(to)) return false;
    this.#driver.feed(to === undefined ? { type: 'transfer' } : { type: 'transfer', to });
    return true;
  }

  leave(): void {
    this.#driver.close({ type: 'leave' });
  }

  close(): void {
    this.#driver.close();
  }

  #apply(effect: ToldEffect<AvailableEffect>): void {
    switch (effect.type) {
      case 'leader':
        return this.#events.onLeader(effect.leader);
      case 'reachable':
        return this.#events.onReachable(new Set(effect.peers));
      case 'paths':
        return this.#events.wantPaths(new Set(effect.peers));
      case 'published':
        return this.#events.onPublished(effect.value as Json);
      case 'conflict':
        return this.#events.onConflict(effect.winner as ConflictSide, effect.loser as ConflictSide);
      case 'bad-message':
        return this.#events.onBadMessage(effect.from, effect.reason);
    }
  }
}

/** A safe integer out of six random bytes. */
function seedFrom(bytes: Uint8Array): number {
  return bytes.reduce((seed, byte) => seed * 256 + byte, 0);
}
