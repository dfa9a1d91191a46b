import type { PeerId } from '../../../../src/protocol/ids.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { WebLife } from '../life.ts';

/** Tabs of one browser talk by what the browser lends them, and nobody else does. */
export class Near implements Checker<WebLife> {
  readonly promise = 'only tabs of one browser have broadcast paths, and open no data channels to each other';
  readonly #wantedBy: (life: WebLife) => ReadonlySet<PeerId>;

  constructor(wantedBy: (life: WebLife) => ReadonlySet<PeerId>) {
    this.#wantedBy = wantedBy;
  }

  observe({ life }: Step<WebLife>): void {
    const { cluster } = life;
    const own = cluster?.members.get(cluster.id)?.host;
    if (!cluster || life.state !== 'running') return;
    for (const { id, host, path } of cluster.members.values())
      if (path === 'broadcast' && host !== own)
        throw new Violation(this.promise, `${life.label} of ${own} has a broadcast path to ${id} of ${host}`);
    for (const id of this.#wantedBy(life))
      if (cluster.members.get(id)?.host === own)
        throw new Violation(this.promise, `${life.label} would have a data channel to ${id}, a tab of its own browser`);
  }
}
