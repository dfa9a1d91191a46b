import { Random } from '../random.ts';
import { Conflicts } from './conflicts.ts';
import type { AvailableEffect, AvailableOptions } from './events.ts';
import type { Group } from './leading.ts';
import type { Message } from './messages.ts';
import type { Leadership, MemberRecord } from './record.ts';
import { Register } from './register.ts';
import { RecordTable } from './table.ts';

/** What a member knows at this moment, and what is to be done about it: the state that all parts of the core share. */
export class Member {
  readonly id: string;
  readonly minMembers: number;
  readonly random: Random;
  readonly table: RecordTable = new RecordTable();
  readonly register: Register = new Register();
  readonly conflicts: Conflicts = new Conflicts();
  now = 0;
  /** What it says of itself. */
  own: MemberRecord;
  group: Group;
  /** Sorted. */
  groupIds: readonly string[];
  /** Fingerprint of the group's records. */
  digest = 0;
  /** True: records changed, and group and leader must be derived anew. */
  isStale = true;
  leader: Leadership | null = null;
  /** After a pause, until those that were heard before have answered or been given up. */
  isUnsure = false;
  /** True: its own record is to be flooded. */
  ownChanged = false;
  /** True: the news says who leads, or that the leader is gone, and does not wait. */
  isUrgent = false;
  effects: AvailableEffect[] = [];

  constructor({ id, seed, priority, minMembers }: AvailableOptions) {
    this.id = id;
    this.minMembers = minMembers;
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
  }

  /** Changes what it says of itself, for everyone to hear. */
  amend(changes: Partial<MemberRecord>): void {
    if ('claim' in changes || 'appoints' in changes) this.isUrgent = true;
    this.own = { ...this.own, ...changes, seq: this.own.seq + 1 };
    this.table.put(this.own, this.now);
    this.ownChanged = true;
    this.isStale = true;
  }

  /** Nobody else writes its record: one that is newer than its own is overridden. */
  outbid(record: MemberRecord): void {
    if (record.seq <= this.own.seq) return;
    this.own = { ...this.own, seq: record.seq };
    this.amend({});
  }

  send(to: string, message: Message): void {
    this.effects.push({ type: 'send', to, message });
  }
}
