import { jsonValue } from '../core/json-value.ts';
import { flag, message, object, peerId, text, whole } from '../core/parsing.ts';
import type { Broadcast, BroadcastPort } from '../platform/broadcast.ts';
import type { Platform, Undo } from '../platform/platform.ts';
import type { ElectorName } from '../protocol/charter.ts';
import { ClusterError, type ClusterErrorCode } from '../protocol/errors.ts';
import { host as anyHost } from '../protocol/fields.ts';
import { freshPeerId, type PeerId } from '../protocol/ids.ts';
import { assertJsonBytes, type Json } from '../protocol/json.ts';
import type { DiscoveredMember, Discovery, DiscoveryEvents, ViewChange } from './discovery.ts';

/** "I am here", on arrival, as an answer, and when the info has changed. With `ask`, all others are to say so too. */
interface Here extends DiscoveredMember {
  readonly type: 'here';
  readonly version: number;
  /** By which it elects: who does so by other rules makes nothing of what it says then. */
  readonly elector: string;
  readonly ask: boolean;
}

/** "Is everyone there?" */
interface Ask {
  readonly type: 'ask';
}

interface Bye {
  readonly type: 'bye';
  readonly id: PeerId;
}

type Word = Here | Ask | Bye;

/** Of what pages say to each other. Tabs that were not loaded again since the application was renewed may speak another one. */
const ownVersion = 3;

interface Present {
  readonly member: DiscoveredMember;
  heardMs: number;
  /** Told as a hint: it did not answer. */
  isMissing: boolean;
}

export interface BroadcastDiscoveryOptions {
  readonly room: string;
  readonly broadcast: Broadcast;
  readonly platform: Pick<Platform, 'clock' | 'timers' | 'randomBytes'>;
  /** By which this page elects, and all others of the room are to. */
  readonly elector: ElectorName;
  /** Who was not heard for so long is asked. Default 10,000 ms. */
  readonly askEveryMs?: number;
  /** The first view waits so long for those who are there already. Default 0: it shows this member alone. */
  readonly lookAroundMs?: number;
}

const answerMs = 2_000;
const graceMs = 30_000;
/** Of an info, as JSON: more than that nobody takes. */
const maxInfoBytes = 64 * 1024;

/**
 * Finds the pages of one origin that are in the room: they say so themselves. Each member numbers the views that it sees
 * by itself, in an era of its own. Nobody founds anything there.
 */
export class BroadcastDiscovery implements Discovery {
  readonly #options: BroadcastDiscoveryOptions;
  readonly #era: string;
  readonly #present = new Map<PeerId, Present>();
  #self: Here | null = null;
  #events: DiscoveryEvents | null = null;
  #port: BroadcastPort | null = null;
  /** Of the last view. */
  #n = 0;
  #isLooking = false;
  /** Of pages that speak another version, or elect otherwise. */
  readonly #told = new Set<ClusterErrorCode>();
  #cancelTimer: Undo = () => {};

  constructor(options: BroadcastDiscoveryOptions) {
    this.#options = options;
    this.#era = freshPeerId(options.platform.randomBytes);
  }

  start(self: DiscoveredMember, events: DiscoveryEvents): void {
    const { room, broadcast, elector, lookAroundMs = 0 } = this.#options;
    try {
      checkInfo(self.info);
    } catch (error) {
      return events.onError(error as ClusterError);
    }
    this.#events = events;
    this.#self = { ...self, type: 'here', version: ownVersion, elector, ask: false };
    this.#port = broadcast(JSON.stringify(['bellwether', room, 'members']), (posted) => this.#hear(posted));
    this.#post({ ...this.#self, ask: true });
    events.onStatus('online');
    this.#isLooking = lookAroundMs > 0;
    if (this.#isLooking) this.#after(lookAroundMs, () => this.#lookedAround());
    else this.#lookedAround();
  }

  setInfo(info: Json): void {
    checkInfo(info);
    if (this.#self === null) return;
    this.#self = { ...this.#self, info };
    this.#post(this.#self);
    this.#show({ joined: [], bye: [] });
  }

  leave(): void {
    if (this.#self) this.#post({ type: 'bye', id: this.#self.id });
    this.abandon();
  }

  abandon(): void {
    this.#cancelTimer();
    this.#events = null;
    this.#port?.close();
    this.#port = null;
  }

  #lookedAround(): void {
    this.#isLooking = false;
    const { id } = this.#self as Here;
    this.#show({ joined: [id, ...this.#present.keys()], bye: [] });
    this.#watch();
  }

  // What others say

  #hear(posted: unknown): void {
    const version = versionOf(posted);
    if (version !== ownVersion) {
      const versions = `speaks version ${version}, and this one ${ownVersion}: load both again`;
      return this.#hearStranger('protocol', posted as Here, versions);
    }
    let word: Word;
    try {
      word = parseWord(posted);
    } catch (error) {
      const reason = `what was posted on the channel of the room makes no sense: ${(error as Error).message}`;
      this.#events?.onError(new ClusterError('bad-message', reason));
      return;
    }
    if (word.type === 'ask') return this.#post(this.#self as Here);
    if (word.id === this.#self?.id) return;
    if (word.type === 'bye') return this.#forget(word.id, [word.id]);
    const { elector } = this.#options;
    if (word.elector !== elector) {
      const electors = `elects by ${word.elector}(), and this one by ${elector}(), as two groups with a leader each`;
      return this.#hearStranger(
        'options-differ',
        word,
        `${electors}: give all the same; without Web Locks, that is available()`,
      );
    }
    if (word.ask) this.#post(this.#self as Here);
    this.#meet(word);
  }

  /** Told of by that code once, and from then on as any bad message. Each is to hear the same of this page as it comes. */
  #hearStranger(code: ClusterErrorCode, { ask }: Here, what: string): void {
    const isNew = !this.#told.has(code);
    this.#told.add(code);
    if (isNew || ask) this.#post(this.#self as Here);
    this.#events?.onError(new ClusterError(isNew ? code : 'bad-message', `a page of this room ${what}`));
  }

  #meet({ id, info, host }: Here): void {
    const before = this.#present.get(id);
    const member = { id, info, host };
    const heardMs = this.#options.platform.clock.monotonicMs();
    this.#present.set(id, { member, heardMs, isMissing: false });
    if (JSON.stringify(before?.member) !== JSON.stringify(member)) this.#show({ joined: before ? [] : [id], bye: [] });
  }

  #forget(id: PeerId, bye: readonly PeerId[]): void {
    if (this.#present.delete(id)) this.#show({ joined: [], bye });
  }

  // Who does not answer any more

  #watch(): void {
    const { askEveryMs = 10_000, platform } = this.#options;
    this.#after(askEveryMs, () => {
      const nowMs = platform.clock.monotonicMs();
      const isSilent = [...this.#present.values()].some(({ heardMs }) => nowMs - heardMs >= askEveryMs);
      if (isSilent) this.#ask();
      else this.#watch();
    });
  }

  /** A late timer means no more than that this page was asleep: then it asks once more. */
  #ask(): void {
    const { clock } = this.#options.platform;
    const askedMs = clock.monotonicMs();
    this.#post({ type: 'ask' });
    this.#after(answerMs, () => {
      if (clock.monotonicMs() - askedMs > 2 * answerMs) return this.#ask();
      for (const [id, one] of this.#present) if (one.heardMs < askedMs) this.#miss(id, one);
      this.#watch();
    });
  }

  /** It is told of once, and out of the view much later. */
  #miss(id: PeerId, one: Present): void {
    if (this.#options.platform.clock.monotonicMs() - one.heardMs > graceMs) return this.#forget(id, []);
    if (one.isMissing) return;
    one.isMissing = true;
    this.#events?.onHint(id);
  }

  // What is told

  #show(change: ViewChange): void {
    if (this.#isLooking || this.#self === null) return;
    const { id, info, host } = this.#self;
    const members = new Map<PeerId, DiscoveredMember>([[id, { id, info, host }]]);
    for (const { member } of this.#present.values()) members.set(member.id, member);
    const view = { era: this.#era, n: ++this.#n, members, founder: null, epoch: 0, continues: null, witness: null };
    this.#events?.onView(view, change);
  }

  #post(word: Word): void {
    this.#port?.post(word);
  }

  #after(delayMs: number, run: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.platform.timers.after(delayMs, run);
  }
}

/** Throws `too-large`: others would drop it, and whoever says it would be there for nobody. */
function checkInfo(info: Json): void {
  assertJsonBytes(info, 'the info', maxInfoBytes);
}

/** Whatever else is in it: what another version makes of a word is not known. */
function versionOf(posted: unknown): number {
  const { type, version } = (posted ?? {}) as Partial<Here>;
  return type === 'here' && Number.isSafeInteger(version) ? (version as number) : ownVersion;
}

const parseWord = message<Word>({
  here: object<Omit<Here, 'type'>>({
    version: whole(0),
    id: peerId,
    info: jsonValue(maxInfoBytes),
    host: anyHost,
    elector: text(1, 32),
    ask: flag,
  }),
  ask: object({}),
  bye: object({ id: peerId }),
});
