import type { Cluster } from 'bellwether';
import type { Backstage } from './backstage.ts';
import { amendInfo } from './info.ts';

/** What `cuttable()` gives for cutting links. */
export interface Shears {
  cut(peers: Iterable<string>): void;
  heal(): void;
}

export interface Cut {
  /** Whom this page has cut itself off from. */
  readonly from: ReadonlySet<string>;
  readonly healsAtMs: number;
}

/** A cut that nobody heals ends by itself: without the server, members in different browsers cannot tell each other. */
export const cutForMs = 90_000;

/** Time for the wish to reach everybody before the links go. */
export const noticeMs = 150;

/** When each member, by its own clock, last wished for all to be healed; 0: never. Whoever is missing was not known. */
type Healings = Map<string, number>;

/** What one page asks of all. */
type Wish =
  | { readonly kind: 'cut'; readonly one: string[]; readonly other: string[]; readonly healed: Record<string, number> }
  | HealWish;

/** `by`: a member's id, or a name that no member has. */
export interface HealWish {
  readonly kind: 'heal';
  readonly by: string;
  readonly atMs: number;
}

export interface Cutting {
  readonly cut: Cut | null;
  /** Cuts these two groups from each other, on every page. */
  cutApart(one: readonly string[], other: readonly string[]): void;
  /** Cuts this page's own links to these members, and no others. */
  cutMine(from: readonly string[]): void;
  heal(): void;
  end(): void;
}

export interface CuttingOptions {
  readonly cluster: Cluster;
  readonly shears: Shears;
  readonly backstage: Pick<Backstage, 'sendWish' | 'onWish'>;
  onChange(): void;
}

/**
 * Cutting and healing. A cut needs every page to cut its own links, so the wish goes around first; and it says which
 * healings were known to whoever asked: to a page that is late, the news that it is healed may come before the cut.
 */
export function openCutting({ cluster, shears, backstage, onChange }: CuttingOptions): Cutting {
  const channel = cluster.channel<Wish>('cutting');
  const healings = new Map<string, number>();
  let cut: (Cut & { readonly healed: Healings }) | null = null;
  /** What was known of healings to whoever asked for the cut that is about to come. */
  let noticed: Healings = new Map();
  let notice: ReturnType<typeof setTimeout> | undefined;
  let ending: ReturnType<typeof setTimeout> | undefined;

  const isOver = (healed: Healings): boolean => [...healings].some(([id, atMs]) => atMs > (healed.get(id) ?? Infinity));
  const apply = (from: readonly string[], healed: Healings): void => {
    if (isOver(healed)) return;
    shears.cut(from);
    cut = { from: new Set(from), healsAtMs: performance.now() + cutForMs, healed };
    clearTimeout(ending);
    ending = setTimeout(mend, cutForMs);
    onChange();
  };
  const mend = (): void => {
    clearTimeout(ending);
    cut = null;
    shears.heal();
    onChange();
  };
  const learn = (id: string, atMs: number): void => {
    healings.set(id, Math.max(atMs, healings.get(id) ?? 0));
    if (cut && isOver(cut.healed)) mend();
  };
  const hear = (wish: Wish | null): void => {
    if (wish?.kind === 'heal') {
      // Somebody new may say so as well; what is merely known of one may be older than the cut.
      for (const healed of [cut?.healed, noticed]) if (healed?.has(wish.by) === false) healed.set(wish.by, 0);
      learn(wish.by, wish.atMs);
    }
    if (wish?.kind !== 'cut') return;
    const { one, other, healed } = wish;
    const from = one.includes(cluster.id) ? other : other.includes(cluster.id) ? one : [];
    if (from.length === 0) return;
    clearTimeout(notice);
    const known = (noticed = new Map(Object.entries(healed)));
    notice = setTimeout(() => apply(from, known), noticeMs);
  };
  const ask = (wish: Wish): void => {
    backstage.sendWish(wish);
    // Whoever cannot be reached over a link may still hear it backstage.
    channel.broadcast(wish).catch(() => {});
    hear(wish);
  };

  channel.on((value: unknown) => hear(readWish(value)));
  backstage.onWish((value) => hear(readWish(value)));
  // Where no link leads and no other tab is, the server still tells what members say of themselves.
  const look = ({ members }: Pick<Cluster, 'members'>): void => {
    for (const { id, info } of members.values()) learn(id, Number(Object(info).healedAtMs) || 0);
  };
  look(cluster);
  const forget = cluster.on('members', look);

  return {
    get cut() {
      return cut;
    },
    cutApart: (one, other) =>
      ask({ kind: 'cut', one: [...one], other: [...other], healed: Object.fromEntries(healings) }),
    cutMine: (from) => apply(from, new Map(healings)),
    heal: () => {
      // The clock may have been set back meanwhile.
      const atMs = Math.max(Date.now(), 1 + (healings.get(cluster.id) ?? 0));
      ask({ kind: 'heal', by: cluster.id, atMs });
      amendInfo(cluster, { healedAtMs: atMs });
    },
    end: () => {
      forget();
      clearTimeout(notice);
      clearTimeout(ending);
    },
  };
}

/** What came from another page may be anything. */
function readWish(value: unknown): Wish | null {
  const { kind, one, other, healed, by, atMs } = Object(value) as Record<string, unknown>;
  if (kind === 'heal') return typeof by === 'string' && isTime(atMs) ? { kind, by, atMs } : null;
  if (kind !== 'cut' || !isIds(one) || !isIds(other)) return null;
  const times = Object.entries(Object(healed)).filter((entry): entry is [string, number] => isTime(entry[1]));
  return { kind, one, other, healed: Object.fromEntries(times) };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isIds(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((id) => typeof id === 'string');
}
