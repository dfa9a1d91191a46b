import type { Leadership } from '../leadership.ts';
import { Random } from '../random.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { PreferredTerm } from './claims.ts';
import { Conflicts } from './conflicts.ts';
import type { AvailableEffect, AvailableOptions } from './events.ts';
import type { Group } from './leading.ts';
import type { Link } from './link.ts';
import type { Message } from './messages.ts';
import { floodBurst, floodEveryMs } from './pace.ts';
import type { MemberRecord } from './record.ts';
import { Register } from './register.ts';
import { RecordTable } from './table.ts';

/** A record to hand on: by whom it came, and whom its member heard before. */
interface News {
  readonly from: string;
  readonly heardBefore: readonly string[];
}

interface Told {
  readonly leader: Leadership | null;
  readonly groupIds: readonly string[];
  readonly wanted: ReadonlySet<string>;
  readonly value: unknown;
}

/** All that a member knows at this moment, and what is to be done about it. The other files say what becomes of it. */
export class Member {
  readonly id: string;
  readonly minMembers: number;
  readonly prefersTerm: PreferredTerm;
  readonly random: Random;
  now = 0;
  effects: AvailableEffect[] = [];

  // What the members say of themselves
  /** What it says of itself. */
  own: MemberRecord;
  readonly table: RecordTable = new RecordTable();
  /** True: records changed, and group and leader must be derived anew. */
  isStale = true;
  group: Group;
  /** Sorted. */
  groupIds: readonly string[];
  /** Fingerprint of the group's records. */
  digest = 0;

  // What is to be handed on (`flooding.ts`)
  readonly news: Map<string, News> = new Map();
  readonly floods: TokenBucket = new TokenBucket(1000 / floodEveryMs, floodBurst, 0);
  /** True: its own record is to be flooded. */
  ownChanged = false;
  /** True: the news says who leads, or that the leader is gone, and does not wait. */
  isUrgent = false;

  // Who there is (`neighbours.ts`)
  readonly links: Map<string, Link> = new Map();
  /** Those with whom a link is worth keeping; sorted. */
  wanted: ReadonlySet<string> = new Set();
  /** As discovery last said; `null` before it has said anything. */
  view: ReadonlySet<string> | null = null;
  /** Who said goodbye, and when. */
  readonly departed: Map<string, number> = new Map();
  /** Members that a newcomer waits for, and until when. */
  readonly pending: Map<string, number> = new Map();
  /** Those that one of the group hears or follows and that are not of it yet, and until when they are waited for. */
  arriving: ReadonlyMap<string, number> = new Map();
  /** After a pause, until those that were heard before have answered or been given up. */
  isUnsure = false;

  // Its own beats (`pulse.ts`)
  beatAt: number = -Infinity;
  /** Until then no neighbour can have noticed a pause of this member. Before its first beat there is nobody to. */
  aliveUntil: number = Infinity;
  /** By how much its timers come late. */
  lateMs = 0;
  wakeAt: number = Infinity;

  // Who leads (`candidate.ts`)
  leader: Leadership | null = null;
  /** After a pause: lead on only under a higher term (F1). */
  mustRaise = false;
  /** Who of higher priority has been there since when. */
  steady: { readonly id: string; readonly since: number } | null = null;
  /** When to look again whether to claim. */
  waitsUntil: number = Infinity;

  // What was published, and by whom that was displaced
  readonly register: Register = new Register();
  readonly conflicts: Conflicts = new Conflicts();

  /** What the application was told last. */
  told: Told = { leader: null, groupIds: [], wanted: new Set(), value: undefined };

  constructor({ id, seed, priority, minMembers, termsAbove = 0 }: AvailableOptions) {
    this.id = id;
    this.minMembers = minMembers;
    this.prefersTerm = termsAbove === 0 ? 'higher' : 'lower';
    this.random = new Random(seed);
    this.own = {
      id,
      seq: 0,
      rank: null,
      priority,
      visible: true,
      founded: false,
      hears: [],
      claim: null,
      follows: null,
      appoints: null,
      displaced: [],
      left: false,
    };
    this.group = { self: this.own, members: [this.own], claims: [], strongest: null };
    this.groupIds = [id];
    this.table.highestTerm = termsAbove;
    this.table.put(this.own, 0);
  }

  /** Changes what it says of itself, for everyone to hear. */
  amend(changes: Partial<MemberRecord>): void {
    if ('claim' in changes || 'appoints' in changes) this.isUrgent = true;
    this.own = { ...this.own, ...changes, seq: this.own.seq + 1 };
    this.table.put(this.own, this.now);
    this.ownChanged = this.isStale = true;
  }

  /** Nobody else writes its record: one that is newer than its own is overridden. */
  outbid({ seq }: MemberRecord): void {
    if (seq <= this.own.seq) return;
    this.own = { ...this.own, seq };
    this.amend({});
  }

  get heardLinks(): readonly Link[] {
    return [...this.links.values()].filter((link) => link.heard);
  }

  send(to: string, message: Message): void {
    this.effects.push({ type: 'send', to, message });
  }
}
