import { createHash } from 'node:crypto';
import { defaultLimits, type Limits } from '../../src/protocol/limits.ts';
import type { RelayEntry } from '../../src/protocol/relay-frame.ts';
import { Room, type RoomEffect, type RoomEvent, type RoomMessage } from '../../signaling-server/room.ts';

/** A room in virtual time, with what each seat was sent. A seat is a name such as `ada@1`: the member and which connection. */
export class RoomHarness {
  readonly room: Room<string>;
  readonly inbox = new Map<string, RoomMessage[]>();
  readonly frames = new Map<string, (readonly RelayEntry[])[]>();
  readonly replaced: string[] = [];
  nowMs = 0;
  wallMs: number = Date.UTC(2026, 0, 1);
  wakeMs: number | null = null;
  #secrets = 0;

  constructor({ graceMs = 30_000, limits = {} }: { graceMs?: number; limits?: Partial<Limits> } = {}) {
    this.room = new Room({
      limits: { ...defaultLimits, ...limits },
      heartbeatMs: 10_000,
      graceMs,
      secret: () => `secret-${this.#secrets++}`,
      hash: (secret) => createHash('sha256').update(secret).digest('hex'),
    });
  }

  step(event: RoomEvent<string>): readonly RoomEffect<string>[] {
    const effects = this.room.step(event, { nowMs: this.nowMs, wallMs: this.wallMs });
    for (const effect of effects) {
      if (effect.type === 'wake') this.wakeMs = effect.atMs;
      else if (effect.type === 'replaced') this.replaced.push(effect.seat);
      else if (effect.type === 'relay') listAt(this.frames, effect.to).push(effect.entries);
      // As over a wire: whoever keeps a message must not see the room's own objects change.
      else for (const seat of effect.to) listAt(this.inbox, seat).push(structuredClone(effect.message));
    }
    return effects;
  }

  /** The member joins over its `connection`th connection, and its welcome arrives. */
  join(
    id: string,
    { connection = 1, resume, info = null }: { connection?: number; resume?: string; info?: string | null } = {},
  ) {
    const seat = `${id}@${connection}`;
    this.step({ type: 'join', seat, id, info, host: 'h', ...(resume === undefined ? {} : { resume }) });
    this.step({ type: 'arrived', seat });
    return this.last(seat);
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

function listAt<Item>(lists: Map<string, Item[]>, key: string): Item[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** A client as the protocol describes it: it holds a view, applies deltas that fit, and asks for the view otherwise. */
export class ReferenceClient {
  readonly members = new Map<string, { info: unknown; host: string }>();
  era = '';
  n = -1;
  /** Whether a delta did not fit, which never happens on a connection that loses nothing. */
  gaps = 0;

  take(message: RoomMessage): void {
    if (message.type === 'welcome' || message.type === 'view') {
      this.members.clear();
      for (const { id, info, host } of message.members) this.members.set(id, { info, host });
      this.era = message.era;
      this.n = message.n;
    } else if (message.type === 'delta') {
      if (message.era !== this.era || message.from !== this.n) {
        this.gaps++;
        return;
      }
      for (const { id } of message.left) {
        if (!this.members.delete(id)) throw new Error(`${id} left, and was not there`);
      }
      for (const { id, info, host } of message.joined) {
        if (this.members.has(id)) throw new Error(`${id} joined, and was there`);
        this.members.set(id, { info, host });
      }
      for (const { id, info, host } of message.updated) {
        if (!this.members.has(id)) throw new Error(`${id} changed, and was not there`);
        this.members.set(id, { info, host });
      }
      this.n = message.n;
    }
  }
}
