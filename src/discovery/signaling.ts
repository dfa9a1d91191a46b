import type { Clocks } from '../driver/clocks.ts';
import type { Timers, Undo } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import { maxBackoffMs } from '../signaling/backoff.ts';
import type { Pledge, Stance } from '../protocol/standing.ts';
import type { SignalingConnection } from '../signaling/connection.ts';
import type { RoomMessage } from '../signaling/listener.ts';
import { Contact } from './epochs/contact.ts';
import type { DiscoveredMember, Discovery, DiscoveryEvents, View } from './discovery.ts';

type ViewMessage = Extract<RoomMessage, { readonly type: 'view' }>;

/**
 * A server that lost its memory knows only who came back so far. Whom it does not know yet stays in the view for as
 * long as coming back may take: the longest backoff, and a while to connect.
 */
const keepMs = maxBackoffMs + 15_000;

/** Finds the members of a room by the signaling server's numbered views (D2). */
export class SignalingDiscovery implements Discovery {
  readonly #connection: SignalingConnection;
  readonly #timers: Timers;
  #self!: DiscoveredMember;
  #events!: DiscoveryEvents;
  #view: View | null = null;
  /** What came so far of a view that takes several frames. */
  #parts: ViewMessage[] = [];
  /** Members of a former era that the server has not seen in this one. */
  readonly #kept = new Set<PeerId>();
  #cancelGivingUp: Undo = () => undefined;
  readonly #contact: Contact;
  #syncing = false;

  constructor(connection: SignalingConnection, timers: Timers, clocks: Clocks) {
    this.#connection = connection;
    this.#timers = timers;
    this.#contact = new Contact(clocks, (askedAt) => this.#events.onContact?.(askedAt));
  }

  start(self: DiscoveredMember, events: DiscoveryEvents): void {
    this.#self = self;
    this.#events = events;
    this.#connection.listen({
      onStatus: (status) => {
        this.#parts = [];
        this.#syncing = false;
        this.#contact.begin();
        this.#cancelGivingUp();
        if (status === 'online') this.#cancelGivingUp = this.#timers.after(keepMs, () => this.#giveUpKept());
        events.onStatus(status);
      },
      onMessage: (message) => {
        if (message.type === 'hint') return events.onHint(message.id);
        if (message.type === 'ask-pledge') return events.onAskPledge?.(message.epoch);
        this.#parts.push(message);
        if (!message.more) this.#change(this.#parts.splice(0));
      },
      onError: (error) => events.onError(error),
      onAsked: () => this.#contact.ask(),
      onAnswered: () => this.#contact.answer(),
    });
    this.#connection.start(self, () => this.#contact.claim(this.#connection.charterMs));
  }

  setInfo(info: Json): void {
    this.#connection.setInfo(info);
    this.#self = { ...this.#self, info };
  }

  stand(stance: Stance): void {
    this.#connection.stand(stance);
  }

  leave(pledge?: Pledge): void {
    this.#cancelGivingUp();
    this.#connection.goodbye(pledge);
  }

  abandon(): void {
    this.#cancelGivingUp();
    this.#connection.abandon();
  }

  /** From the view that is held to the next one. What was missed in between nobody guesses. */
  #change(parts: readonly ViewMessage[]): void {
    const { era, from, n, founder, epoch, witness, continues, foundsInMs } = parts[0] as ViewMessage;
    const before = this.#view;
    const sameEra = before?.era === era;
    const known = sameEra ? before.n : 0;
    if (from === 0) this.#syncing = false;
    if (n <= known) return this.#contact.see(epoch);
    if (from > 0 && from !== known) return this.#sync();
    const members = new Map(before?.members);
    if (from === 0) {
      // A new era only adds: it may not know yet who comes back (D2).
      if (!sameEra) for (const id of members.keys()) this.#kept.add(id);
      for (const id of members.keys()) if (!this.#kept.has(id)) members.delete(id);
    }
    for (const part of parts) {
      for (const id of [...part.bye, ...part.gone]) members.delete(id);
      for (const { id, info, host } of part.members) {
        members.set(id, { id, info, host });
        this.#kept.delete(id);
      }
    }
    const bye = parts.flatMap((part) => part.bye);
    this.#show({ era, n, founder, epoch, witness, continues, foundsInMs, members }, bye);
    this.#contact.see(epoch);
  }

  /** Asks for the whole view, once. */
  #sync(): void {
    if (!this.#syncing) this.#connection.sync();
    this.#syncing = true;
  }

  #giveUpKept(): void {
    if (this.#view === null || this.#kept.size === 0) return;
    const members = new Map(this.#view.members);
    for (const id of this.#kept) members.delete(id);
    this.#kept.clear();
    this.#show({ ...this.#view, members }, []);
  }

  /** This member is always in its own view. */
  #show(view: View & { readonly members: Map<PeerId, DiscoveredMember> }, bye: readonly PeerId[]): void {
    const before = this.#view?.members;
    const { members } = view;
    if (!members.has(this.#self.id)) members.set(this.#self.id, this.#self);
    this.#view = view;
    this.#events.onView(view, {
      joined: [...members.keys()].filter((id) => !before?.has(id)),
      bye: bye.filter((id) => !members.has(id)),
    });
  }
}
