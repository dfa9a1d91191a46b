import type { Platform, Undo } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { LeaveReason, ServerMessage, WireMember } from '../protocol/messages.ts';
import { maxBackoffMs } from '../signaling/backoff.ts';
import type { RoomMessage, SignalingConnection } from '../signaling/connection.ts';
import type { DiscoveredMember, Discovery, DiscoveryEvents, View, ViewChange } from './discovery.ts';

type Whole = Extract<ServerMessage, { readonly type: 'welcome' | 'view' }>;
type Delta = Extract<ServerMessage, { readonly type: 'delta' }>;

/**
 * A server that lost its memory knows only who came back so far. Whom it does not know yet stays in the view for as
 * long as coming back may take: the longest backoff, and a while to connect.
 */
const keepMs = maxBackoffMs + 15_000;

/** Finds the members of a room by the signaling server's numbered views (D2). */
export class SignalingDiscovery implements Discovery {
  readonly #connection: SignalingConnection;
  readonly #timers: Platform['timers'];
  #self: DiscoveredMember | null = null;
  #events: DiscoveryEvents | null = null;
  #view: View | null = null;
  /** Members of a former era that the server has not seen in this one; each with the timer that gives it up. */
  readonly #kept = new Map<PeerId, Undo>();
  /** Members whose absence has been told: once, until they are heard of again. */
  readonly #absent = new Set<PeerId>();
  #syncing = false;

  constructor(connection: SignalingConnection, platform: Pick<Platform, 'timers'>) {
    this.#connection = connection;
    this.#timers = platform.timers;
  }

  start(self: DiscoveredMember, events: DiscoveryEvents): void {
    this.#self = self;
    this.#events = events;
    this.#connection.listen({
      onStatus: (status) => {
        if (status === 'offline') this.#stopGivingUp();
        events.onStatus(status);
      },
      onMessage: (message) => this.#message(message),
      onRelay: ({ peer }) => void this.#absent.delete(peer),
      onError: (error) => events.onError(error),
    });
    this.#connection.start(self);
  }

  setInfo(info: Json): void {
    if (this.#self !== null) this.#self = { ...this.#self, info };
    this.#connection.setInfo(info);
  }

  leave(): void {
    this.#stop();
    this.#connection.goodbye();
  }

  abandon(): void {
    this.#stop();
    this.#connection.abandon();
  }

  #stop(): void {
    this.#events = null;
    this.#stopGivingUp();
  }

  #message(message: RoomMessage): void {
    if (message.type === 'hint') this.#events?.onHint(message.id);
    else if (message.type === 'absent') this.#hintOnce(message.ids);
    else if (message.type === 'delta') this.#delta(message);
    else this.#whole(message);
  }

  #hintOnce(ids: readonly PeerId[]): void {
    for (const id of ids) {
      if (this.#absent.has(id) || !this.#view?.members.has(id)) continue;
      this.#absent.add(id);
      this.#events?.onHint(id);
    }
  }

  #whole(message: Whole): void {
    const { era, n, founder, epoch } = message;
    this.#syncing = false;
    const before = this.#view;
    if (before !== null && before.era === era && n < before.n) return;
    const members = new Map(message.members.map((member) => [member.id, strip(member)]));
    for (const id of this.#missing(before, era, members)) members.set(id, before?.members.get(id) as DiscoveredMember);
    this.#show({ era, n, founder, epoch, members }, new Map());
    this.#giveUpKept();
  }

  /**
   * Members that stay although the server does not know them: all of the former era (D2: a new era only adds), and in
   * the same era those of them that have not been given up yet.
   */
  #missing(before: View | null, era: string, members: ReadonlyMap<PeerId, DiscoveredMember>): PeerId[] {
    const known = [...(before?.members.keys() ?? [])];
    const missing = known.filter((id) => !members.has(id));
    const kept = before?.era === era ? missing.filter((id) => this.#kept.has(id)) : missing;
    this.#stopGivingUp();
    this.#kept.clear();
    for (const id of kept) this.#kept.set(id, () => undefined);
    return kept;
  }

  #delta(delta: Delta): void {
    const before = this.#view;
    if (before === null || before.era !== delta.era || delta.from > before.n) return this.#sync();
    if (delta.n <= before.n) return;
    if (delta.from !== before.n) return this.#sync();
    const members = new Map(before.members);
    for (const { id } of delta.left) members.delete(id);
    for (const member of [...delta.joined, ...delta.updated]) {
      members.set(member.id, strip(member));
      this.#keep(member.id);
    }
    this.#show({ ...before, n: delta.n, members }, new Map(delta.left.map(({ id, reason }) => [id, reason])));
  }

  /** Asks for the whole view, once: nobody guesses what was missed. */
  #sync(): void {
    if (this.#syncing) return;
    this.#syncing = true;
    this.#connection.sync();
  }

  /** This member is always in its own view. */
  #show(view: View, reasons: ReadonlyMap<PeerId, LeaveReason>): void {
    const self = this.#self as DiscoveredMember;
    const members = view.members.has(self.id) ? view.members : new Map(view.members).set(self.id, self);
    const before = this.#view;
    this.#view = { ...view, members };
    const change = changeBetween(before?.members ?? new Map(), members, reasons);
    for (const id of change.joined) this.#absent.delete(id);
    for (const { id } of change.left) this.#absent.delete(id);
    this.#events?.onView(this.#view, change);
  }

  #keep(id: PeerId): void {
    this.#kept.get(id)?.();
    this.#kept.delete(id);
  }

  #giveUpKept(): void {
    for (const id of this.#kept.keys())
      this.#kept.set(
        id,
        this.#timers.after(keepMs, () => this.#giveUp(id)),
      );
  }

  #stopGivingUp(): void {
    for (const cancel of this.#kept.values()) cancel();
  }

  #giveUp(id: PeerId): void {
    this.#kept.delete(id);
    if (this.#view === null) return;
    const members = new Map(this.#view.members);
    members.delete(id);
    this.#show({ ...this.#view, members }, new Map());
  }
}

/** Only what is known of members, whatever else the server may have sent. */
function strip({ id, info, host }: WireMember): DiscoveredMember {
  return { id, info, host };
}

function changeBetween(
  before: ReadonlyMap<PeerId, DiscoveredMember>,
  after: ReadonlyMap<PeerId, DiscoveredMember>,
  reasons: ReadonlyMap<PeerId, LeaveReason>,
): ViewChange {
  const joined: PeerId[] = [];
  const updated: PeerId[] = [];
  for (const [id, member] of after) {
    const known = before.get(id);
    if (known === undefined) joined.push(id);
    else if (JSON.stringify(known) !== JSON.stringify(member)) updated.push(id);
  }
  const gone = [...before.keys()].filter((id) => !after.has(id));
  return { joined, updated, left: gone.map((id) => ({ id, reason: reasons.get(id) ?? 'gone' })) };
}
