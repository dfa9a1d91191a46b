import { maxArchived } from './limits.ts';
import type { RegisterStamp } from './messages.ts';
import { sameLeadership } from './record.ts';
import type { Edition, Leadership } from './record.ts';

/** One edition of the published value. */
interface Published {
  readonly edition: Edition;
  readonly value: unknown;
}

/** What was current under a leadership when another took over. */
interface Archived {
  readonly under: Leadership;
  readonly published: Published | null;
}

/**
 * The published value: what the leader published last. A new leader starts from what it holds; followers take over what
 * their leader, or another follower of it, holds. When groups merge, the winner's stands, or, if it has none, the
 * loser's; what the loser's group had is kept for a while, for `conflict`.
 */
export class Register {
  /** The leadership under which the current value is known to be the current one. */
  #under: Leadership | null = null;
  #current: Published | null = null;
  readonly #archive: Archived[] = [];

  get value(): unknown {
    return this.#current?.value;
  }

  get edition(): Edition | null {
    return this.#current?.edition ?? null;
  }

  get stamp(): RegisterStamp | null {
    return this.#under === null ? null : { under: this.#under, edition: this.edition };
  }

  /** This member leads now: what it holds is what stands. */
  lead(leadership: Leadership): void {
    this.#archiveCurrent();
    this.#under = leadership;
  }

  /** As the leader: the next edition. */
  publish(by: Leadership, value: unknown): Edition {
    const before = this.edition;
    const version = before !== null && sameLeadership(before.by, by) ? before.version + 1 : 1;
    const edition = { by, version };
    this.#current = { edition, value };
    return edition;
  }

  /**
   * Compares with what a neighbour holds. Takes over that the neighbour's is the same, or nothing; returns the edition to
   * fetch if it is another one. `origin`: the leadership that this member continues, if it leads.
   */
  compare(theirs: RegisterStamp, following: Leadership | null, origin: Leadership | null): Edition | null {
    if (theirs.edition === null && sameLeadership(theirs.under, following)) this.#noteNothing(theirs.under);
    if (!this.#isBetter(theirs, following, origin)) return null;
    if (!sameEdition(theirs.edition, this.edition)) return theirs.edition;
    this.#take(theirs.under, this.#current);
    return null;
  }

  /** That leader has published nothing, and found nothing. What is here stands until it takes it over. */
  #noteNothing(under: Leadership): void {
    if (this.#current === null) this.#take(under, null);
    else if (!sameLeadership(this.#under, under)) this.archive(under, null);
  }

  /** A value that arrived: kept if it is a better one. True if the current value changed. */
  offer(under: Leadership, published: Published, following: Leadership | null, origin: Leadership | null): boolean {
    if (!this.#isBetter({ under, edition: published.edition }, following, origin)) return false;
    if (sameEdition(published.edition, this.edition)) {
      this.#take(under, this.#current);
      return false;
    }
    this.#take(sameLeadership(under, following) || this.#under === null ? under : this.#under, published);
    return true;
  }

  #isBetter(theirs: RegisterStamp, following: Leadership | null, origin: Leadership | null): boolean {
    const mine = this.edition;
    if (theirs.edition === null) return false;
    if (mine === null || isLaterBySame(theirs.edition, mine)) return true;
    if (origin !== null && isLateNewsOf(origin, theirs.edition, mine)) return true;
    if (following === null || !sameLeadership(theirs.under, following)) return false;
    return !sameLeadership(this.#under, following) || isLater(theirs.edition, mine);
  }

  #take(under: Leadership, published: Published | null): void {
    if (!sameLeadership(under, this.#under)) this.#archiveCurrent();
    this.#under = under;
    this.#current = published;
  }

  #archiveCurrent(): void {
    if (this.#under === null) return;
    this.archive(this.#under, this.#current);
  }

  /** Keeps a value that is not current, for `conflict`. */
  archive(under: Leadership, published: Published | null): void {
    const at = this.#archive.findIndex((entry) => sameLeadership(entry.under, under));
    if (at >= 0) this.#archive.splice(at, 1);
    this.#archive.push({ under, published });
    if (this.#archive.length > maxArchived) this.#archive.shift();
  }

  /** That edition, or a later one by the same leadership, if it is here. */
  find(edition: Edition): (Published & { readonly under: Leadership }) | null {
    const current = this.#under === null ? [] : [{ under: this.#under, published: this.#current }];
    for (const { under, published } of [...current, ...this.#archive]) {
      if (published === null || !sameLeadership(published.edition.by, edition.by)) continue;
      if (published.edition.version >= edition.version) return { ...published, under };
    }
    return null;
  }

  /**
   * What stood under `id` as the leader, from that term on; `undefined` if that is not known here. A winner leads on in a
   * term above the loser's, so what was known of it before the groups parted does not pass for what it has now.
   */
  underLeader(id: string, fromTerm: number): { readonly value: unknown } | undefined {
    const isOfLeader = (under: Leadership): boolean => under.id === id && under.term >= fromTerm;
    if (this.#under !== null && isOfLeader(this.#under)) return { value: this.value };
    const archived = this.#archive.find((entry) => isOfLeader(entry.under));
    return archived && { value: archived.published?.value };
  }
}

export function sameStamp(a: RegisterStamp | null, b: RegisterStamp | null): boolean {
  if (a === null || b === null) return a === b;
  return sameLeadership(a.under, b.under) && sameEdition(a.edition, b.edition);
}

function sameEdition(a: Edition | null, b: Edition | null): boolean {
  if (a === null || b === null) return a === b;
  return sameLeadership(a.by, b.by) && a.version === b.version;
}

/** A later edition of the very same publication: better under any leader. */
function isLaterBySame(a: Edition, b: Edition): boolean {
  return sameLeadership(a.by, b.by) && a.version > b.version;
}

/** Something that the leader before had published, and that had not arrived at the one who took over. */
function isLateNewsOf(origin: Leadership, edition: Edition, mine: Edition): boolean {
  return sameLeadership(edition.by, origin) && mine.by.term < origin.term;
}

/** Within one leadership: what it published itself after what it found, each later edition after the one before. */
function isLater(a: Edition, b: Edition): boolean {
  return a.by.term > b.by.term || (a.by.term === b.by.term && a.version > b.version);
}
