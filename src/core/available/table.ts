import { forgetMs } from './pace.ts';
import { maxMembers } from './limits.ts';
import { highestTerm } from './record.ts';
import type { MemberRecord } from './record.ts';

/** `[id, seq]` of each record: what one has, in a form short enough to compare. */
export type Vector = readonly (readonly [id: string, seq: number])[];

interface Entry {
  readonly record: MemberRecord;
  /** When this member last counted for anything, for forgetting. */
  usedAt: number;
  /** True once its member has left the group: what it said then counts no more, until it is heard again. */
  isStale: boolean;
}

/** The newest record of every member known, this one's included. */
export class RecordTable {
  readonly #entries = new Map<string, Entry>();
  /** The highest term ever seen here; terms never go down. */
  highestTerm = 0;
  /** The highest rank ever seen here. */
  highestRank = 0;

  get(id: string): MemberRecord | undefined {
    const entry = this.#entries.get(id);
    return entry === undefined || entry.isStale ? undefined : entry.record;
  }

  /** In the order in which they became known. */
  records(): readonly MemberRecord[] {
    return this.among(this.#entries.keys());
  }

  /** Those of `ids` that are known. */
  among(ids: Iterable<string>): readonly MemberRecord[] {
    return [...ids].flatMap((id) => this.get(id) ?? []);
  }

  /** Keeps the record if it is newer than the one here, and there is room. True if it was kept. */
  put(record: MemberRecord, now: number): boolean {
    const known = this.#entries.get(record.id);
    if (known === undefined && this.#entries.size >= maxMembers) return false;
    if (known !== undefined && !isNews(known, record)) return false;
    this.#entries.set(record.id, { record, usedAt: now, isStale: false });
    this.highestTerm = Math.max(this.highestTerm, highestTerm(record));
    this.highestRank = Math.max(this.highestRank, record.rank ?? 0);
    return true;
  }

  /**
   * That member is out of reach, and may have changed since: when it comes back, its old record must not pass for a new
   * one. Last words are kept.
   */
  outdate(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined && !entry.record.left) entry.isStale = true;
  }

  /** Forgets records outside `used` that have not been used for long. */
  forget(used: ReadonlySet<string>, now: number): void {
    for (const [id, entry] of this.#entries) {
      if (used.has(id)) entry.usedAt = now;
      else if (now - entry.usedAt > forgetMs) this.#entries.delete(id);
    }
  }

  vector(ids: Iterable<string>): Vector {
    return this.among(ids).map(({ id, seq }) => [id, seq]);
  }

  /** The records among `ids`, or named in `vector`, that are newer here than there. */
  newerThan(vector: Vector, ids: Iterable<string>): readonly MemberRecord[] {
    const theirs = new Map(vector);
    const known = this.among(new Set([...ids, ...theirs.keys()]));
    return known.filter(({ id, seq }) => seq > (theirs.get(id) ?? -1));
  }

  /** True if the vector names a record that is newer than the one here. */
  isBehind(vector: Vector): boolean {
    return vector.some(([id, seq]) => seq > (this.get(id)?.seq ?? -1));
  }

  /** A fingerprint of the records of `ids`, whatever their order. */
  digest(ids: Iterable<string>): number {
    let sum = 0;
    for (const id of ids) sum = (sum + hash(`${id} ${this.get(id)?.seq ?? 0}`)) >>> 0;
    return sum;
  }
}

function isNews(known: Entry, record: MemberRecord): boolean {
  return record.seq > known.record.seq || (known.isStale && record.seq === known.record.seq);
}

/** FNV-1a, 32 bits, with a final mix so that sums of hashes stay well spread. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
