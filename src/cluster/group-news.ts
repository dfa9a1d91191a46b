import type { View } from '../discovery/discovery.ts';
import type { Clocks } from '../driver/clocks.ts';
import type { ElectionEvent, Group } from '../electors/elector.ts';
import type { PeerId } from '../protocol/ids.ts';

/** What the discovery says of the group that the members elect in, and when this member was last in contact with it. */
export class GroupNews {
  readonly #clocks: Clocks;
  readonly #feed: (event: ElectionEvent) => void;
  #group: Group = { epoch: 0, founder: null, continues: null, witness: null };
  /** On the fast clock. */
  #contactAt: number | null = null;
  /** On the fast clock, while the group is not founded: when it is at the latest. */
  #foundedAt: number | null = null;

  constructor(clocks: Clocks, feed: (event: ElectionEvent) => void) {
    this.#clocks = clocks;
    this.#feed = feed;
  }

  get group(): Group {
    return this.#group;
  }

  get witness(): PeerId | null {
    return this.#group.witness;
  }

  /** `null`: it is founded, or has no need to be. */
  get foundsInMs(): number | null {
    return this.#foundedAt === null ? null : Math.max(0, this.#foundedAt - this.#clocks.peek().fast);
  }

  take({ epoch, founder, continues, witness, foundsInMs }: View): void {
    this.#group = { epoch, founder, continues, witness };
    this.#foundedAt = foundsInMs === undefined ? null : this.#clocks.now().fast + foundsInMs;
  }

  contact(askedAt: number): void {
    this.#contactAt = askedAt;
    this.tellContact();
  }

  /** To an election that begins only now as well. */
  tellContact(): void {
    if (this.#contactAt !== null) this.#feed({ type: 'contact', askedAt: this.#contactAt });
  }
}
