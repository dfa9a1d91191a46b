import type { Charter } from '../protocol/charter.ts';
import { defaultCharter } from '../protocol/default-charter.ts';
import type { Elector, LazyElector } from './elector.ts';

/**
 * `quorum()` without options, for members that come and go, its code loaded when a cluster is to elect by it: while that
 * looks for its room. Whoever takes another elector never loads it.
 */
export function lazyQuorum(): LazyElector {
  const charter: Charter = { elector: 'quorum', quorum: defaultCharter };
  return {
    name: 'quorum',
    charter,
    load: async (): Promise<Elector> => {
      const { QuorumElection } = await import('./quorum-election.ts');
      return { name: 'quorum', charter, start: (election) => new QuorumElection(charter, {}, election) };
    },
  };
}
