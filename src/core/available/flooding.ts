import { Bucket } from './bucket.ts';
import { isOpen } from './claims.ts';
import { maxRecordChars, maxRecordsPerMessage } from './limits.ts';
import type { Link } from './link.ts';
import type { Member } from './member.ts';
import type { Beat, VectorMessage } from './messages.ts';
import type { Neighbours } from './neighbours.ts';
import { floodBurst, floodEveryMs, repeatMs } from './pace.ts';
import type { MemberRecord } from './record.ts';

/** A record to hand on: by whom it came, and whom its member heard before. */
interface News {
  readonly from: string;
  readonly heardBefore: readonly string[];
}

interface Heard {
  readonly link: Link;
  readonly digest: number;
  readonly ask: boolean;
}

/** Brings all records to all members: news is flooded, and what was lost on the way is found by comparing digests. */
export class Flooding {
  readonly #member: Member;
  readonly #neighbours: Neighbours;
  readonly #bucket = new Bucket(floodBurst, floodEveryMs);
  readonly #news = new Map<string, News>();
  #heard: Heard[] = [];

  constructor(member: Member, neighbours: Neighbours) {
    this.#member = member;
    this.#neighbours = neighbours;
  }

  /** Takes over a record that is news; it is handed on at the end of the step. */
  accept(record: MemberRecord, from: string): void {
    if (record.id === this.#member.id) return this.#member.outbid(record);
    if (this.#neighbours.hasDeparted(record.id) && !record.left) return;
    const { table } = this.#member;
    const before = table.get(record.id);
    if (!table.put(record, this.#member.now)) return;
    this.#member.isStale = true;
    this.#news.set(record.id, { from, heardBefore: before?.hears ?? [] });
    if (record.left) this.#neighbours.depart(record.id);
    else if (before !== undefined) this.#neighbours.suspectWith(before, record);
  }

  answerVector(from: string, { vector, reply }: VectorMessage): void {
    const { table, groupIds } = this.#member;
    this.#sendRecords(from, table.newerThan(vector, groupIds));
    if (reply || !table.isBehind(vector)) return;
    this.#member.send(from, { type: 'vector', vector: table.vector(groupIds), reply: true });
  }

  hearBeat(link: Link, { digest, ask }: Beat): void {
    this.#heard.push({ link, digest, ask });
  }

  /** Links whose beats came in this step. */
  get heardLinks(): readonly Link[] {
    return this.#heard.map(({ link }) => link);
  }

  /** Neighbours of one group have equal digests, sooner or later. */
  compareDigests(): void {
    const { now, digest: own, table, groupIds } = this.#member;
    for (const { link, digest, ask } of this.#heard) {
      if (!link.heard) continue;
      link.mismatches = digest === own ? 0 : link.mismatches + 1;
      if (link.mismatches === 0 || (link.mismatches < 2 && !ask)) continue;
      if (now - link.vectorAt < repeatMs(link.rttMs)) continue;
      link.vectorAt = now;
      this.#member.send(link.peer, { type: 'vector', vector: table.vector(groupIds), reply: false });
    }
    this.#heard = [];
  }

  /** Floods what is new. */
  handOn(): void {
    const { own, ownChanged, now, isUrgent } = this.#member;
    if (!this.#hasNews || !this.#bucket.take(now, isUrgent)) return;
    for (const link of this.#neighbours.links.values()) {
      if (!link.heard) continue;
      const records = ownChanged && !link.owesAnswer ? [own] : [];
      for (const [id, news] of this.#news) {
        const record = this.#member.table.get(id);
        if (record !== undefined && this.#mustHandOn(record, news, link.peer)) records.push(record);
      }
      this.#sendRecords(link.peer, records);
    }
    this.#news.clear();
    this.#member.isUrgent = false;
    this.#member.ownChanged = false;
  }

  get #hasNews(): boolean {
    return this.#news.size > 0 || this.#member.ownChanged;
  }

  /** Not to those who have it from the member itself, nor where another neighbour of both stands before this one. */
  #mustHandOn(record: MemberRecord, news: News, to: string): boolean {
    if (to === news.from || to === record.id) return false;
    const heard = record.left ? news.heardBefore : record.hears;
    if (heard.includes(to)) return false;
    const between = heard.find((id) => this.#neighbours.hearsOf(id).includes(to));
    return between === undefined || between === this.#member.id;
  }

  /** A member that was appointed and does not know it yet is told again. */
  remind(link: Link): void {
    const heir = this.#member.table.get(link.peer);
    if (heir === undefined) return;
    for (const record of this.#member.table.records()) {
      if (record.appoints?.to !== link.peer || !isOpen(record.appoints, heir)) continue;
      this.#sendRecords(link.peer, [record]);
    }
  }

  /** The member's own last record, to everyone it knows. */
  sayGoodbye(): void {
    for (const to of this.#neighbours.links.keys()) this.#sendRecords(to, [this.#member.own]);
  }

  /** In messages of bounded size. */
  #sendRecords(to: string, records: readonly MemberRecord[]): void {
    let batch: MemberRecord[] = [];
    let chars = 0;
    for (const record of records) {
      const size = sizeOf(record);
      if (batch.length > 0 && (chars + size > maxRecordChars || batch.length >= maxRecordsPerMessage)) {
        this.#member.send(to, { type: 'records', records: batch });
        batch = [];
        chars = 0;
      }
      batch.push(record);
      chars += size;
    }
    if (batch.length > 0) this.#member.send(to, { type: 'records', records: batch });
  }

  /** When what is held back may go; Infinity if nothing is. */
  dueAt(): number {
    return this.#hasNews ? this.#bucket.readyAt() : Infinity;
  }
}

/** Roughly, in characters of JSON. */
function sizeOf(record: MemberRecord): number {
  return 400 + 68 * record.hears.length + 400 * record.displaced.length;
}
