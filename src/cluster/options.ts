import { isRoomName } from '../protocol/ids.ts';
import type { ClusterEvents, ClusterOptions } from './cluster.ts';

/** What an option may be, in words that complete "must be …", its type, and the test that finds it in bounds. */
export interface OptionRule {
  readonly mayBe: string;
  /** `any`: it is tested where it is taken in. */
  readonly type: 'string' | 'number' | 'boolean' | 'function' | 'object' | 'any';
  test?(value: never): boolean;
}

const has =
  (method: string) =>
  (value: object): boolean =>
    typeof (value as Record<string, unknown>)[method] === 'function';

const rules: { readonly [Name in keyof ClusterOptions]-?: OptionRule } = {
  room: { mayBe: '1 to 128 of the characters A-Z a-z 0-9 _ . : -', type: 'string', test: isRoomName },
  network: {
    mayBe: 'a network, such as web({ url }) of "bellwether/web"',
    type: 'object',
    test: has('open'),
  },
  elector: { mayBe: 'an elector, such as available()', type: 'object', test: has('start') },
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
}

/** For calls that take a signal and nothing else. */
export function checkSignal(call: string, options: { readonly signal?: AbortSignal }): void {
  checkOptions(call, options, { signal: rules.signal }, []);
}

/** Checks the options of `call` against its rules. An option that is `undefined` counts as left out. */
export function checkOptions(
  call: string,
  options: object,
  allowed: Readonly<Record<string, OptionRule>>,
  required: readonly string[],
): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${call}: the options must be an object; they are ${inWords(options)}`);
  for (const name of [...required, ...Object.keys(options)]) {
    checkName(call, 'option', name, allowed);
    const { mayBe, type, test } = allowed[name] as OptionRule;
    const value = (options as Record<string, unknown>)[name];
    if (type === 'any' || (value === undefined && !required.includes(name))) continue;
    const isOfType = typeof value === type && value !== null;
    if (isOfType && test?.(value as never) !== false) continue;
    // A number or a text of the right type: what is wrong is its value.
    const Failure = isOfType && type !== 'object' ? RangeError : TypeError;
    throw new Failure(`${call}: the option "${name}" must be ${mayBe}; it is ${inWords(value)}`);
  }
}

/** Suggests what was meant, if something has the same letters or starts alike; else all there are. */
function checkName(call: string, what: string, name: string, known: object): void {
  if (Object.hasOwn(known, name)) return;
  const letters = (text: string): string => [...text.toLowerCase()].toSorted().join('');
  const start = name.slice(0, 3).toLowerCase();
  const names = Object.keys(known);
  const meant =
    names.find((one) => letters(one) === letters(name)) ?? names.find((one) => one.toLowerCase().startsWith(start));
  const suggestion = meant ? `did you mean "${meant}"?` : `there are ${names.join(', ')}`;
  throw new TypeError(`${call}: there is no ${what} "${name}"; ${suggestion}`);
}

function inWords(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return value === undefined ? 'missing' : String(value);
}
