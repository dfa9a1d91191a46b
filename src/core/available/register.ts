import type { Leadership } from '../leadership.ts';
import { maxArchived } from './limits.ts';
import type { RegisterStamp } from './messages.ts';
import { sameLeadership } from './record.ts';
import type { Edition } from './record.ts';

/** One edition of the published value. */
interface Published {
  readonly edition: Edition;
  readonly value: unknown;
}

/** What is, or was, current under a leadership; `null`: nothing was published. */
interface Held {
  readonly under: Leadership;
  readonly published: Published | null;
}

/**
 * The published value: what the leader published last. A new leader starts from what it holds; followers take over what
 * their leader, or another follower of it, holds. When groups merge, the winner's stands, or, if it has none, the
 * loser's; what the loser's group had is kept for a while, for `conflict`.
 */
export class Register {
  /** The current one first, and then those before it, the newest first. */
  #held: readonly Held[] = [];

  get value(): unknown {
    return this.#held[0]?.published?.value;
  }

  get edition(): Edition | null {
    return this.#held[0]?.published?.edition ?? null;
  }

  get stamp(): RegisterStamp | null {
    return this.#under === null ? null : { under: this.#under, edition: this.edition };
  }

  /** The leadership under which the current value is known to be the current one. */
  get #under(): Leadership | null {
    return this.#held[0]?.under ?? null;
  }

  /** This member leads now, or follows: what it holds is what stands. */
  lead(leadership: Leadership): void {
    this.#hold(leadership, this.#held[0]?.published ?? null);
  }

  /** As the leader: the next edition. */
  publish(by: Leadership, value: unknown): Edition {
    const before = this.edition;
    const version = before !== null && sameLeadership(before.by, by) ? before.version + 1 : 1;
    const edition = { by, version };
    this.#hold(by, { edition, value });
    return edition;
  }

  /**
   * Compares with what a neighbour holds. Takes over that the neighbour's is the same, or nothing; returns the edition to
   * fetch if it is another one. `origin`: the leadership that this member continues, if it leads.
   */
  compare(theirs: RegisterStamp, following: Leadership | null, origin: Leadership | null): Edition | null {
    const { under, edition } = theirs;
    if (edition === null && sameLeadership(under, following)) this.#noteNothing(under);
    if (!this.#isBetter(theirs, following, origin)) return null;
    if (!sameEdition(edition, this.edition)) return edition;
    this.lead(under);
    return null;
  }

  /** That leader has published nothing, and found nothing. What is here stands until it takes it over. */
  #noteNothing(under: Leadership): void {
    if (this.edition === null) this.lead(under);
    else if (!sameLeadership(this.#under, under)) this.archive(under, null);
  }

  /** A value that arrived: kept if it is a better one. True if the current value changed. */
  offer(under: Leadership, published: Published, following: Leadership | null, origin: Leadership | null): boolean {
    if (!this.#isBetter({ under, edition: published.edition }, following, origin)) return false;
    const isChange = !sameEdition(published.edition, this.edition);
    if (!isChange) this.lead(under);
    else this.#hold(sameLeadership(under, following) ? under : (this.#under ?? under), published);
    return isChange;
  }

  #isBetter(theirs: RegisterStamp, following: Leadership | null, origin: Leadership | null): boolean {
    const mine = this.edition;
    if (theirs.edition === null) return false;
    if (mine === null || isLaterBySame(theirs.edition, mine)) return true;
    if (origin !== null && isLateNewsOf(origin, theirs.edition, mine)) return true;
    if (following === null || !sameLeadership(theirs.under, following)) return false;
    return !sameLeadership(this.#under, following) || isLater(theirs.edition, mine);
  }

  #hold(under: Leadership, published: Published | null): void {
    const others = this.#held.filter((held) => !sameLeadership(held.under, under));
    this.#held = [{ under, published }, ...others].slice(0, 1 + maxArchived);
  }

  /** Keeps a value that is not current, for `conflict`. */
  archive(under: Leadership, published: Published | null): void {
    const [current, ...others] = this.#held;
    this.#held = others;
    this.#hold(under, published);
    if (current) this.#held = [current, ...this.#held].slice(0, 1 + maxArchived);
  }

  /** That edition, or a later one by the same leadership, if it is here. */
  find({ by, version }: Edition): (Published & { readonly under: Leadership }) | null {
    for (const { under, published } of this.#held) {
      if (published === null || !sameLeadership(published.edition.by, by)) continue;
      if (published.edition.version >= version) return { ...published, under };
    }
    return null;
  }

  /**
   * What stood under `id` as the leader, from that term on; `undefined` if that is not known here. A winner leads on in a
   * term above the loser's, so what was known of it before the groups parted does not pass for what it has now.
   */
  underLeader(id: string, fromTerm: number): { readonly value: unknown } | undefined {
    const held = this.#held.find(({ under }) => under.id === id && under.term >= fromTerm);
    return held && { value: held.published?.value };
  }
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
