import type { View } from '../discovery/discovery.ts';
import { Clocks } from '../driver/clocks.ts';
import type { ElectionEvent, Group } from '../electors/elector.ts';
import type { Platform } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';

/** What the discovery says of the group that the members elect in, and when this member was last in contact with it. */
export class GroupNews {
  /** Those that the election runs by: contact is told by them. */
  readonly clocks: Clocks;
  readonly #feed: (event: ElectionEvent) => void;
  #group: Group = { epoch: 0, founder: null, continues: null, witness: null };
  /** When the question that is open was put, and the last that was answered: on the fast clock. */
  #askedAt = 0;
  #contactAt: number | null = null;
  /** On the fast clock, while the group is not founded: when it is at the latest. */
  #foundedAt: number | null = null;

  constructor({ clock }: Platform, feed: (event: ElectionEvent) => void) {
    this.clocks = new Clocks(clock);
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
    return this.#foundedAt === null ? null : Math.max(0, this.#foundedAt - this.clocks.peek().fast);
  }

  take({ epoch, founder, continues, witness, foundsInMs }: View): void {
    this.#group = { epoch, founder, continues, witness };
    this.#foundedAt = foundsInMs === undefined ? null : this.clocks.now().fast + foundsInMs;
  }

  asked(): void {
    this.#askedAt = this.clocks.now().fast;
  }

  answered(): void {
    this.#contactAt = this.#askedAt;
    this.tellContact();
  }

  /** To an election that begins only now as well. */
  tellContact(): void {
    if (this.#contactAt !== null) this.#feed({ type: 'contact', askedAt: this.#contactAt });
  }
}
