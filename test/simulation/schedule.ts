import type { RaftLimits } from '../../src/core/quorum/limits.ts';

/**
 * All that is decided before a run: a seed draws one, the shrinker makes smaller ones, and `--schedule FILE` replays one.
 * Members are named by the seat they take: a member that crashes and comes back takes its seat under a new id.
 */
export interface Schedule {
  readonly elector: string;
  /** Draws what is not decided here: how long each message takes, which are lost, the ids. */
  readonly seed: number;
  readonly seats: number;
  readonly minMembers: number;
  readonly conditions: Conditions;
  /** How long faults go on. Afterwards only those without an end (`forMs: null`) remain. */
  readonly faultsMs: number;
  readonly faults: readonly Fault[];
  /** After recovery: these groups of seats are cut from each other until each has its leader, then joined again. */
  readonly split: readonly (readonly number[])[] | null;
  /** `available` and `lockless` only: who sits there freezes after recovery, until the others have agreed, and wakes. */
  readonly frozen?: Frozen | null;
  /** `quorum` only. */
  readonly group?: Group;
  /** `lock` only. */
  readonly browser?: Browser;
  /** `web` only. */
  readonly web?: Web;
}

export interface Frozen {
  readonly seats: readonly number[];
  /** The monotonic clock stops meanwhile. */
  readonly sleeps: boolean;
}

/**
 * Members meet at a signaling server, over sockets, and open data channels to each other. In faults that have places, the
 * server is the one behind the last seat.
 */
export interface Web {
  /** `available()`, or `quorum()` in a room whose members come and go. */
  readonly elector: 'available' | 'quorum';
  /** Of `quorum` only. */
  readonly room?: WebRoom;
  /** The server's options. */
  readonly heartbeatMs: number;
  readonly graceMs: number;
  /** Share of pairs that can have a data channel. */
  readonly channels: number;
  /** What opening one takes, about. */
  readonly openMs: number;
  /** A close of a socket may be heard of by the server so much later than the last frame. */
  readonly closeLateMs: number;
  /**
   * Share of members whose runtime, as browsers do, answers the server's pings also while they are paused, and closes a
   * socket by a code which says that its page goes: now and then that of a page that stays.
   */
  readonly browsers: number;
  /** By seat: the browser that its members are tabs of. Absent: each has a host of its own. */
  readonly tabsOf?: readonly number[];
}

/** The room's charter, the server's memory of it, and what the members' applications do. */
export interface WebRoom {
  readonly witness: 'anchor' | 'none';
  readonly maxVoters: number;
  readonly minLeaseMs: number;
  readonly maxLeaseMs: number;
  readonly charterMs: number;
  /** What one write to the server's disk takes, about. `null`: it has none, and forgets everything with its process. */
  readonly diskMs: number | null;
  /** Each application replaces so many entries of the log by its state, whenever there are as many. */
  readonly compactEvery: number;
}

/** What the members of a browser share. */
export interface Browser {
  /** How long a word to the keeper of the locks takes, or back, about. */
  readonly keeperMs: number;
  /** And the news that a lock was stolen. */
  readonly lostMs: number;
  /** And a word with the storage. */
  readonly storeMs: number;
  /** The elector's option. */
  readonly preferVisible: boolean;
}

/** Who votes, and what its members and their applications are like. */
export interface Group {
  /** By seat; who takes a seat after the last voter's is a learner, or joins, in a room. */
  readonly voters: readonly { readonly weight: number; readonly witness: boolean }[];
  /** Default: nobody comes to vote, and nobody ceases to. */
  readonly room?: Room;
  /** `memory`: everything is forgotten in a crash, and the id with it. */
  readonly storage: 'disk' | 'memory';
  /** What one write takes, about. */
  readonly diskMs: number;
  /** Share of writes within moments of which the member crashes; it comes back soon. Default 0. */
  readonly frailty?: number;
  /** The same of those writes only in which it votes for somebody else. Default 0. */
  readonly frailVotes?: number;
  /** By so much at most a member hears late that a write is durable: half of the writes at once. Default: 0. */
  readonly toldLateMs?: number;
  readonly limits: Partial<RaftLimits>;
  /** How long an application takes to write down its state, and how much that comes to. */
  readonly snapshotMs: number;
  readonly snapshotChars: number;
}

/** Members come and go. */
export interface Room {
  /** By seat: who shares one shares its fate. */
  readonly hosts: readonly string[];
  readonly maxVoters: number;
  /** Default: discovery alone brings members together, and the founders are given. */
  readonly server?: RoomServer;
}

/** Founds the room, in one epoch after the other, and runs its witness, behind the last seat, if there is one. */
export interface RoomServer {
  readonly charterMs: number;
  /** Nothing came before its first start: it need not wait. */
  readonly fresh: boolean;
  /** What a write takes, about. */
  readonly storeMs: number;
  /** Members ask so often whether it is there; without a word for three times as long, it is gone, and so are they. */
  readonly pingMs: number;
  /** Who is away stays in the views for so long. */
  readonly graceMs: number;
}

/** What holds for a whole run. */
export interface Conditions {
  /**
   * `session`: messages arrive in order and gap-free, late instead of lost, until the session is reset (T1).
   * `datagram`: they are lost, doubled and reordered.
   */
  readonly delivery: 'session' | 'datagram';
  /** `json`: each message is written out and read in again. `reference`: handed over as it is, and faster so. */
  readonly wire: 'json' | 'reference';
  /** One way, of a middling pair; each pair has its own, from half to twice of it. */
  readonly delayMs: number;
  /** Default: all are as near to each other as that. */
  readonly far?: FarPlace;
  /** Added to each delay: up to this share of it. */
  readonly jitter: number;
  /** Share of messages lost (`session`: sent again later) at all times, until faults stop. */
  readonly loss: number;
  readonly duplicates: number;
  /** How far off the clocks may run, either way. */
  readonly drift: number;
  /** They are as far off as they may be, and not by some drawn part of it. Default `false`. */
  readonly clocksAtBounds?: boolean;
  /** Timers run up to so much late. */
  readonly timersLateMs: number;
  /** How long discovery takes to tell. */
  readonly discoveryMs: number;
  /** Share of hints about crashed members that reach the others. */
  readonly hints: number;
  /** Share of goodbyes that discovery passes on. */
  readonly goodbyes: number;
  /** Discovery never drops members that crashed. */
  readonly keepsDead: boolean;
  /** A cut longer than this resets the sessions that it hit. */
  readonly patienceMs: number;
  /** Reads of leadership are made after every event, and not only when they matter most. */
  readonly watched: boolean;
}

/** Some are far from all others, and near to each other. */
export interface FarPlace {
  readonly seats: readonly number[];
  /** What a message takes longer, one way, than among those that are near. */
  readonly delayMs: number;
}

/** `forMs: null` is for ever. */
export type Fault = { readonly atMs: number } & (
  | { readonly type: 'join'; readonly seat: number; readonly priority: number }
  /** `forgets`: also what was on its disk, and its id is never used again. */
  | { readonly type: 'crash'; readonly seat: number; readonly backAfterMs: number | null; readonly forgets?: boolean }
  | { readonly type: 'leave'; readonly seat: number; readonly backAfterMs: number | null }
  /** Nothing runs; then everything does, late. `sleeps`: the monotonic clock stops meanwhile. */
  | { readonly type: 'pause'; readonly seat: number; readonly forMs: number | null; readonly sleeps: boolean }
  /** As `pause`: whoever is ready to lead next (`lock`). */
  | { readonly type: 'stun'; readonly forMs: number; readonly sleeps: boolean }
  /** Its timers come up to so much later than all others' do. */
  | { readonly type: 'busy'; readonly seat: number; readonly lateMs: number; readonly forMs: number }
  /** Timers run only at multiples of `everyMs`, as in a hidden tab. */
  | { readonly type: 'throttle'; readonly seat: number; readonly everyMs: number; readonly forMs: number }
  | { readonly type: 'jump'; readonly seat: number; readonly wallMs: number }
  | { readonly type: 'visible'; readonly seat: number; readonly visible: boolean }
  | { readonly type: 'priority'; readonly seat: number; readonly priority: number }
  /** `by: null`: whoever leads. */
  | { readonly type: 'publish'; readonly by: number | null }
  | { readonly type: 'transfer'; readonly by: number | null; readonly to: number | null }
  /** No message of any of `from` reaches any of `to`. */
  | {
      readonly type: 'cut';
      readonly from: readonly number[];
      readonly to: readonly number[];
      readonly forMs: number | null;
    }
  /** No message passes between the groups. */
  | { readonly type: 'partition'; readonly groups: readonly (readonly number[])[]; readonly forMs: number | null }
  /** Messages are held back and come all at once when it ends. */
  | { readonly type: 'clog'; readonly from: readonly number[]; readonly to: readonly number[]; readonly forMs: number }
  | {
      readonly type: 'weather';
      readonly from: readonly number[];
      readonly to: readonly number[];
      readonly forMs: number;
      readonly loss: number;
      readonly duplicates: number;
      readonly delayMs: number;
      /** Messages of this type only. Default: all. */
      readonly only?: string;
    }
  /** The session between two members begins anew: what was on its way is lost. */
  | { readonly type: 'reset'; readonly a: number; readonly b: number }
  | { readonly type: 'hint'; readonly seat: number; readonly about: number }
  /** That member's discovery is out of reach; after a while discovery drops it from the views of the others. */
  | { readonly type: 'blind'; readonly seat: number; readonly forMs: number }
  /** That member is given the same view again. */
  | { readonly type: 'repeat'; readonly seat: number }
  /** A message that makes no sense. */
  | { readonly type: 'garbage'; readonly from: number; readonly to: number; readonly kind: number }
  /** It says something that it said before, as if in a term far ahead. */
  | { readonly type: 'lie'; readonly from: number; readonly to: number }
  /** Its writes take so much longer. `null`: those of whoever leads then. */
  | { readonly type: 'disk'; readonly seat: number | null; readonly lateMs: number; readonly forMs: number }
  /** Whoever leads then can talk with so many others and no more. */
  | { readonly type: 'isolate'; readonly linked: number; readonly forMs: number }
  /** Whoever leads then crashes. */
  | { readonly type: 'behead'; readonly backAfterMs: number | null }
  /** Its application appends and reads. `reads`: the share of reads; `batch`: values appended at once. */
  | {
      readonly type: 'work';
      /** `null`: whoever leads at each moment. */
      readonly seat: number | null;
      readonly everyMs: number;
      readonly reads: number;
      readonly batch: number;
      readonly forMs: number;
    }
  | { readonly type: 'campaign'; readonly seat: number }
  /** One after the other, everybody tries to be elected. */
  | { readonly type: 'rivalry'; readonly everyMs: number; readonly forMs: number }
  /** Each voter that it asks first says yes at once (`quorum`), as one that is about to promise itself to another might. */
  | { readonly type: 'flattery'; readonly seat: number; readonly forMs: number }
  /** Whoever leads hands over, again and again. */
  | { readonly type: 'handovers'; readonly everyMs: number; readonly forMs: number }
  /** A stranger steals the lock that all members want, and lets it go again (`lock`). */
  | { readonly type: 'theft'; readonly seat: number }
  /** What it says to the keeper of the locks takes so much longer, or what it hears from there (`lock`). */
  | {
      readonly type: 'keeper';
      readonly seat: number;
      readonly toMs: number;
      readonly fromMs: number;
      readonly forMs: number;
    }
  /** One tells the other that it gives way, in the term of whoever the other follows, in which it never led (`lock`). */
  | { readonly type: 'imposture'; readonly from: number; readonly to: number }
  /** There is a claim of another version (`lock`). */
  | { readonly type: 'foreign'; readonly forMs: number }
  /** A message of long ago arrives once more (`datagram` only). */
  | { readonly type: 'replay'; readonly from: number; readonly to: number }
  | WebFault
);

export type FaultType = Fault['type'];

/** Of `web`, and the last two of `rooms` as well. */
export type WebFault =
  /** Its application says something of about so many bytes to everybody, again and again. */
  | {
      readonly type: 'talk';
      readonly seat: number;
      readonly everyMs: number;
      readonly bytes: number;
      readonly forMs: number;
    }
  /** Its sockets carry nothing any more. Each side is told after so long; `null`: it has to notice by itself. */
  | { readonly type: 'drop'; readonly seat: number; readonly memberMs: number | null; readonly serverMs: number | null }
  /** The sockets that it has now carry nothing for so long; one that it opens meanwhile does. */
  | { readonly type: 'stall'; readonly seat: number; readonly forMs: number }
  /** The same of the data channel between two. */
  | {
      readonly type: 'sever';
      readonly a: number;
      readonly b: number;
      readonly aMs: number | null;
      readonly bMs: number | null;
    }
  /** The server ends and comes back, its clock set by so much. `silent`: no socket is told; `forgets`: its disk is lost. */
  | {
      readonly type: 'outage';
      readonly forMs: number;
      readonly silent: boolean;
      readonly wallMs: number;
      readonly forgets?: boolean;
    }
  /** The server's disk takes nothing more, until its process is started again. */
  | { readonly type: 'fill' }
  /** All sockets are closed, again and again. */
  | { readonly type: 'blips'; readonly everyMs: number; readonly forMs: number };

/** Thrown for a schedule that cannot be run; says what is wrong with it. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
}

/** Reads a schedule as `--json` and the shrinker print it. */
export function parseSchedule(text: string): Schedule {
  let schedule: Schedule;
  try {
    schedule = JSON.parse(text) as Schedule;
  } catch {
    throw new ScheduleError('the schedule is not JSON');
  }
  if (typeof schedule !== 'object' || schedule === null) throw new ScheduleError('the schedule is not an object');
  for (const field of ['seed', 'seats', 'minMembers', 'faultsMs'] as const)
    if (!Number.isFinite(schedule[field])) throw new ScheduleError(`the schedule's "${field}" is not a number`);
  if (!Array.isArray(schedule.faults)) throw new ScheduleError('the schedule\'s "faults" is not a list');
  if (typeof schedule.conditions !== 'object') throw new ScheduleError('the schedule has no "conditions"');
  return schedule;
}
