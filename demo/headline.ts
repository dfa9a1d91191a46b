import type { ClusterState, Snapshot } from 'bellwether';
import type { Address } from './address.ts';
import { attributes, part, write } from './element.ts';
import { showFavicon } from './favicon.ts';
import { flockOf } from './flock.ts';
import { nameOf } from './names.ts';
import type { Report } from './reports.ts';
import { readTerm } from './term.ts';
import { shortly } from './words.ts';

const stateInWords: Readonly<Record<ClusterState, string>> = {
  joining: 'Looking for the room',
  initializing: 'Starting up',
  online: 'Taking part',
  suspect: 'Cannot prove who leads from here',
  left: 'Gone from the room',
};

export function showState(state: ClusterState): void {
  const pill = part('state');
  write(pill, state);
  attributes(pill, { 'data-state': state, title: stateInWords[state] });
}

export function showDiscovery(discovery: Snapshot['discovery'], network: Address['network']): void {
  const pill = part('discovery');
  write(pill, network === 'tabs' ? 'no server' : `server ${discovery}`);
  attributes(pill, { 'data-discovery': discovery });
}

/** How long a leader may count on what the others promised it, where it needs their promises. */
export function showLease(leaseMs: number | null): void {
  write(part('lease'), leaseMs === null ? '–' : shortly(leaseMs));
}

/** Who leads, in the headline, the title and the icon, and how many agree. `name`: what this page is called. */
export function showLeader(snapshot: Snapshot, heard: readonly Report[], name: string): void {
  const { leader, isLeader } = snapshot;
  const leaderName = leader ? nameOf(leader.info, leader.id) : null;
  write(part('leader-name'), leaderName ?? 'Nobody');
  write(part('headline'), isLeader ? 'wears the bell, here' : 'wears the bell');
  showFacts(leader?.term ?? null, leader?.id ?? '–', agreement(snapshot, heard));
  document.title = isLeader
    ? `🔔 ${name} leads`
    : leaderName
      ? `${leaderName} leads · ${name}`
      : `${name} · Bellwether`;
  showFavicon(part<HTMLLinkElement>('favicon'), isLeader ? 'leads' : leader ? 'follows' : 'alone');
}

/** Nothing is known of the room from outside. */
export function showOutside(name: string, who = 'Nobody', does = 'is seen from outside'): void {
  showState('left');
  write(part('leader-name'), who);
  write(part('headline'), does);
  showFacts(null, '–', '');
  showLease(null);
  document.title = `${name} · left`;
  showFavicon(part<HTMLLinkElement>('favicon'), 'alone');
}

/** The first one that this page saw: the narrow view names only others. */
let firstEpoch: number | null = null;

function showFacts(term: number | null, id: string, agreeing: string): void {
  const { epoch, n } = term === null ? { epoch: null, n: '–' } : readTerm(term);
  firstEpoch ??= epoch;
  write(part('term-epoch'), epoch === null ? '' : `${epoch}.`);
  write(part('term-number'), String(n));
  attributes(part('term'), {
    'data-anew': String(epoch !== firstEpoch),
    title: epoch === null ? null : `${term} = epoch ${epoch} × 2²⁰ + ${n}`,
  });
  write(part('leader-id'), id);
  attributes(part('leader-id'), { title: id });
  write(part('agreement'), agreeing);
}

/** How many of those in reach follow whom this page follows, by what they say themselves. */
function agreement(snapshot: Snapshot, heard: readonly Report[]): string {
  const { leader, members } = snapshot;
  if (flockOf(snapshot).length === 1) return 'alone so far';
  const asked = heard.filter((report) => members.get(report.id)?.reachable && !report.frozen);
  if (asked.length === 0) return 'nobody else in reach';
  const agreeing = asked.filter((report) => report.leader === (leader?.id ?? null)).length + 1;
  return agreeing === asked.length + 1 ? `all ${agreeing} agree` : `${agreeing} of ${asked.length + 1} agree`;
}
