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
  restart(options?: { readonly deleteData?: boolean }): Promise<void>;
  end(): Promise<void>;
}

export interface SignalingPlace {
  /** Default: a folder of its own. */
  readonly dataDir?: string;
}

export async function startSignaling(place: SignalingPlace = {}): Promise<SignalingProcess> {
  const dataDir = place.dataDir ?? (await mkdtemp(join(tmpdir(), 'bellwether-e2e-')));
  let { server, port } = await serve(0, dataDir, '--fresh');
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
    restart: async ({ deleteData = false } = {}) => {
      if (deleteData) await rm(dataDir, { recursive: true });
      ({ server, port } = await serve(port, dataDir));
    },
    end: async () => {
      await server.end('SIGKILL');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function serve(port: number, dataDir: string, ...flags: string[]): Promise<{ server: Process; port: number }> {
  const address = ['--host', '127.0.0.1', '--port', `${port}`];
  const args = [...sourceFlags, 'src/cli/main.ts', 'serve', ...address, '--data', dataDir, ...flags];
  const server = startProcess(process.execPath, args);
  const [, printed] = await server.prints(/:\/\/[\w.]+:(\d+)/);
  return { server, port: Number(printed) };
}
