import { parseArgs } from 'node:util';
import { defaultMaxTotalWitnessChars, leastWitnessChars } from '../../signaling-server/options.ts';
import { defaultLimits as coreLimits } from '../core/quorum/limits.ts';
import { maxCharterMs } from '../protocol/charter.ts';
import { defaultCharter } from '../protocol/default-charter.ts';
import { defaultLimits } from '../protocol/limits.ts';

/** Thrown for a command line that cannot be followed; the message is one line and names what is wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface NumberFlag {
  readonly least: number;
  readonly most: number;
  readonly default: number;
  readonly says: string;
}

const many = 2 ** 31 - 1;

export type NumberFlagName =
  | 'port'
  | 'max-rooms'
  | 'max-connections-per-address'
  | 'max-witness-chars'
  | 'max-total-witness-chars'
  | 'max-charter-ms'
  | 'max-members'
  | 'max-rooms-per-connection'
  | 'max-frame-bytes'
  | 'max-info-bytes'
  | 'max-messages-per-second'
  | 'max-bytes-per-second';

const { maxMembersPerRoom, maxRoomsPerConnection, maxFrameBytes, maxInfoBytes, messagesPerSecond, bytesPerSecond } =
  defaultLimits;

/** Flags that take a whole number. */
export const numberFlags: Readonly<Record<NumberFlagName, NumberFlag>> = {
  port: { least: 0, most: 65_535, default: 8787, says: 'the port to listen on; 0 takes any free one' },
  'max-rooms': { least: 1, most: many, default: 10_000, says: 'rooms at a time' },
  'max-connections-per-address': { least: 1, most: many, default: 64, says: 'connections from one address' },
  'max-witness-chars': {
    ...{ least: leastWitnessChars, most: many, default: coreLimits.maxWitnessChars },
    says: 'characters of the log that the witness of one room stores',
  },
  'max-total-witness-chars': {
    ...{ least: 65_536, most: 2 ** 40, default: defaultMaxTotalWitnessChars },
    says: 'characters that the witnesses of all rooms store together',
  },
  'max-charter-ms': {
    ...{ least: 1, most: maxCharterMs, default: defaultCharter.charterMs },
    says: 'the longest charterMs of a room: for so long one that all have vanished from is kept',
  },
  'max-members': { least: 1, most: many, default: maxMembersPerRoom, says: 'members of one room' },
  'max-rooms-per-connection': { least: 1, most: 256, default: maxRoomsPerConnection, says: 'rooms of one connection' },
  'max-frame-bytes': { least: 2048, most: 2 ** 24, default: maxFrameBytes, says: 'bytes of one frame' },
  'max-info-bytes': { least: 1, most: 2 ** 20, default: maxInfoBytes, says: "bytes of a member's info" },
  'max-messages-per-second': { least: 1, most: many, default: messagesPerSecond, says: 'frames of one connection' },
  'max-bytes-per-second': { least: 1, most: many, default: bytesPerSecond, says: 'bytes of one connection' },
};

export interface ServeFlags {
  readonly numbers: Readonly<Record<NumberFlagName, number>>;
  readonly host: string;
  readonly path: string | null;
  readonly origins: readonly string[];
  /** How many proxies of one's own stand in front. */
  readonly trustProxy: number;
  /** The folder that rooms are remembered in. Null: they are forgotten with the process. */
  readonly dataDir: string | null;
  readonly fresh: boolean;
  readonly help: boolean;
}

export const defaultDataDir = './bellwether-data';

const numberNames = Object.keys(numberFlags) as NumberFlagName[];
const parseOptions = {
  ...byName(numberNames, () => ({ type: 'string' }) as const),
  host: { type: 'string' },
  path: { type: 'string' },
  origin: { type: 'string', multiple: true },
  'trust-proxy': { type: 'string' },
  data: { type: 'string' },
  memory: { type: 'boolean' },
  fresh: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads what follows `bellwether serve`. Throws `UsageError`. */
export function parseServeFlags(args: readonly string[]): ServeFlags {
  const values = parse(args);
  const { host = '127.0.0.1', path = null, origin: origins = [], help = false } = values;
  if (host === '') throw new UsageError('--host must be an address or a name to listen on, such as 0.0.0.0');
  if (path !== null && !path.startsWith('/')) throw new UsageError(`--path must begin with "/", not be "${path}"`);
  origins.forEach(requireOrigin);
  const numbers = byName(numberNames, (name) => wholeNumber(name, values[name]));
  const { fresh = false } = values;
  const trustProxy = proxiesOf(values['trust-proxy']);
  return { numbers, host, path, origins, trustProxy, dataDir: dataDirOf(values), fresh, help };
}

type Values = ReturnType<typeof parseArgs<{ options: typeof parseOptions }>>['values'];

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({ args: args.map(oneProxy), options: parseOptions }).values;
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/\.(?:\s|$)|\n/); // Node goes on to explain at length
    const isUnknown = (error as NodeJS.ErrnoException).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION';
    const known = Object.keys(parseOptions).map((name) => `--${name}`);
    throw new UsageError(
      isUnknown ? `${first}; there are ${known.join(', ')}` : `${first}; see bellwether serve --help`,
    );
  }
}

/** `--trust-proxy` may stand alone. */
function oneProxy(arg: string, at: number, args: readonly string[]): string {
  return arg === '--trust-proxy' && !/^\d/.test(args[at + 1] ?? '') ? '--trust-proxy=1' : arg;
}

function proxiesOf(value = '0'): number {
  if (/^\d{1,3}$/.test(value)) return Number(value);
  throw new UsageError(`--trust-proxy must be the number of your own proxies, or stand alone for one, not "${value}"`);
}

function byName<Name extends string, Value>(names: readonly Name[], value: (name: Name) => Value): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, Value>;
}

function dataDirOf({ data, memory = false }: Values): string | null {
  if (data === '') throw new UsageError(`--data must be a folder to remember rooms in, such as ${defaultDataDir}`);
  if (data !== undefined && memory) throw new UsageError('--data and --memory exclude each other: give one of them');
  return memory ? null : (data ?? defaultDataDir);
}

function wholeNumber(name: NumberFlagName, value: string | undefined): number {
  const { least, most, default: otherwise } = numberFlags[name];
  if (value === undefined) return otherwise;
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not "${value}"`);
}

function requireOrigin(origin: string): void {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return;
  throw new UsageError(`--origin must be an origin such as https://example.org, not "${origin}"`);
}
