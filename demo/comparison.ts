import { attributes, part, write } from './element.ts';
import { naiveHosts, naiveStrays } from './naive.ts';
import type { Report } from './reports.ts';
import { counted, listed } from './words.ts';

export function comparing(): boolean {
  return part<HTMLInputElement>('switch-naive').checked;
}

/** The naive way beside Bellwether, both counted from what the pages say of themselves. */
export function showComparison(reports: readonly Report[], nameOf: (id: string) => string): void {
  part('comparison').hidden = !comparing();
  const hosts = naiveHosts(reports);
  const leaders = reports.filter((report) => report.leads);
  showTally('naive-hosts', hosts.length, 'host');
  showTally('leaders', leaders.length, 'leader');
  write(part('naive-note'), naiveInWords(reports, nameOf));
  write(
    part('leaders-note'),
    leaders.length > 1
      ? 'One for each group that can talk, in different terms. When the groups meet one remains, and everybody is told.'
      : 'One for all who can talk to each other, also by way of others.',
  );
}

function showTally(testId: string, count: number, thing: string): void {
  write(part(testId), counted(count, thing));
  attributes(part(testId), { 'data-count': count });
}

function naiveInWords(reports: readonly Report[], nameOf: (id: string) => string): string {
  const hosts = naiveHosts(reports).map((id) => nameOf(id));
  const strays = naiveStrays(reports).map(
    ({ id, naiveHost }) => `${nameOf(id)} follows ${nameOf(naiveHost)}, who is none.`,
  );
  if (hosts.length > 1)
    strays.unshift(`${listed(hosts)} each take themselves for the host. Nobody is told, now or later.`);
  return strays.join(' ') || `${listed(hosts)} is first in every list.`;
}
