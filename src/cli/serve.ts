import { openStore } from '../../signaling-server/level-store.ts';
import { serveSignaling, type Standalone, type StandaloneOptions } from '../../signaling-server/standalone.ts';
import type { Store } from '../../signaling-server/store.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { Limits } from '../protocol/limits.ts';
import { parseServeFlags, UsageError, type NumberFlagName, type ServeFlags } from './flags.ts';
import { serveUsage } from './help.ts';

const limitFlags: readonly (readonly [flag: NumberFlagName, limit: keyof Limits])[] = [
  ['max-members', 'maxMembersPerRoom'],
  ['max-rooms-per-connection', 'maxRoomsPerConnection'],
  ['max-frame-bytes', 'maxFrameBytes'],
  ['max-info-bytes', 'maxInfoBytes'],
  ['max-messages-per-second', 'messagesPerSecond'],
  ['max-bytes-per-second', 'bytesPerSecond'],
];

/** `bellwether serve`: resolves with the exit code once it is over. */
export async function serve(args: readonly string[]): Promise<number> {
  const flags = parseServeFlags(args);
  if (flags.help) {
    process.stdout.write(serveUsage());
    return 0;
  }
  const stopped = nextExitSignal();
  let server: Standalone;
  let watchedMs: number;
  try {
    ({ server, watchedMs } = await start(flags));
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(inFlags(error.message));
    process.stderr.write(`bellwether: ${explain(error as NodeJS.ErrnoException | ClusterError, flags)}\n`);
    return 1;
  }
  process.stdout.write(
    `bellwether serves at ${server.url}\n${whyRoomsWait(watchedMs, flags.numbers['max-charter-ms'])}`,
  );
  await stopped;
  const again = nextExitSignal();
  const exitCode = await Promise.race([server.close().then(() => 0), again.then(() => 1)]);
  return exitCode;
}

interface Started {
  readonly server: Standalone;
  /** For so long there can have been no leader that this server does not know of. */
  readonly watchedMs: number;
}

async function start(flags: ServeFlags): Promise<Started> {
  const store = flags.dataDir === null ? null : await openStore(flags.dataDir);
  const watchedMs = flags.fresh ? Infinity : (store?.watchedMs ?? 0);
  try {
    return { server: await serveSignaling(optionsOf(flags, store)), watchedMs };
  } catch (error) {
    await store?.close();
    throw error;
  }
}

/** What was asked for on the command line, by the names that the server has for it. */
export function optionsOf(
  { numbers, host, path, origins, trustProxy, fresh }: ServeFlags,
  store: Store | null,
): StandaloneOptions {
  return {
    port: numbers.port,
    host,
    path,
    trustProxy,
    fresh,
    ...(store && { store }),
    ...(origins.length > 0 ? { origins } : {}),
    maxRooms: numbers['max-rooms'],
    maxWitnessChars: numbers['max-witness-chars'],
    maxTotalWitnessChars: numbers['max-total-witness-chars'],
    maxCharterMs: numbers['max-charter-ms'],
    maxConnectionsPerAddress: numbers['max-connections-per-address'],
    limits: Object.fromEntries(limitFlags.map(([flag, limit]) => [limit, numbers[flag]])),
    onError: report,
  };
}

function whyRoomsWait(watchedMs: number, maxCharterMs: number): string {
  const leftS = Math.ceil((maxCharterMs - watchedMs) / 1000);
  if (leftS <= 0) return '';
  return (
    `Rooms of quorum() that it does not remember get their first leader in ${leftS} s (--max-charter-ms): until ` +
    'then they may have one that it does not know of. If no server ever ran for them before, start it with --fresh.\n'
  );
}

/** What is wrong with a disk is one line for whoever runs the server; of a bug here, all is wanted. */
function report(error: unknown): void {
  if (error instanceof ClusterError) process.stderr.write(`bellwether: ${error.message}\n`);
  else console.error(error);
}

/** The server's options under the names that were typed. */
function inFlags(message: string): string {
  return limitFlags.reduce((text, [flag, limit]) => text.replaceAll(`limits.${limit}`, `--${flag}`), message);
}

function explain(error: NodeJS.ErrnoException | ClusterError, flags: ServeFlags): string {
  if (error instanceof ClusterError) return `${inOneLine(error)}; or choose another --data, or --memory`;
  const { numbers, host } = flags;
  const { port } = numbers;
  if (error.code === 'EADDRINUSE')
    return `port ${port} on ${host} is taken: stop what listens there, or choose another --port`;
  if (error.code === 'EACCES') return `port ${port} may not be used by this user: choose a --port from 1024 on`;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return `${host} is no address of this machine: choose another --host, such as 0.0.0.0`;
  }
  return `cannot serve at ${host}:${port}: ${error.message}`;
}

/** With what the system said where the message refers to it: there is nobody else to look into the cause. */
function inOneLine({ message, cause }: ClusterError): string {
  const said = cause instanceof Error ? ((cause.cause as Error | undefined) ?? cause).message : '';
  return message.replace('see the cause', said).replaceAll(/\s*\n\s*/g, ' ');
}

function nextExitSignal(): Promise<void> {
  return new Promise((resolve) => {
    const heard = (): void => {
      process.off('SIGINT', heard);
      process.off('SIGTERM', heard);
      resolve();
    };
    process.on('SIGINT', heard);
    process.on('SIGTERM', heard);
  });
}
