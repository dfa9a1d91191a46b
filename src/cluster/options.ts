import { isRoomName } from '../protocol/ids.ts';
import { checkName, checkOptions, type OptionRule } from '../protocol/options.ts';
import type { ClusterEvents, ClusterOptions } from './cluster.ts';

const has =
  (method: string) =>
  (value: object): boolean =>
    typeof (value as Record<string, unknown>)[method] === 'function';

const rules: { readonly [Name in keyof ClusterOptions]-?: OptionRule } = {
  // Networks that cannot take them all say so: `checkPlainRoom`.
  room: { mayBe: 'a text that is not empty', type: 'string', test: (room: string) => room !== '' },
  network: {
    mayBe: 'a network, such as web({ url }) of "bellwether/web"',
    type: 'object',
    test: has('open'),
  },
  elector: {
    mayBe: 'an elector, such as available()',
    type: 'object',
    test: (elector: object) => ['start', 'load', 'prepare'].some((how) => has(how)(elector)),
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
