import { isRoomName } from '../protocol/ids.ts';
import type { ClusterEvents, ClusterOptions } from './cluster.ts';
import { assertJson } from './values.ts';

/** What an option may be, in words that complete "must be …", its type, and the test that finds it in bounds. */
export interface OptionRule {
  readonly mayBe: string;
  readonly type: 'string' | 'number' | 'boolean' | 'function' | 'object';
  test?(value: unknown): boolean;
}

const has = (value: unknown, name: string): boolean => typeof (value as Record<string, unknown>)[name] === 'function';

const rules: { readonly [Name in keyof ClusterOptions]-?: OptionRule } = {
  room: { mayBe: '1 to 128 of the characters A-Z a-z 0-9 _ . : -', type: 'string', test: isRoomName },
  network: {
    mayBe: 'a network, such as web({ url }) of "bellwether/web"',
    type: 'object',
    test: (value) => has(value, 'open'),
  },
  elector: { mayBe: 'an elector, such as available()', type: 'object', test: (value) => has(value, 'start') },
  info: { mayBe: 'JSON', type: 'object' },
  init: { mayBe: 'a function', type: 'function' },
  minMembers: {
    mayBe: 'a whole number from 1',
    type: 'number',
    test: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
  },
  priority: { mayBe: 'a finite number', type: 'number', test: Number.isFinite },
  signal: { mayBe: 'an AbortSignal', type: 'object', test: (value) => has(value, 'throwIfAborted') },
  exitSignals: { mayBe: 'true or false', type: 'boolean' },
  handoverMs: {
    mayBe: 'a number of milliseconds from 0',
    type: 'number',
    test: (value) => Number.isFinite(value) && Number(value) >= 0,
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
  if (Object.hasOwn(events, name)) return;
  throw new TypeError(`on: there is no event "${String(name)}"${suggestion(String(name), Object.keys(events))}`);
}

/** Throws a `TypeError` or `RangeError` that names the option and what it may be. */
export function checkClusterOptions(options: ClusterOptions): void {
  const { info, ...others } = checkedObject('createCluster', options);
  checkOptions('createCluster', others, rules, ['room', 'network']);
  if (info !== undefined) assertJson(info, 'createCluster: the option "info"');
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
  const given: Record<string, unknown> = checkedObject(call, options);
  for (const name of [...required, ...Object.keys(given)]) {
    const rule = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (!rule) throw new TypeError(`${call}: there is no option "${name}"${suggestion(name, Object.keys(allowed))}`);
    const value = given[name];
    if (value === undefined && !required.includes(name)) continue;
    if (fits(value, rule)) continue;
    const message = `${call}: the option "${name}" must be ${rule.mayBe}; it is ${inWords(value)}`;
    throw isOutOfBounds(value, rule) ? new RangeError(message) : new TypeError(message);
  }
}

function checkedObject<Options extends object>(call: string, options: Options): Options & Record<string, unknown> {
  if (typeof options === 'object' && options !== null) return options as Options & Record<string, unknown>;
  throw new TypeError(`${call}: the options must be an object; they are ${inWords(options)}`);
}

function fits(value: unknown, { type, test }: OptionRule): boolean {
  return typeof value === type && value !== null && (test?.(value) ?? true);
}

/** A number or a text of the right type: what is wrong is its value. */
function isOutOfBounds(value: unknown, { type }: OptionRule): boolean {
  return typeof value === type && (type === 'number' || type === 'string');
}

function inWords(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return value === undefined ? 'missing' : String(value);
}

/** The option that was meant, if one has the same letters or starts alike; else all there are. */
function suggestion(name: string, known: readonly string[]): string {
  const letters = (text: string): string => [...text.toLowerCase()].toSorted().join('');
  const start = name.slice(0, 3).toLowerCase();
  const meant =
    known.find((option) => letters(option) === letters(name)) ??
    known.find((option) => option.toLowerCase().startsWith(start));
  return meant ? `; did you mean "${meant}"?` : `; there are ${known.join(', ')}`;
}
