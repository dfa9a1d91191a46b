import type { AnyElector } from '../electors/elector.ts';
import { isRoomName, type PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import { checkName, checkOptions, type OptionRule } from '../protocol/options.ts';
import type { ClusterEvents } from './cluster.ts';
import type { Network } from './network.ts';

export interface ClusterOptions {
  /**
   * Names the room: any text that is not empty, of any length; for `web()` and `nodes()` 1 to 128 of `[A-Za-z0-9_.:-]`.
   * Members with the same room and network meet.
   */
  readonly room: string;
  readonly network: Network;
  /** Default: the network's own. */
  readonly elector?: AnyElector;
  /** What the others may know of this member: JSON, up to the network's limit (1 KiB by default). Default `null`. */
  readonly info?: Json;
  /**
   * The application's own start-up, awaited before the cluster is online and before this member can lead. If it throws,
   * `ready()` rejects with `init-failed` and the cluster leaves. Runs again when a page comes back, under its new id.
   */
  readonly init?: (context: { readonly id: PeerId; readonly signal: AbortSignal }) => void | Promise<void>;
  /** No first election before so many members reach each other. Default 1. */
  readonly minMembers?: number;
  /** Higher leads rather than lower, and takes over from it. A finite number, default 0. */
  readonly priority?: number;
  /** Aborting it leaves the cluster. */
  readonly signal?: AbortSignal;
  /** Node: leave on SIGINT and SIGTERM, then raise the signal again. Default false. */
  readonly exitSignals?: boolean;
  /** How long leadership is kept on transfer or leave until the leader's work has settled. Default 1,000 ms. */
  readonly handoverMs?: number;
}

const has =
  (method: string) =>
  (value: object): boolean =>
    typeof (value as Record<string, unknown>)[method] === 'function';

const rules: { readonly [Name in keyof ClusterOptions]-?: OptionRule } = {
  // Networks that cannot take them all say so: `checkPlainRoom`.
  room: { mayBe: 'a text that is not empty', type: 'string', test: (room: string) => room !== '' },
  network: {
    mayBe: 'a network, such as tabs()',
    type: 'object',
    test: has('open'),
  },
  elector: {
    mayBe: 'an elector, such as available()',
    type: 'object',
    test: (elector: object) => ['start', 'load'].some((how) => has(how)(elector)),
  },
  info: { mayBe: 'JSON', type: 'any' },
  init: { mayBe: 'a function', type: 'function' },
  minMembers: {
    mayBe: 'a whole number from 1',
    type: 'number',
    test: (count: number) => Number.isSafeInteger(count) && count >= 1,
  },
  priority: { mayBe: 'a finite number', type: 'number', test: Number.isFinite },
  signal: { mayBe: 'an AbortSignal', type: 'object', test: has('throwIfAborted') },
  exitSignals: { mayBe: 'true or false', type: 'boolean' },
  handoverMs: {
    mayBe: 'a number of milliseconds from 0',
    type: 'number',
    test: (ms: number) => Number.isFinite(ms) && ms >= 0,
  },
};

const events: { readonly [Name in keyof ClusterEvents]: true } = {
  leader: true,
  members: true,
  state: true,
  discovery: true,
  published: true,
  conflict: true,
  error: true,
};

/** A listener for an event that does not exist would wait for ever. */
export function checkEventName(name: string): void {
  checkName('on', 'event', String(name), events);
}

/** Throws a `TypeError` or `RangeError` that names the option and what it may be. */
export function checkClusterOptions(options: ClusterOptions): void {
  checkOptions('createCluster', options, rules, ['room', 'network']);
  const { network, elector = network.elector } = options;
  const { electors = [elector.charter.elector] } = network;
  if (!electors.includes(elector.charter.elector))
    throw new TypeError(
      `createCluster: ${elector.charter.elector}() cannot elect among the members of ${network.name}(); take ${electors.join('() or ')}()`,
    );
  if (elector.charter.quorum && network.id !== undefined)
    throw new TypeError(
      'createCluster: quorum() is for members that come and go; those of this network keep their ids: name them as "voters"',
    );
}

const plainRoom: OptionRule = {
  mayBe: '1 to 128 of the characters A-Z a-z 0-9 _ . : -',
  type: 'string',
  test: isRoomName,
};

/** For networks on whose wire the name of a room has to fit. Throws a `RangeError` for one that does not. */
export function checkPlainRoom(network: string, room: string): void {
  checkOptions(`createCluster with ${network}`, { room }, { room: plainRoom }, []);
}

/** For calls that take a signal and nothing else. */
export function checkSignal(call: string, options: { readonly signal?: AbortSignal }): void {
  checkOptions(call, options, { signal: rules.signal }, []);
}
