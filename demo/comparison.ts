import { attributes, part, write } from './element.ts';
import { naiveHosts } from './naive.ts';
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
  write(part('naive-note'), naiveInWords(hosts.map((id) => nameOf(id))));
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

function naiveInWords(hosts: readonly string[]): string {
  if (hosts.length === 0) return 'Everybody takes somebody for the host who is not there.';
  if (hosts.length === 1) return `${listed(hosts)} is first in every list.`;
  return `${listed(hosts)} each take themselves for the host. Nobody is told, now or later.`;
}
