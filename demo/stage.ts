import type { Cluster } from 'bellwether';
import type { Backstage } from './backstage.ts';

/** The part of `cuttable()` that the stage moves. */
export interface Scissors {
  cut(peers: Iterable<string>): void;
  heal(): void;
  freeze(): void;
  thaw(): void;
}

/** What one page asks of all. */
type Wish =
  | { readonly kind: 'cut'; readonly one: readonly string[]; readonly other: readonly string[] }
  | { readonly kind: 'heal' }
  | { readonly kind: 'bell'; readonly to: string };

export interface Cut {
  /** Whom this page has cut itself off from. */
  readonly from: ReadonlySet<string>;
  readonly healsAtMs: number;
}

/** A cut that nobody heals ends by itself: without the server, members in different browsers cannot tell each other. */
export const cutForMs = 90_000;

/** Time for the wish to reach everybody before the links go. */
const noticeMs = 150;

export interface Stage {
  readonly cut: Cut | null;
  /** By its visitor, or by the browser. */
  readonly frozen: boolean;
  /** Cuts these two groups from each other, on every page. */
  cutApart(one: readonly string[], other: readonly string[]): void;
  /** Cuts this page's own links to these members, and no others. */
  cutMine(from: readonly string[]): void;
  heal(): void;
  freeze(): void;
  thaw(): void;
  /** Asks the leader to hand over to `to`. */
  askForBell(to: string): void;
  end(): void;
}

export interface StageEvents {
  onChange(): void;
  /** Somebody asks this page, the leader, to hand over. */
  onAsked(to: string, by: string): void;
}

/** Cutting, healing and freezing. A cut needs every page to cut its own links, so the wish goes around first. */
export function openStage(cluster: Cluster, scissors: Scissors, backstage: Backstage, events: StageEvents): Stage {
  const channel = cluster.channel<Wish>('stage');
  let cut: Cut | null = null;
  const frozenBy = new Set<'browser' | 'visitor'>();
  const forgetFreezing = onFreezing((isFrozen) => {
    if (isFrozen) frozenBy.add('browser');
    else frozenBy.delete('browser');
    events.onChange();
  });
  /** When each member last wished for all to be healed, as it was when this page cut its links. */
  let healedBefore: ReadonlyMap<string, number> = new Map();
  let notice: ReturnType<typeof setTimeout> | undefined;
  let healing: ReturnType<typeof setTimeout> | undefined;

  const apply = (from: readonly string[]): void => {
    scissors.cut(from);
    healedBefore = healedAtMs(cluster);
    cut = { from: new Set(from), healsAtMs: performance.now() + cutForMs };
    clearTimeout(healing);
    healing = setTimeout(mend, cutForMs);
    events.onChange();
  };
  const mend = (): void => {
    clearTimeout(notice);
    clearTimeout(healing);
    if (!cut) return;
    cut = null;
    scissors.heal();
    events.onChange();
  };
  const hear = (value: unknown, by: string): void => {
    const wish = readWish(value);
    if (wish?.kind === 'heal') mend();
    if (wish?.kind === 'bell' && cluster.isLeader) events.onAsked(wish.to, by);
    if (wish?.kind !== 'cut') return;
    const from = wish.one.includes(cluster.id) ? wish.other : wish.other.includes(cluster.id) ? wish.one : [];
    if (from.length === 0) return;
    clearTimeout(notice);
    notice = setTimeout(() => apply(from), noticeMs);
  };
  channel.on((value: unknown, from) => hear(value, from));
  backstage.onWish((value) => hear(value, ''));
  // Where no link leads and no other tab is, the server still tells what members say of themselves.
  const forget = cluster.on('members', () => {
    if (!cut) return;
    for (const [id, atMs] of healedAtMs(cluster)) if (atMs > (healedBefore.get(id) ?? Infinity)) return mend();
  });

  const ask = (wish: Wish): void => {
    backstage.sendWish(wish);
    // Whoever cannot be reached over a link may still hear it backstage.
    channel.broadcast(wish).catch(() => {});
    hear(wish, cluster.id);
  };

  return {
    get cut() {
      return cut;
    },
    get frozen() {
      return frozenBy.size > 0;
    },
    cutApart: (one, other) => ask({ kind: 'cut', one, other }),
    cutMine: (from) => apply(from),
    heal: () => {
      ask({ kind: 'heal' });
      cluster.setInfo({ ...Object(cluster.members.get(cluster.id)?.info), healedAtMs: Date.now() });
    },
    freeze: () => {
      frozenBy.add('visitor');
      events.onChange(); // as the browser does it: told while there are links
      scissors.freeze();
    },
    thaw: () => {
      frozenBy.delete('visitor');
      scissors.thaw();
      events.onChange();
    },
    askForBell: (to) => {
      const leader = cluster.leader;
      if (leader && !leader.isSelf) channel.send(leader.id, { kind: 'bell', to }).catch(() => {});
    },
    end: () => {
      forget();
      forgetFreezing();
      clearTimeout(notice);
      clearTimeout(healing);
    },
  };
}

/** The last moment before the browser lets nothing run in this page, and the first one after. Returns its undo. */
function onFreezing(run: (isFrozen: boolean) => void): () => void {
  const freeze = (): void => run(true);
  const resume = (): void => run(false);
  document.addEventListener('freeze', freeze);
  document.addEventListener('resume', resume);
  return () => {
    document.removeEventListener('freeze', freeze);
    document.removeEventListener('resume', resume);
  };
}

/** Of each member, by its own clock; 0: never. */
function healedAtMs({ members }: Cluster): ReadonlyMap<string, number> {
  return new Map([...members.values()].map(({ id, info }) => [id, Number(Object(info).healedAtMs) || 0]));
}

/** What came from another page may be anything. */
function readWish(value: unknown): Wish | null {
  if (value === null || typeof value !== 'object') return null;
  const { kind, one, other, to } = value as Record<string, unknown>;
  if (kind === 'heal') return { kind };
  if (kind === 'bell' && typeof to === 'string') return { kind, to };
  return kind === 'cut' && isIds(one) && isIds(other) ? { kind, one, other } : null;
}

function isIds(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((id) => typeof id === 'string');
}
