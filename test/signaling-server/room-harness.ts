import { createHash } from 'node:crypto';
import { defaultBufferLimits, defaultLimits, type Limits } from '../../src/protocol/limits.ts';
import type { Charter } from '../../src/protocol/charter.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import type { RelayEntry } from '../../src/protocol/relay-frame.ts';
import type { RoomRecord } from '../../signaling-server/record.ts';
import { Room } from '../../signaling-server/room.ts';
import type { RoomEffect, RoomEvent, RoomMessage, RoomOptions } from '../../signaling-server/room-events.ts';

/** A room in virtual time, with what each seat was sent. A seat is a name such as `ada@1`: the member and which connection. */
export class RoomHarness {
  readonly room: Room<string>;
  readonly inbox = new Map<string, RoomMessage[]>();
  readonly frames = new Map<string, (readonly RelayEntry[])[]>();
  readonly replaced: string[] = [];
  nowMs = 0;
  wallMs: number = Date.UTC(2026, 0, 1);
  wakeMs: number | null = null;
  /** What was to be founded; durable at once, unless a test takes its time. */
  readonly found: RoomRecord[] = [];
  isSlow = false;
  readonly closed: number[] = [];
  #secrets = 0;

  constructor({
    graceMs = 30_000,
    goingAwayMs = Math.min(5_000, graceMs),
    limits = {},
    ...founding
  }: { graceMs?: number; goingAwayMs?: number; limits?: Partial<Limits> } & Partial<Founding> = {}) {
    this.room = new Room({
      limits: { ...defaultLimits, ...limits },
      ...defaultBufferLimits,
      heartbeatMs: 10_000,
      graceMs,
      goingAwayMs,
      secret: () => `secret-${this.#secrets++}`,
      hash: (secret) => createHash('sha256').update(secret).digest('hex'),
      past: null,
      ...founding,
    });
  }

  step(event: RoomEvent<string>): readonly RoomEffect<string>[] {
    const effects = this.room.step(event, { nowMs: this.nowMs, wallMs: this.wallMs });
    for (const effect of effects) {
      if (effect.type === 'wake') this.wakeMs = effect.atMs;
      else if (effect.type === 'replaced') this.replaced.push(effect.seat);
      else if (effect.type === 'relay') listAt(this.frames, effect.to).push(effect.entries);
      // As over a wire: whoever keeps a message must not see the room's own objects change.
      else if (effect.type === 'send')
        for (const seat of effect.to) listAt(this.inbox, seat).push(structuredClone(effect.message));
      else if (effect.type === 'closed') this.closed.push(effect.epoch);
    }
    for (const effect of effects) if (effect.type === 'found') this.#found(effect.record);
    return effects;
  }

  #found(record: RoomRecord): void {
    this.found.push(record);
    if (!this.isSlow) this.step({ type: 'founded', epoch: record.epoch });
  }

  /** The member joins over its `connection`th connection, and what arrives: a refusal, or the welcome with its view. */
  join(id: string, { connection = 1, info = null, ...more }: JoinOptions = {}) {
    const seat = `${id}@${connection}`;
    const before = this.inbox.get(seat)?.length ?? 0;
    this.step({ type: 'join', seat, id, info, host: 'h', ...more });
    this.step({ type: 'arrived', seat });
    const [answer, view] = this.inbox.get(seat)?.slice(before) ?? [];
    return { ...view, ...answer } as Joined;
  }

  /** Lets time pass, waking the room when it asks for it. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    while (this.wakeMs !== null && this.wakeMs <= untilMs) {
      this.#advance(Math.max(this.nowMs, this.wakeMs));
      this.wakeMs = null;
      this.step({ type: 'tick' });
    }
    this.#advance(untilMs);
  }

  /** What the seat was sent and has not read yet. */
  read(seat: string): RoomMessage[] {
    const messages = this.inbox.get(seat) ?? [];
    this.inbox.delete(seat);
    return messages;
  }

  last(seat: string): RoomMessage | undefined {
    return this.inbox.get(seat)?.at(-1);
  }

  #advance(toMs: number): void {
    this.wallMs += toMs - this.nowMs;
    this.nowMs = toMs;
  }
}

type Founding = Pick<RoomOptions, 'past' | 'highestEpoch' | 'witness' | 'canFound' | 'maxCharterMs'>;

interface JoinOptions {
  readonly connection?: number;
  readonly info?: string | null;
  readonly resume?: string;
  readonly charter?: Charter;
  readonly epoch?: number;
  readonly lapsed?: boolean;
}

/** What a join brings: the fields of the welcome and of the first view, or of the refusal. */
export type Joined = { readonly type: 'welcome' | 'error' } & Partial<
  Omit<Message<'welcome'> & Message<'view'>, 'type'> & Pick<Message<'error'>, 'code'>
>;

type Message<Type extends RoomMessage['type']> = Extract<RoomMessage, { readonly type: Type }>;

function listAt<Item>(lists: Map<string, Item[]>, key: string): Item[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** A client as the protocol describes it: it holds a view, applies deltas that fit, and asks for the view otherwise. */
export class ReferenceClient {
  readonly members = new Map<string, { info: unknown; host: string }>();
  era = '';
  n = 0;
  #parts: Message<'view'>[] = [];
  /** Whether a view did not fit, which never happens on a connection that loses nothing. */
  gaps = 0;

  take(message: RoomMessage): void {
    if (message.type !== 'view') return;
    this.#parts.push(message);
    if (!message.more) this.#change(this.#parts.splice(0));
  }

  #change(parts: readonly Message<'view'>[]): void {
    const { era, from, n } = parts[0] as Message<'view'>;
    if (from === 0) this.members.clear();
    else if (era !== this.era || from !== this.n) {
      this.gaps++;
      return;
    }
    const told = new Set<PeerId>();
    for (const { bye, gone, members } of parts) {
      for (const id of [...bye, ...gone, ...members.map((member) => member.id)]) {
        if (told.has(id)) throw new Error(`${id} is told of twice`);
        told.add(id);
      }
      for (const id of [...bye, ...gone]) this.members.delete(id);
      for (const { id, info, host } of members) this.members.set(id, { info, host });
    }
    this.era = era;
    this.n = n;
  }
}
