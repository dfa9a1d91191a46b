import { Malformed, number, type Parse } from '../src/core/parsing.ts';
import { openStorage } from '../src/platform/database-storage.ts';
import type { Database, DatabaseChange } from '../src/platform/database.ts';
import type { Storage } from '../src/platform/storage.ts';
import { ClusterError, type ClusterErrorCode } from '../src/protocol/errors.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import { roomRecord, type RoomRecord } from './record.ts';

/** How the keys begin. Neither a room's name nor an id has a "/" in it. */
const keys = {
  room: 'room/',
  witness: 'witness/',
  dropped: 'dropped/',
  highest: 'highest-epoch',
  watched: 'watched-ms',
};

const count = number(0, Number.MAX_SAFE_INTEGER);

/**
 * What a signaling server remembers when it is started again: of each room its record, and the state of its witness. All
 * of it lies in one database, so what is written earlier, of whatever room, is durable earlier.
 *
 * A store that failed once takes nothing more: it has to be opened again.
 */
export class Store {
  readonly #database: Database;
  readonly #rooms: Map<string, RoomRecord>;
  #highestEpoch: number;
  #watchedMs: number;
  #isTaken = false;

  private constructor(database: Database, { rooms, highestEpoch, watchedMs }: Found) {
    this.#database = database;
    this.#rooms = rooms;
    this.#highestEpoch = highestEpoch;
    this.#watchedMs = watchedMs;
  }

  /** Rejects with `storage-failed` if it cannot be read. The database is the store's from then on. */
  static async open(database: Database): Promise<Store> {
    try {
      const found = await read(database);
      const store = new Store(database, found);
      await Promise.all(found.dropped.map((id) => store.#clear(id)));
      // Until a server has ended in order, nobody knows whether it came to write down all rooms that it heard of.
      if (found.watchedMs > 0 && found.watchedMs < Infinity) await database.write([put(keys.watched, 0)]);
      return store;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** By name, as they were last told to `remember`, durable or not. */
  get rooms(): ReadonlyMap<string, RoomRecord> {
    return this.#rooms;
  }

  /** No room that was forgotten had a higher one, nor one of before this store, as far as is known. 0: nothing is. */
  get highestEpoch(): number {
    return this.#highestEpoch;
  }

  /** For so long at least, servers have remembered here all rooms that there were. Infinity: from the beginning. */
  get watchedMs(): number {
    return this.#watchedMs;
  }

  /** One server at a time: it alone knows what it has told its members. Throws a `TypeError` for a second one. */
  take(): void {
    if (this.#isTaken) throw new TypeError('this store is used by another server: open one for each');
    this.#isTaken = true;
  }

  /** Resolves when it is durable, and with it that the witness which the record named before is no more. */
  async remember(room: string, record: RoomRecord): Promise<void> {
    const dropped = this.#droppedWith(room, record.witness);
    this.#rooms.set(room, record);
    await this.#write([put(keys.room + room, record)], dropped);
  }

  /** Only how high its epoch was is remembered, together with the others'. */
  async forget(room: string): Promise<void> {
    const record = this.#rooms.get(room);
    if (record === undefined) return;
    const dropped = this.#droppedWith(room, null);
    this.#rooms.delete(room);
    this.#highestEpoch = Math.max(this.#highestEpoch, record.epoch);
    const changes: DatabaseChange[] = [put(keys.highest, this.#highestEpoch), { type: 'del', key: keys.room + room }];
    await this.#write(changes, dropped);
  }

  /** Whatever was founded of rooms that this store does not know: not above that. */
  async noteHighest(highestEpoch: number): Promise<void> {
    this.#highestEpoch = Math.max(this.#highestEpoch, highestEpoch);
    await this.#database.write([put(keys.highest, this.#highestEpoch)]);
  }

  /** Counts once the store is closed, or for good if it is Infinity. */
  async watched(forMs: number): Promise<void> {
    this.#watchedMs = forMs;
    // JSON has no infinity, and nobody waits for so long.
    await this.#database.write([put(keys.watched, Math.min(forMs, Number.MAX_SAFE_INTEGER))]);
  }

  /** How much the witness of each room has stored, in characters: by room, as it is read. */
  async *witnessChars(): AsyncGenerator<readonly [room: string, chars: number]> {
    const rooms = new Map(Array.from(this.#rooms, ([room, { witness }]) => [witness, room]));
    for await (const [id, chars] of sizesOf(this.#database)) {
      const room = rooms.get(id);
      // Another witness may have taken its place meanwhile, or none.
      if (room !== undefined && this.#rooms.get(room)?.witness === id) yield [room, chars];
    }
  }

  /** Where the witness of that id keeps its state, until no room's record names it any more. */
  openWitness(id: PeerId): Promise<Storage> {
    return openStorage(this.#database, prefixOf(id));
  }

  /** Waits for what is being written, and lets others open it. Never rejects; calling it again does nothing. */
  close(): Promise<void> {
    return this.#database.close();
  }

  #droppedWith(room: string, next: PeerId | null): PeerId | null {
    const witness = this.#rooms.get(room)?.witness ?? null;
    return witness === next ? null : witness;
  }

  /** What is no witness's any more is deleted behind it, and if the process ends meanwhile, at the next opening. */
  async #write(changes: readonly DatabaseChange[], dropped: PeerId | null): Promise<void> {
    if (dropped === null) return this.#database.write(changes);
    await this.#database.write([...changes, put(keys.dropped + dropped, null)]);
    void this.#clear(dropped).catch(() => {}); // whatever failed fails again where somebody waits for it
  }

  async #clear(dropped: PeerId): Promise<void> {
    await this.#database.clear(prefixOf(dropped));
    await this.#database.write([{ type: 'del', key: keys.dropped + dropped }]);
  }
}

interface Found {
  readonly rooms: Map<string, RoomRecord>;
  readonly highestEpoch: number;
  readonly watchedMs: number;
  readonly dropped: readonly PeerId[];
}

async function read(database: Database): Promise<Found> {
  const rooms = new Map<string, RoomRecord>();
  for await (const [key, value] of database.read(keys.room)) {
    rooms.set(key.slice(keys.room.length), parsed(key, value, roomRecord));
  }
  const dropped: PeerId[] = [];
  for await (const [key] of database.read(keys.dropped)) dropped.push(key.slice(keys.dropped.length));
  const highestEpoch = await readCount(database, keys.highest);
  const watchedMs = await readCount(database, keys.watched);
  return {
    rooms,
    dropped,
    highestEpoch,
    watchedMs: watchedMs === Number.MAX_SAFE_INTEGER ? Infinity : watchedMs,
  };
}

/** What each witness has there, in characters: its keys lie side by side. */
async function* sizesOf(database: Database): AsyncGenerator<readonly [id: PeerId, chars: number]> {
  let last: PeerId | null = null;
  let chars = 0;
  for await (const [key, value] of database.read(keys.witness)) {
    const [id = ''] = key.slice(keys.witness.length).split('/', 1);
    if (last !== null && id !== last) yield [last, chars];
    chars = id === last ? chars + value.length : value.length;
    last = id;
  }
  if (last !== null) yield [last, chars];
}

async function readCount(database: Database, name: string): Promise<number> {
  for await (const [key, value] of database.read(name)) return parsed(key, value, count);
  return 0;
}

function parsed<Value>(key: string, value: string, parse: Parse<Value>): Value {
  try {
    return parse(JSON.parse(value));
  } catch (cause) {
    if (!(cause instanceof Malformed || cause instanceof SyntaxError)) throw cause;
    const message =
      `what is stored as "${key}" cannot be read (${cause.message}): restore the store from a copy, or begin a new one ` +
      'in another folder, which founds rooms again once nobody can lead there any more';
    throw new ClusterError('storage-failed', message, { cause });
  }
}

function put(key: string, value: RoomRecord | number | null): DatabaseChange {
  return { type: 'put', key, value: JSON.stringify(value) };
}

const prefixOf = (witness: PeerId): string => `${keys.witness}${witness}/`;

/** A store that cannot be written any more is told of once: this says what that means, and what to do. */
export function storeFailed(cause: unknown): ClusterError {
  const message =
    `rooms and witnesses are not remembered any more (${messageOf(cause)}). Leaders that do not need their witness go on, ` +
    'and no room is founded: make room or repair the disk, and start the server again';
  return new ClusterError(codeOf(cause), message, { cause });
}

export function witnessesFull(maxChars: number): ClusterError {
  const message =
    `witnesses store as much as they may (maxTotalWitnessChars is ${maxChars}): rooms that need more than their share wait ` +
    'with what they append. Raise it if there is more room, or see who fills it: counters.witnessChars';
  return new ClusterError('storage-full', message);
}

export function witnessLost(room: string, cause: unknown): ClusterError {
  const message =
    `the witness of room "${room}" is silent for good, for what it knew cannot be read (${messageOf(cause)}): the room ` +
    'goes on without it, and has another one once it is founded again';
  return new ClusterError(codeOf(cause), message, { cause });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function codeOf(cause: unknown): ClusterErrorCode {
  return cause instanceof ClusterError ? cause.code : 'storage-failed';
}
