import { defaultLimits as coreLimits } from '../src/core/quorum/limits.ts';
import { maxCharterMs } from '../src/protocol/charter.ts';
import { defaultCharter } from '../src/protocol/default-charter.ts';
import { type BufferLimits, defaultBufferLimits, defaultLimits, type Limits } from '../src/protocol/limits.ts';
import { Store } from './store.ts';

/** Who asks to enter a room, and from where. */
export interface JoinRequest {
  /** What the client's `token()` returned; `undefined` where it has none. */
  readonly token: string | undefined;
  readonly room: string;
  readonly id: string;
  /** The page's origin; `undefined` for a client that is no browser. */
  readonly origin: string | undefined;
  readonly address: string;
}

/**
 * Whether somebody may enter, and until when: `expiresMs` is in milliseconds since 1970, as in `Date.now()`. Then the
 * connection is closed, and its client comes right back with what its `token()` returns by then.
 */
export type Admission = boolean | { readonly expiresMs: number };

export interface SignalingOptions {
  /**
   * What rooms of `quorum()` are remembered in when the server is started again: `await openStore('./bellwether-data')`.
   * The server closes it with itself. Default: in memory only. After a restart such a server founds no room for as long as
   * members that it has forgotten may still have a leader: `maxCharterMs`.
   */
  readonly store?: Store;
  /**
   * True: of the rooms that this server does not remember, none was ever served before. Then the first to come need not
   * wait. Said wrongly, a room can have two leaders for a while. Default false.
   */
  readonly fresh?: boolean;
  /**
   * Pages of these origins may connect, compared exactly: `['https://example.org']`. Default: pages of any. A client that
   * sends no `Origin` is no browser and passes; see to it with `authorize`.
   */
  readonly origins?: readonly string[];
  /**
   * Asked for each join; only `true`, or a time to come, lets it in. Throwing or rejecting refuses and is reported to
   * `onError`; so does taking longer than 10 s. Default: everyone may enter.
   */
  readonly authorize?: (request: JoinRequest) => Admission | Promise<Admission>;
  /** Replaces single limits; the welcome announces them. */
  readonly limits?: Partial<Limits>;
  /** Rooms at a time. Default 10,000. */
  readonly maxRooms?: number;
  /** Connections at a time from one address, or from one /64 network where it is IPv6. Default 64. */
  readonly maxConnectionsPerAddress?: number;
  /**
   * How many proxies of your own stand in front, each of which appends to `X-Forwarded-For`; `true` is one. Default 0:
   * the header is ignored, since anybody can write it.
   */
  readonly trustProxy?: boolean | number;
  /**
   * Characters that the witness of one room stores of the log, beside a snapshot of it. Beyond them it takes nothing more
   * until a leader has given it a newer snapshot, and of those none that is longer: what is appended waits then wherever it
   * takes the witness to commit it. Only whoever is elected gives it all that its log holds by then, as much as the voters
   * have committed without it since the last snapshot. From 262,144 on; default 8,388,608.
   */
  readonly maxWitnessChars?: number;
  /**
   * Characters that the witnesses of all rooms store together at most, snapshots included, in the store and in memory.
   * Half of it is shared out among `maxRooms`. When the other half is used up, whoever needs more than its share waits with
   * what it appends, as beyond `maxWitnessChars`; nothing is lost. Told to `onError`, once. Default 1,073,741,824.
   */
  readonly maxTotalWitnessChars?: number;
  /**
   * No room of `quorum()` is begun with a longer `charterMs`: for so long the server keeps a room that all have vanished
   * from, and its first member chooses. Others are refused, with `options-differ`. Up to 24 hours; default 120,000 ms, as
   * that of `charterMs`.
   */
  readonly maxCharterMs?: number;
  /** Clients ping when silent for this long, and are given up after 1.5 times it. Default 10,000 ms. */
  readonly heartbeatMs?: number;
  /** How long a member whose connection is gone stays in the view and may come back as itself. Default 30,000 ms. */
  readonly graceMs?: number;
  /**
   * The same where the member's browser closed the connection as it does for a page that goes (code 1001). A page that is
   * loaded again in Firefox is out of the view after this, for it cannot say goodbye: its connection is closed before. One
   * that lives on, because the link was a download, is back within a second or so. Up to `graceMs`. Default 5,000 ms, or
   * `graceMs` where that is less.
   */
  readonly goingAwayMs?: number;
  /** How long a client may take to say hello. Default 5,000 ms. */
  readonly helloMs?: number;
  /** Relay to a connection with more bytes than this waiting is dropped. Default 256 KiB. */
  readonly slowBytes?: number;
  /** A connection with more bytes than this waiting is closed. Default 1 MiB, and never less than the largest view. */
  readonly stuckBytes?: number;
  /**
   * Hears of errors that should not be: a bug here, `authorize` throwing, or a `ClusterError` of a store that cannot be
   * written any more (`storage-full`, `storage-failed`), or of witnesses that store all they may (`storage-full`), each of
   * them once. Default: `console.error`.
   */
  readonly onError?: (error: unknown) => void;
}

/** As much as the longest value that may be published comes to, with everybody's sessions, and the next one behind it. */
export const leastWitnessChars = 262_144;

export const defaultMaxTotalWitnessChars: number = 2 ** 30;

/** The options as they hold, defaults filled in. */
export interface Settings extends BufferLimits {
  readonly isFresh: boolean;
  readonly origins: ReadonlySet<string> | null;
  readonly authorize: SignalingOptions['authorize'] | null;
  readonly limits: Limits;
  readonly maxRooms: number;
  readonly maxConnectionsPerAddress: number;
  readonly proxies: number;
  readonly maxWitnessChars: number;
  readonly maxTotalWitnessChars: number;
  readonly maxCharterMs: number;
  readonly heartbeatMs: number;
  readonly graceMs: number;
  readonly goingAwayMs: number;
  readonly helloMs: number;
  readonly onError: (error: unknown) => void;
}

/** A view takes at most so many bytes for a member, and so many for itself, beside the infos: ids and hosts are bounded. */
const besideInfoBytes = 1024;

/** Throws a `TypeError` or `RangeError` that names the option and what it may be. */
export function settle(options: SignalingOptions): Settings {
  const limits = settleLimits(options.limits ?? {});
  const { origins, authorize, trustProxy = false, onError, store, fresh = false } = options;
  if (store !== undefined && !(store instanceof Store))
    throw new TypeError('store must be what openStore() resolved to');
  if (typeof fresh !== 'boolean') throw new TypeError('fresh must be true or false');
  if (origins !== undefined) origins.forEach(requireOrigin);
  requireFunction('authorize', authorize);
  requireFunction('onError', onError);
  const slowBytes = whole('slowBytes', options.slowBytes ?? defaultBufferLimits.slowBytes, 1);
  const graceMs = whole('graceMs', options.graceMs ?? 30_000, 0);
  const leastStuckBytes = Math.max(slowBytes, limits.maxMembersPerRoom * (limits.maxInfoBytes + besideInfoBytes));
  return {
    isFresh: fresh,
    origins: origins === undefined ? null : new Set(origins),
    authorize: authorize ?? null,
    limits,
    maxRooms: whole('maxRooms', options.maxRooms ?? 10_000, 1),
    maxConnectionsPerAddress: whole('maxConnectionsPerAddress', options.maxConnectionsPerAddress ?? 64, 1),
    maxWitnessChars: whole('maxWitnessChars', options.maxWitnessChars ?? coreLimits.maxWitnessChars, leastWitnessChars),
    maxTotalWitnessChars: whole(
      'maxTotalWitnessChars',
      options.maxTotalWitnessChars ?? defaultMaxTotalWitnessChars,
      65_536,
    ),
    maxCharterMs: whole('maxCharterMs', options.maxCharterMs ?? defaultCharter.charterMs, 1, maxCharterMs),
    proxies: whole('trustProxy', Number(trustProxy), 0),
    heartbeatMs: whole('heartbeatMs', options.heartbeatMs ?? 10_000, 1),
    graceMs,
    goingAwayMs: whole('goingAwayMs', options.goingAwayMs ?? Math.min(5000, graceMs), 0, graceMs),
    helloMs: whole('helloMs', options.helloMs ?? 5000, 1),
    slowBytes,
    stuckBytes: whole(
      'stuckBytes',
      options.stuckBytes ?? Math.max(defaultBufferLimits.stuckBytes, leastStuckBytes),
      leastStuckBytes,
    ),
    onError: onError ?? ((error) => console.error(error)),
  };
}

function settleLimits(given: Partial<Limits>): Limits {
  const limits = { ...defaultLimits, ...given };
  for (const name of Object.keys(limits) as (keyof Limits)[]) {
    if (!Object.hasOwn(defaultLimits, name)) {
      throw new TypeError(`limits.${name} is no limit; there are ${Object.keys(defaultLimits).join(', ')}`);
    }
    whole(`limits.${name}`, limits[name], 1);
  }
  whole('limits.maxRoomsPerConnection', limits.maxRoomsPerConnection, 1, 256);
  if (limits.maxFrameBytes < limits.maxInfoBytes + 2 * besideInfoBytes) {
    throw new RangeError(`limits.maxFrameBytes must be at least limits.maxInfoBytes + ${2 * besideInfoBytes}`);
  }
  if (limits.maxFrameBytes > 2 * limits.bytesPerSecond) {
    throw new RangeError('limits.maxFrameBytes must be at most twice limits.bytesPerSecond');
  }
  return limits;
}

/** `value`, if it is a whole number from `least` to `most`. */
export function whole(name: string, value: unknown, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  const to = most === Number.MAX_SAFE_INTEGER ? 'on' : `to ${most}`;
  throw new RangeError(`${name} must be a whole number from ${least} ${to}, not ${String(value)}`);
}

function requireFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw new TypeError(`${name} must be a function`);
}

/** Only what a browser may send can ever match: a scheme, a host and a port, without a slash at the end. */
function requireOrigin(origin: unknown): void {
  const url = typeof origin === 'string' && URL.canParse(origin) ? new URL(origin) : null;
  if (url?.origin !== origin) {
    throw new TypeError(
      `origins must be origins as browsers write them, such as "https://example.org", not ${JSON.stringify(origin)}`,
    );
  }
}
