import { ClusterError } from '../protocol/errors.ts';
import type { Election, ElectionEvent, ElectionOptions, Elector } from './elector.ts';

/**
 * An election whose elector is loaded only when it is needed. Until it is there, this member takes no part, and what it
 * hears waits.
 */
export function deferred(load: () => Promise<Elector>, options: ElectionOptions): Election {
  let election: Election | undefined;
  let waiting: ElectionEvent[] = [];
  let isOver = false;
  const begin = (elector: Elector): void => {
    if (isOver) return;
    election = elector.start(options);
    for (const event of waiting) election.feed(event);
    waiting = [];
  };
  const fail = (cause: unknown): void => {
    if (isOver) return;
    const message = 'the code of the election could not be loaded: see the cause';
    options.apply({ type: 'failed', error: new ClusterError('connect-failed', message, { cause }) });
  };
  load().then(begin, fail);
  return {
    isLeader: () => election?.isLeader() ?? false,
    leader: () => election?.leader() ?? null,
    published: () => election?.published(),
    canTransfer: (to) => election?.canTransfer(to) ?? false,
    leaseMs: () => election?.leaseMs() ?? null,
    feed: (event) => {
      if (election) election.feed(event);
      else waiting.push(event);
    },
    leave: () => {
      isOver = true;
      return election?.leave();
    },
    close: () => {
      isOver = true;
      election?.close();
    },
  };
}
