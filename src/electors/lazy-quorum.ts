import type { Elector, LazyElector } from './elector.ts';
import { charterOf } from './quorum-charter.ts';
import type { QuorumOptions } from './quorum-options.ts';

/**
 * `quorum()` for members that come and go, its code loaded when a cluster is to elect by it: while that looks for its room.
 * Whoever takes another elector never loads it.
 */
export function lazyQuorum(options: QuorumOptions = {}): LazyElector {
  const charter = charterOf(options);
  return {
    name: 'quorum',
    charter,
    load: async (): Promise<Elector> => {
      const { QuorumElection } = await import('./quorum-election.ts');
      return { name: 'quorum', charter, start: (election) => new QuorumElection(charter, options, election) };
    },
  };
}
