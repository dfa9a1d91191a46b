import { type Process, sourceFlags, startProcess } from './process.ts';

/** The signaling server as a user runs it: the command line, in a process of its own. */
export interface SignalingProcess {
  readonly url: string;
  readonly pid: number;
  output(): string;
  /** SIGKILL: no drain, no goodbye. */
  kill(): Promise<void>;
  /** SIGTERM, as a deployment would; resolves with its exit code. */
  drain(): Promise<number | null>;
  /** Starts it again on the same port, with nothing remembered. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

export async function startSignaling(): Promise<SignalingProcess> {
  let { server, port } = await serve(0);
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
    restart: async () => {
      ({ server, port } = await serve(port));
    },
    end: () => server.end('SIGKILL'),
  };
}

async function serve(port: number): Promise<{ server: Process; port: number }> {
  const args = [...sourceFlags, 'src/cli/main.ts', 'serve', '--host', '127.0.0.1', '--port', `${port}`];
  const server = startProcess(process.execPath, args);
  const [, printed] = await server.prints(/:\/\/[\w.]+:(\d+)/);
  return { server, port: Number(printed) };
}
