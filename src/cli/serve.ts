import { serveSignaling, type Standalone } from '../../signaling-server/standalone.ts';
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
  try {
    server = await start(flags);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(inFlags(error.message));
    process.stderr.write(`bellwether: ${explain(error as NodeJS.ErrnoException, flags)}\n`);
    return 1;
  }
  process.stdout.write(`bellwether serves at ${server.url}\n`);
  await stopped;
  const again = nextExitSignal();
  const exitCode = await Promise.race([server.close().then(() => 0), again.then(() => 1)]);
  return exitCode;
}

function start({ numbers, host, path, origins, trustProxy }: ServeFlags): Promise<Standalone> {
  return serveSignaling({
    port: numbers.port,
    host,
    path,
    trustProxy,
    ...(origins.length > 0 ? { origins } : {}),
    maxRooms: numbers['max-rooms'],
    maxConnectionsPerAddress: numbers['max-connections-per-address'],
    limits: Object.fromEntries(limitFlags.map(([flag, limit]) => [limit, numbers[flag]])),
  });
}

/** The server's options under the names that were typed. */
function inFlags(message: string): string {
  return limitFlags.reduce((text, [flag, limit]) => text.replaceAll(`limits.${limit}`, `--${flag}`), message);
}

function explain(error: NodeJS.ErrnoException, { numbers: { port }, host }: ServeFlags): string {
  if (error.code === 'EADDRINUSE')
    return `port ${port} on ${host} is taken: stop what listens there, or choose another --port`;
  if (error.code === 'EACCES') return `port ${port} may not be used by this user: choose a --port from 1024 on`;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return `${host} is no address of this machine: choose another --host, such as 0.0.0.0`;
  }
  return `cannot serve at ${host}:${port}: ${error.message}`;
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
