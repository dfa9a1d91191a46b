import type { PeerId } from '../protocol/ids.ts';
import type { Broadcast, BroadcastPort } from './broadcast.ts';
import type { Timers, Undo } from './platform.ts';

/** So long a channel to somebody else stays open unused. It costs to open one, and each one that is open hears all. */
const idleMs = 100;

/** What sets its channels apart from the others of a room. */
const kind = 'frames';

export interface MailboxOptions {
  readonly room: string;
  readonly self: PeerId;
  readonly broadcast: Broadcast;
  readonly timers: Timers;
  /** What was posted here, which may be anything. */
  readonly hear: (message: unknown) => void;
}

interface Outlet {
  readonly port: BroadcastPort;
  /** Since the timer last fired. */
  isIdle: boolean;
}

/**
 * From page to page of one origin: each page has a channel of its own, which it alone listens to, so that what is for one
 * wakes, and is copied for, no other. Whoever speaks to it opens that channel for as long as it has something to say.
 */
export class Mailbox {
  readonly #options: MailboxOptions;
  readonly #inlet: BroadcastPort;
  /** To those that were spoken to lately. */
  readonly #outlets = new Map<PeerId, Outlet>();
  #cancelTimer: Undo = () => {};

  /** Throws where the browser refuses it, as those that block cookies do. */
  constructor(options: MailboxOptions) {
    const { self, broadcast, hear } = options;
    this.#options = options;
    this.#inlet = broadcast(this.#nameOf(self), hear);
  }

  /** Arrives in the order of posting, at whoever has that mailbox. */
  post(to: PeerId, message: unknown): void {
    let outlet = this.#outlets.get(to);
    if (!outlet) {
      outlet = { port: this.#options.broadcast(this.#nameOf(to)), isIdle: false };
      this.#outlets.set(to, outlet);
      if (this.#outlets.size === 1) this.#closeIdleLater();
    }
    outlet.isIdle = false;
    outlet.port.post(message);
  }

  close(): void {
    this.#cancelTimer();
    for (const { port } of this.#outlets.values()) port.close();
    this.#outlets.clear();
    this.#inlet.close();
  }

  /** Rooms of different names, whatever they hold, never share a channel. */
  #nameOf(owner: PeerId): string {
    return JSON.stringify(['bellwether', this.#options.room, kind, owner]);
  }

  #closeIdleLater(): void {
    this.#cancelTimer = this.#options.timers.after(idleMs, () => {
      for (const [peer, outlet] of this.#outlets) {
        if (outlet.isIdle) {
          this.#outlets.delete(peer);
          outlet.port.close();
        }
        outlet.isIdle = true;
      }
      if (this.#outlets.size > 0) this.#closeIdleLater();
    });
  }
}

/** Whose mailbox a channel of that name is. `undefined`: nobody's. */
export function ownerOf(name: string): PeerId | undefined {
  const [, , about, owner] = JSON.parse(name) as readonly (string | undefined)[];
  return about === kind ? owner : undefined;
}
