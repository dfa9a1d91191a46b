import { Mailbox } from '../platform/mailbox.ts';
import { broadcastOf } from '../platform/web-broadcast.ts';
import type { Broadcast } from '../platform/broadcast.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane } from '../protocol/lane.ts';
import type { Neighbour } from '../protocol/members.ts';
import { BroadcastSession } from './broadcast-session.ts';
import { type Links, type LinksOptions, type LinkState, mostMessageBytes } from './links.ts';
import { Sessions } from './sessions.ts';
import { parseWord, type Word } from './word.ts';

/** Among the pages of one origin, over BroadcastChannel alone: it loses nothing, so hardly anything is to be seen to. */
export class BroadcastLinks implements Links {
  readonly #options: LinksOptions;
  readonly #mailbox: Mailbox;
  readonly #sessions: Sessions<BroadcastSession>;

  constructor(options: LinksOptions) {
    const { self, room, platform, events, maxMessageBytes = mostMessageBytes } = options;
    this.#options = options;
    this.#mailbox = new Mailbox({
      room,
      self,
      broadcast: broadcastOf(platform) as Broadcast,
      timers: platform.timers,
      hear: (message) => this.#hear(message),
    });
    const post = (to: PeerId, word: Word): void => this.#mailbox.post(to, word);
    this.#sessions = new Sessions({
      self,
      clock: platform.clock,
      open: (peer, pairing) => new BroadcastSession(peer, { self, platform, maxMessageBytes, events, post }, pairing),
      bad: (peer, reason) => this.#bad(peer, reason),
    });
  }

  async send(to: PeerId, topic: string, value: Json | Uint8Array, lane: Lane): Promise<void> {
    await this.#sessions.with(to).send(topic, value instanceof Uint8Array ? value : JSON.stringify(value), lane);
  }

  setMembers(members: readonly Neighbour[]): void {
    this.#sessions.setMembers(members);
  }

  state(peer: PeerId): LinkState | undefined {
    return this.#sessions.all.get(peer)?.state();
  }

  /** That this member is gone the discovery says, on the same channel. */
  goodbye(): void {
    for (const session of this.#sessions.all.values()) session.goodbye();
    this.#sessions.close();
    this.#mailbox.close();
  }

  #hear(message: unknown): void {
    let word: Word;
    try {
      word = parseWord(message);
    } catch (error) {
      return this.#bad(null, `what was posted on the channel of this member ${(error as Error).message}`);
    }
    const { by, piece } = word;
    const heard = (session: BroadcastSession): void => session.hear(word);
    // Nobody says a piece again.
    if (by !== this.#options.self) this.#sessions.hear(by, piece?.body.length ?? 0, heard, piece ? word.from : 0);
  }

  #bad(peer: PeerId | null, reason: string): void {
    this.#options.events.onError(peer, new ClusterError('bad-message', reason));
  }
}
