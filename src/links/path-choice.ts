import type { Path } from '../transports/transport.ts';
import { PathHealth } from './path-health.ts';

/** The open paths to one member, and which of them to use. */
export class PathChoice {
  #paths: readonly PathHealth[] = [];

  get all(): readonly PathHealth[] {
    return this.#paths;
  }

  open(path: Path, rank: number): PathHealth {
    this.close(path);
    const health = new PathHealth(path, rank);
    this.#paths = [...this.#paths, health].toSorted((a, b) => a.rank - b.rank);
    return health;
  }

  close(path: Path): PathHealth | undefined {
    const closed = this.find(path);
    this.#paths = this.#paths.filter((known) => known !== closed);
    return closed;
  }

  find(path: Path): PathHealth | undefined {
    return this.#paths.find((known) => known.path === path);
  }

  /** The best that works: a path that is suspect is used only where all are, one that is not proven after those that are. */
  preferred(nowMs: number): PathHealth | null {
    const fit = this.#paths.filter((known) => !known.suspect(nowMs));
    return fit.find((known) => known.proven) ?? fit[0] ?? this.#paths[0] ?? null;
  }

  /** Where to send: on the preferred path, or on all of them while none is known to work. */
  targets(nowMs: number): readonly PathHealth[] {
    const preferred = this.preferred(nowMs);
    if (preferred === null) return [];
    return preferred.suspect(nowMs) ? this.#paths : [preferred];
  }

  /** Paths that carry nothing and are not known to work: these are pinged, so that their life or death shows. */
  doubtful(nowMs: number): readonly PathHealth[] {
    const targets = this.targets(nowMs);
    return this.#paths.filter((known) => !targets.includes(known) && (known.suspect(nowMs) || !known.proven));
  }
}
