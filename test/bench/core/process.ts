import { createCluster, quorum } from 'bellwether';
import { nodes, type NodesOptions } from 'bellwether/nodes';
import { answerParent } from '../../e2e/app/answer-parent.ts';
import { spied } from './spied.ts';
import { Voter } from './voter.ts';

/** A Node process that votes, and tells what it is asked. */
const options = JSON.parse(process.argv[2] ?? '{}') as NodesOptions;
const network = nodes(options);
const voter = new Voter(options.id, (onBeat) =>
  createCluster({ room: 'bench', network, elector: spied(quorum({ voters: Object.keys(options.peers) }), onBeat) }),
);

answerParent(options.id, {
  news: () => voter.news(),
  roundTripMs: (to: string) => voter.roundTripMs(to),
  transfer: (to: string) => voter.transfer(to),
});
