import type { Cluster } from 'bellwether';
import type { Backstage } from './backstage.ts';
import { flockOf } from './flock.ts';
import type { PathKind } from './ring.ts';

/** What a page says of itself to the other pages, so that each can draw the whole flock. */
export interface Report {
  readonly id: string;
  /** Whom it follows. */
  readonly leader: string | null;
  readonly term: number | null;
  /** Whether it leads at this moment, by its own lease. */
  readonly leads: boolean;
  /** Whom it takes for the host, by the naive way. */
  readonly naiveHost: string;
  /** Its own links. */
  readonly paths: Readonly<Record<string, PathKind | null>>;
  readonly frozen: boolean;
}

export interface HeardReport extends Report {
  readonly atMs: number;
}

/** A report older than this says nothing about the present any more. */
export const freshMs = 3000;

/** Often enough that two in a row may be late. Every member tells every other, so that each report counts twice. */
const everyMs = 1200;

export interface Reports {
  /** Sends this page's report if it changed, or if the last one is getting old. */
  tell(own: Report): void;
  /** The fresh reports of other members, however they came. */
  heard(): ReadonlyMap<string, HeardReport>;
  /** Members whose last word was that they are frozen: nothing else is to be heard of them until they thaw. */
  frozen(): ReadonlySet<string>;
  /** Who was heard lately over a link of the cluster. */
  heardOverLinks(): ReadonlySet<string>;
}

/**
 * Reports travel over the cluster's own links. Pages of one browser also overhear each other backstage, so that a page
 * can show the other side of a cut.
 */
export function startReports(cluster: Cluster, backstage: Backstage): Reports {
  const channel = cluster.channel<Report>('reports');
  const reports = new Map<string, HeardReport>();
  const linkedAtMs = new Map<string, number>();
  const frozen = new Set<string>();
  let wasFrozen = false;
  let told = '';
  let toldAtMs = -Infinity;

  const take = (report: Report): void => {
    reports.set(report.id, { ...report, atMs: performance.now() });
    if (report.frozen) frozen.add(report.id);
    else frozen.delete(report.id);
  };
  channel.on((value: unknown, from) => {
    const report = readReport(value);
    if (report?.id !== from) return;
    linkedAtMs.set(from, performance.now());
    take(report);
  });
  backstage.onReport((value) => {
    const report = readReport(value);
    if (report && report.id !== cluster.id) take(report);
  });

  return {
    tell: (own) => {
      const nowMs = performance.now();
      const text = JSON.stringify(own);
      if (text === told && nowMs - toldAtMs < everyMs) return;
      told = text;
      toldAtMs = nowMs;
      backstage.sendReport(own);
      const isMute = own.frozen && wasFrozen;
      wasFrozen = own.frozen;
      if (isMute) return;
      // Also where no quorum is, and the cluster counts on nobody. Who left meanwhile needs no report.
      for (const { id, isSelf } of flockOf(cluster.snapshot())) if (!isSelf) channel.send(id, own).catch(() => {});
    },
    heard: () => {
      const oldestMs = performance.now() - freshMs;
      for (const [id, { atMs }] of reports) if (atMs < oldestMs || !cluster.members.has(id)) reports.delete(id);
      return reports;
    },
    frozen: () => {
      for (const id of frozen) if (!cluster.members.has(id)) frozen.delete(id);
      return frozen;
    },
    heardOverLinks: () => {
      const oldestMs = performance.now() - freshMs;
      for (const [id, atMs] of linkedAtMs) if (atMs < oldestMs) linkedAtMs.delete(id);
      return new Set(linkedAtMs.keys());
    },
  };
}

const kinds: ReadonlySet<unknown> = new Set(['webrtc', 'relay', 'broadcast', 'memory', null]);

/** What came from another page may be anything. */
export function readReport(value: unknown): Report | null {
  if (value === null || typeof value !== 'object') return null;
  const { id, leader, term, leads, naiveHost, paths, frozen } = value as Record<string, unknown>;
  if (typeof id !== 'string' || typeof naiveHost !== 'string') return null;
  if (typeof leads !== 'boolean' || typeof frozen !== 'boolean') return null;
  if (leader !== null && typeof leader !== 'string') return null;
  if (term !== null && !Number.isSafeInteger(term)) return null;
  if (paths === null || typeof paths !== 'object') return null;
  const links = Object.entries(paths).filter(([, path]) => kinds.has(path)) as [string, PathKind | null][];
  return { id, leader, term: term as number | null, leads, naiveHost, paths: Object.fromEntries(links), frozen };
}
