import type { Platform, Undo } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import { maxBackoffMs } from '../signaling/backoff.ts';
import type { Pledge, Standing } from '../protocol/standing.ts';
import type { Claim, RoomMessage, SignalingConnection } from '../signaling/connection.ts';
import type { DiscoveredMember, Discovery, DiscoveryEvents, View } from './discovery.ts';

type ViewMessage = Extract<RoomMessage, { readonly type: 'view' }>;

/**
 * A server that lost its memory knows only who came back so far. Whom it does not know yet stays in the view for as
 * long as coming back may take: the longest backoff, and a while to connect.
 */
const keepMs = maxBackoffMs + 15_000;
/** A server that lost its memory has not asked for the pledge that was given, and has to see that it may. */
const standAgainMs = 3_000;

/** Rather too early than too late, whatever the clocks do. */
const lapsedShare = 0.95;

/** A moment by the two clocks: by one of them at least, no more time is over than there was. */
type Reading = ReturnType<typeof readingOf>;

/** Finds the members of a room by the signaling server's numbered views (D2). */
export class SignalingDiscovery implements Discovery {
  readonly #connection: SignalingConnection;
  readonly #platform: Pick<Platform, 'timers' | 'clock'>;
  #self!: DiscoveredMember;
  #events!: DiscoveryEvents;
  #view: View | null = null;
  /** What came so far of a view that takes several frames. */
  #parts: ViewMessage[] = [];
  /** Members of a former era that the server has not seen in this one. */
  readonly #kept = new Set<PeerId>();
  #cancelGivingUp: Undo = () => undefined;
  /** Given, and no later epoch was seen yet. */
  #pledged: Pledge | null = null;
  #cancelStanding: Undo = () => undefined;
  #syncing = false;
  /** The highest that was ever seen. */
  #epoch = 0;
  /** This connection has shown the room, in no epoch before that. */
  #isCurrent = false;
  /** When the server was asked last, while it has not answered that. */
  #asked: Reading | null = null;
  /** When it was asked what it has answered, while `#isCurrent` is yet to become true. */
  #answered: Reading | null = null;
  #contact: Reading | null = null;

  constructor(connection: SignalingConnection, platform: Pick<Platform, 'timers' | 'clock'>) {
    this.#connection = connection;
    this.#platform = platform;
  }

  start(self: DiscoveredMember, events: DiscoveryEvents): void {
    this.#self = self;
    this.#events = events;
    this.#connection.listen({
      onStatus: (status) => {
        this.#parts = [];
        this.#syncing = this.#isCurrent = false;
        this.#cancelGivingUp();
        if (status === 'online') this.#cancelGivingUp = this.#platform.timers.after(keepMs, () => this.#giveUpKept());
        events.onStatus(status);
      },
      onMessage: (message) => {
        if (message.type === 'hint') return events.onHint(message.id);
        if (message.type === 'ask-pledge') return this.#askedToPledge(message.epoch);
        this.#parts.push(message);
        if (!message.more) this.#change(this.#parts.splice(0));
      },
      onError: (error) => events.onError(error),
      onAsked: () => {
        this.#asked = readingOf(this.#platform);
        this.#answered = null;
        events.onAsked?.();
      },
      onAnswered: () => {
        this.#answered = this.#asked;
        this.#noteContact();
      },
    });
    this.#connection.start(self, () => this.#claim());
  }

  setInfo(info: Json): void {
    this.#self = { ...this.#self, info };
    this.#connection.setInfo(info);
  }

  stand(epoch: number, standing: Standing): void {
    this.#connection.stand('standing', { epoch, standing });
  }

  pledge(epoch: number, standing: Standing): void {
    this.#pledged = { epoch, standing };
    this.#connection.stand('pledge', this.#pledged);
    this.#standAgain();
  }

  leave(pledge?: Pledge): void {
    this.#stop();
    this.#connection.goodbye(pledge);
  }

  abandon(): void {
    this.#stop();
    this.#connection.abandon();
  }

  #stop(): void {
    this.#cancelGivingUp();
    this.#cancelStanding();
  }

  /** What was pledged stays so: whoever asks for it again gets the same answer. */
  #askedToPledge(epoch: number): void {
    if (this.#pledged?.epoch === epoch) this.#connection.stand('pledge', this.#pledged);
    else this.#events.onAskPledge?.(epoch);
  }

  #standAgain(): void {
    this.#cancelStanding();
    this.#cancelStanding = this.#platform.timers.after(standAgainMs, () => {
      if (this.#pledged === null) return;
      this.#connection.stand('standing', this.#pledged);
      this.#standAgain();
    });
  }

  /**
   * Contact is with the group that this member belongs to: whoever comes back has to see first that no later one was founded
   * meanwhile, or those who were given up would lead again, for a moment, beside that one.
   */
  #noteContact(): void {
    if (!this.#isCurrent || this.#answered === null) return;
    this.#contact = this.#answered;
    this.#answered = null;
    this.#events.onAnswered?.();
  }

  #claim(): Claim {
    if (this.#epoch === 0) return {};
    const { charterMs } = this.#connection;
    const lapsed = this.#contact === null || msSince(this.#contact, this.#platform) >= charterMs * lapsedShare;
    return { epoch: this.#epoch, lapsed };
  }

  /** From the view that is held to the next one. What was missed in between nobody guesses. */
  #change(parts: readonly ViewMessage[]): void {
    const { era, from, n, founder, epoch, witness, continues, foundsInMs } = parts[0] as ViewMessage;
    const before = this.#view;
    const sameEra = before?.era === era;
    const known = sameEra ? before.n : 0;
    if (from === 0) this.#syncing = false;
    if (n <= known) return this.#see(epoch);
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
    this.#see(epoch);
  }

  #see(epoch: number): void {
    this.#isCurrent = epoch >= this.#epoch;
    this.#epoch = Math.max(this.#epoch, epoch);
    this.#noteContact();
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
    if (this.#pledged && view.epoch > this.#pledged.epoch) this.#pledged = null;
    this.#events.onView(view, {
      joined: [...members.keys()].filter((id) => !before?.has(id)),
      bye: bye.filter((id) => !members.has(id)),
    });
  }
}

function readingOf({ clock }: Pick<Platform, 'clock'>): { readonly monotonicMs: number; readonly wallMs: number } {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
}

/** At least so long ago. */
function msSince({ monotonicMs, wallMs }: Reading, platform: Pick<Platform, 'clock'>): number {
  const now = readingOf(platform);
  return Math.max(now.monotonicMs - monotonicMs, now.wallMs - wallMs);
}
