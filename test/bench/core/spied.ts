import type { Election, Elector } from '../../../src/electors/elector.ts';

/** A heartbeat as a follower heard it. */
export interface Beat {
  readonly from: string;
  /** When, on the machine's own clock, which all its processes share. */
  readonly atMs: number;
  /** The promise that it asked for. */
  readonly leaseMs: number;
}

export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** The same elector, that tells of each heartbeat. */
export function spied(elector: Elector, onBeat: (beat: Beat) => void): Elector {
  return {
    ...elector,
    start(options) {
      const election = elector.start(options);
      return {
        isLeader: () => election.isLeader(),
        leader: () => election.leader(),
        published: () => election.published(),
        canTransfer: (to) => election.canTransfer(to),
        leaseMs: () => election.leaseMs(),
        ...(election.log && { log: election.log }),
        feed(event) {
          if (event.type === 'message') {
            const { type, leaseMs } = event.message as { readonly type?: string; readonly leaseMs?: number };
            if (type === 'heartbeat' && leaseMs !== undefined) onBeat({ from: event.from, atMs: nowMs(), leaseMs });
          }
          election.feed(event);
        },
        leave: () => election.leave(),
        close: () => election.close(),
      } satisfies Election;
    },
  };
}
