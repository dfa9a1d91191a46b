import { type ChildProcess, spawn } from 'node:child_process';

export interface Process {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything it wrote so far, both streams. */
  output(): string;
  /** The first match in its output; rejects when the process ends before. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Sends `signal` to exactly this process, and waits for its end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

export const root: string = new URL('../../..', import.meta.url).pathname;

/** What runs the library's TypeScript as it stands. */
export const sourceFlags: readonly string[] = ['--conditions=bellwether-source', '--import', 'tsx'];

const running = new Set<ChildProcess>();

// A test run that dies must not leave its children behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function startProcess(command: string, args: readonly string[], options: { ipc?: boolean } = {}): Process {
  const child = spawn(command, args, {
    cwd: root,
    stdio: options.ipc ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORCE_COLOR: '0' },
  });
  running.add(child);
  let output = '';
  const collect = (bytes: Buffer): void => {
    output += bytes.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });

  return {
    child,
    pid: child.pid as number,
    output: () => output,
    prints: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (match) resolve(match);
        };
        child.stdout?.on('data', look);
        child.stderr?.on('data', look);
        void exited.then(() => reject(new Error(`ended before it printed ${pattern}:\n${output}`)));
        look();
      }),
    exited,
    end: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exited;
    },
  };
}
