import type { Claim } from '../../core/founding/events.ts';
import type { Clocks } from '../../driver/clocks.ts';
import type { Platform } from '../../platform/platform.ts';
import type { Charter } from '../../protocol/charter.ts';
import { ClusterError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { Json } from '../../protocol/json.ts';
import type { Pledge, Stance } from '../../protocol/standing.ts';
import { Contact } from '../epochs/contact.ts';
import type {
  DiscoveredMember,
  Discovery,
  DiscoveryEvents,
  View,
  ViewChange,
  WitnessLine,
  WitnessLineEvents,
} from '../discovery.ts';

export interface MemoryVisit {
  readonly room: string;
  readonly charter: Charter;
  readonly platform: Pick<Platform, 'timers'>;
  readonly clocks: Clocks;
}

/** The rooms, as a member sees them. */
export interface MemoryHost {
  /** Each way. */
  readonly delayMs: number;
  visit(visitor: MemoryDiscovery): void;
  enter(visitor: MemoryDiscovery): void;
  answer(visitor: MemoryDiscovery): void;
  update(visitor: MemoryDiscovery): void;
  hear(visitor: MemoryDiscovery, stance: Stance): void;
  hearForWitness(visitor: MemoryDiscovery, to: PeerId, message: Json): void;
  goodbye(visitor: MemoryDiscovery, pledge: Pledge | undefined): void;
  vanish(visitor: MemoryDiscovery, hint: boolean): void;
}

/** As clients of the signaling server do. */
const pingEveryMs = 10_000;

/** One member's end of the rooms in memory. */
export class MemoryDiscovery implements Discovery {
  readonly room: string;
  readonly charter: Charter;
  readonly witness: WitnessLine;
  readonly #rooms: MemoryHost;
  readonly #platform: MemoryVisit['platform'];
  readonly #onWitness = new Set<WitnessLineEvents>();
  #member: DiscoveredMember = { id: '', info: null, host: '' };
  #events: DiscoveryEvents | undefined;
  #view: View | undefined;
  readonly #contact: Contact;

  constructor(rooms: MemoryHost, { room, charter, platform, clocks }: MemoryVisit) {
    this.#rooms = rooms;
    this.room = room;
    this.charter = charter;
    this.#platform = platform;
    this.#contact = new Contact(clocks, (askedAt) => this.#events?.onContact?.(askedAt));
    this.witness = {
      send: (to, message) => {
        const copy = copyOf(message);
        this.#later(() => rooms.hearForWitness(this, to, copy));
      },
      listen: (events) => {
        this.#onWitness.add(events);
        return () => void this.#onWitness.delete(events);
      },
    };
  }

  get id(): PeerId {
    return this.#member.id;
  }

  get member(): DiscoveredMember {
    return this.#member;
  }

  /** What it says of the core that it runs, to a discovery that may have forgotten it. */
  get claim(): Claim | undefined {
    return this.#contact.claim(this.charter.quorum?.charterMs ?? Infinity);
  }

  start(self: DiscoveredMember, events: DiscoveryEvents): void {
    this.#member = { ...self };
    this.#events = events;
    this.#later((now) => now.onStatus('connecting'));
    this.#rooms.visit(this);
    this.#pingLater();
  }

  setInfo(info: Json): void {
    this.#member = { ...this.#member, info };
    this.#later(() => this.#rooms.update(this));
  }

  stand(stance: Stance): void {
    this.#later(() => this.#rooms.hear(this, stance));
  }

  leave(pledge?: Pledge): void {
    this.mute();
    this.#rooms.goodbye(this, pledge);
  }

  abandon(): void {
    this.#rooms.vanish(this, true);
  }

  /** No event follows. */
  mute(): void {
    this.#events = undefined;
  }

  connect(): void {
    this.#contact.begin();
    this.#contact.ask();
    this.#later(() => this.#rooms.enter(this));
  }

  /** Contact counts for the epoch that the rooms are in: not for a core of one that is over. */
  answered(epoch: number): void {
    this.#later(() => {
      this.#contact.see(epoch);
      this.#contact.answer();
    });
  }

  lost(): void {
    this.#later((events) => {
      events.onStatus('offline');
      events.onError(new ClusterError('connect-failed', 'the memory rooms are stopped: restart() opens them again'));
    });
  }

  /** For good. */
  refused(error: ClusterError): void {
    this.#later((events) => events.onError(error));
  }

  hint(id: PeerId): void {
    if (id !== this.id) this.#later((events) => events.onHint(id));
  }

  askPledge(epoch: number): void {
    this.#later((events) => events.onAskPledge?.(epoch));
  }

  hearWitness(from: PeerId | null, message: Json): void {
    const copy = copyOf(message);
    if (from !== null) this.#later(() => this.#onWitness.forEach((events) => events.onMessage(from, copy)));
  }

  view(view: View, bye: readonly PeerId[]): void {
    this.#later((events) => {
      const before = this.#view;
      this.#view = view;
      if (before?.era !== view.era) events.onStatus('online');
      events.onView(view, changeSince(before, view, bye));
      this.#contact.see(view.epoch);
    });
  }

  #pingLater(): void {
    this.#platform.timers.after(pingEveryMs, () => {
      if (!this.#events) return;
      this.#contact.ask();
      this.#later(() => this.#rooms.answer(this));
      this.#pingLater();
    });
  }

  /** By the member's own timers: a frozen one hears nothing until it thaws. */
  #later(run: (events: DiscoveryEvents) => void): void {
    this.#platform.timers.after(this.#rooms.delayMs, () => {
      if (this.#events) run(this.#events);
    });
  }
}

/** What is sent is not what is shared. */
function copyOf(message: Json): Json {
  return JSON.parse(JSON.stringify(message)) as Json;
}

function changeSince(before: View | undefined, view: View, bye: readonly PeerId[]): ViewChange {
  return {
    joined: [...view.members.keys()].filter((id) => !before?.members.has(id)),
    bye: before?.era === view.era ? bye : [],
  };
}
