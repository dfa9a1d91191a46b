import type { Cluster } from '../../../src/cluster/cluster.ts';
import { ClusterError } from '../../../src/protocol/errors.ts';
import type { WebEffect } from './effects.ts';

/** What one application says to another. */
interface Word {
  readonly by: string;
  readonly session: number;
  readonly number: number;
  readonly filler: string;
}

/** Numbered words to all others, so that each of them knows what is missing. */
export class Words {
  readonly #id: () => string;
  readonly #note: (effect: WebEffect) => void;
  /** By member: how many sessions with it are over, and what was said in the one that goes on. */
  readonly #sessions = new Map<string, { over: number; said: number }>();

  constructor(id: () => string, note: (effect: WebEffect) => void) {
    this.#id = id;
    this.#note = note;
  }

  listen(cluster: Cluster): void {
    cluster.channel<Word>('words').on(({ by, session, number }, from) => {
      this.#note({ type: 'got', from, to: this.#id(), by, session, number });
    });
  }

  say(cluster: Cluster, bytes: number): void {
    const by = this.#id();
    for (const [to, { isSelf, role }] of cluster.members) {
      if (isSelf || role === 'witness') continue;
      const session = this.#session(to);
      const word = { by, session: session.over, number: ++session.said, filler: 'x'.repeat(bytes) };
      const { filler: _, ...said } = { ...word, to };
      this.#note({ type: 'said', ...said });
      cluster
        .channel<Word>('words')
        .send(to, word)
        .catch((error: unknown) => {
          const code = error instanceof ClusterError ? error.code : String(error);
          this.#note({ type: 'refused', ...said, code });
        });
    }
  }

  /** How many sessions with that member are over. */
  over(peer: string): number {
    return this.#session(peer).over;
  }

  end(peer: string): void {
    const session = this.#session(peer);
    session.over++;
    session.said = 0;
  }

  /** Who is not known any more has no session. */
  known(peers: ReadonlySet<string>): void {
    for (const peer of this.#sessions.keys()) if (!peers.has(peer)) this.end(peer);
  }

  /** Under a new id there was none with anybody. */
  forget(): void {
    this.#sessions.clear();
  }

  #session(peer: string): { over: number; said: number } {
    let session = this.#sessions.get(peer);
    if (session === undefined) this.#sessions.set(peer, (session = { over: 0, said: 0 }));
    return session;
  }
}
