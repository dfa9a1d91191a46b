import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Process, sourceFlags, startProcess } from './process.ts';

/** The signaling server as a user runs it: the command line, in a process of its own, with a folder of its own. */
export interface SignalingProcess {
  readonly url: string;
  readonly pid: number;
  output(): string;
  /** SIGKILL: no drain, no goodbye. */
  kill(): Promise<void>;
  /** SIGTERM, as a deployment would; resolves with its exit code. */
  drain(): Promise<number | null>;
  /** Starts it again on the same port, with what it remembers: nothing if its data was deleted. */
  restart(options?: RestartOptions): Promise<void>;
  end(): Promise<void>;
}

export interface RestartOptions {
  readonly deleteData?: boolean;
  /** In the place of its folder. */
  readonly flags?: readonly string[];
  /** By how much its clock is ahead of everybody else's. */
  readonly aheadMs?: number;
}

export interface SignalingPlace {
  /** Default: a folder of its own. */
  readonly dataDir?: string;
  /** The longest charter of its rooms. Default: the server's. */
  readonly maxCharterMs?: number | undefined;
}

export async function startSignaling(place: SignalingPlace = {}): Promise<SignalingProcess> {
  const dataDir = place.dataDir ?? (await mkdtemp(join(tmpdir(), 'bellwether-e2e-')));
  const remembering = ['--data', dataDir];
  const bound = place.maxCharterMs === undefined ? [] : ['--max-charter-ms', `${place.maxCharterMs}`];
  let { server, port } = await serve(0, [...remembering, ...bound, '--fresh']);
  return {
    url: `ws://127.0.0.1:${port}`,
    get pid() {
      return server.pid;
    },
    output: () => server.output(),
    kill: () => server.end('SIGKILL'),
    drain: async () => {
      await server.end('SIGTERM');
      return (await server.exited).code;
    },
    restart: async ({ deleteData = false, flags = remembering, aheadMs = 0 } = {}) => {
      if (deleteData) await rm(dataDir, { recursive: true });
      ({ server, port } = await serve(port, [...flags, ...bound], aheadMs));
    },
    end: async () => {
      await server.end('SIGKILL');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function serve(port: number, flags: readonly string[], aheadMs = 0): Promise<{ server: Process; port: number }> {
  const clock = `data:text/javascript,const now = Date.now; Date.now = () => now() + ${aheadMs};`;
  const address = ['--host', '127.0.0.1', '--port', `${port}`];
  const args = [...sourceFlags, '--import', clock, 'src/cli/main.ts', 'serve', ...address, ...flags];
  const server = startProcess(process.execPath, args);
  const [, printed] = await server.prints(/:\/\/[\w.]+:(\d+)/);
  return { server, port: Number(printed) };
}
