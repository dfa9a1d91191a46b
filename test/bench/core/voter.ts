import { type Cluster, ClusterError } from 'bellwether';
import { nowMs, type Beat } from './spied.ts';

export interface VoterNews {
  readonly id: string;
  /** Whom it takes for the leader. */
  readonly leader: string | null;
  readonly isLeader: boolean;
  /** When it last began to lead. */
  readonly ledAtMs: number;
  /** The last heartbeat that it heard, of each that ever led. */
  readonly beats: readonly Beat[];
}

/** What a voter is asked in the course of a benchmark, in this process or in its own. */
export class Voter {
  readonly id: string;
  readonly #cluster: Cluster;
  readonly #pings: ReturnType<Cluster['channel']>;
  readonly #onPong = new Set<() => void>();
  #ledAtMs = Number.NaN;
  readonly #beats = new Map<string, Beat>();

  constructor(id: string, make: (onBeat: (beat: Beat) => void) => Cluster) {
    this.id = id;
    this.#cluster = make((beat) => this.#beats.set(beat.from, beat));
    this.#cluster.on('leader', ({ leader }) => {
      if (leader?.isSelf) this.#ledAtMs = nowMs();
    });
    this.#pings = this.#cluster.channel('pings');
    this.#pings.on((word, from) => {
      if (word === 'ping') void this.#pings.send(from, 'pong');
      else for (const run of this.#onPong) run();
    });
  }

  news(): VoterNews {
    const { leader, isLeader } = this.#cluster;
    return {
      id: this.id,
      leader: leader?.id ?? null,
      isLeader,
      ledAtMs: this.#ledAtMs,
      beats: [...this.#beats.values()],
    };
  }

  /** The middle of so many round trips to that member and back. */
  async roundTripMs(to: string, times = 9): Promise<number> {
    const samples: number[] = [];
    while (samples.length < times) {
      const sentAtMs = nowMs();
      await new Promise<void>((resolve) => {
        const run = (): void => {
          this.#onPong.delete(run);
          resolve();
        };
        this.#onPong.add(run);
        void this.#pings.send(to, 'ping');
      });
      samples.push(nowMs() - sentAtMs);
    }
    return samples.toSorted((a, b) => a - b)[times >> 1] as number;
  }

  /** Returns when it was told to; `null`: it goes on leading. */
  async transfer(to: string): Promise<number | null> {
    const atMs = nowMs();
    try {
      await this.#cluster.transfer(to);
    } catch (error) {
      if (error instanceof ClusterError && error.code === 'no-successor') return null;
      throw error;
    }
    return atMs;
  }

  leave(): Promise<void> {
    return this.#cluster.leave();
  }
}
