import { type ChildProcess, spawn } from 'node:child_process';

export interface Process {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything it wrote so far, both streams. */
  output(): string;
  /** The first match in its output; rejects when the process ends before. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Sends `signal` to exactly this process, or to its group if it has one of its own, and waits for its end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

export const root: string = new URL('../../..', import.meta.url).pathname;

/** What runs the library's TypeScript as it stands. */
export const sourceFlags: readonly string[] = ['--conditions=bellwether-source', '--import', 'tsx'];

type Kill = (signal: NodeJS.Signals) => void;

/** By what each of them is killed. */
const running = new Map<ChildProcess, Kill>();

// A test run that dies must not leave its children behind.
process.on('exit', () => {
  for (const kill of running.values()) kill('SIGKILL');
});

export interface ProcessOptions {
  readonly ipc?: boolean;
  /** It leads a group of its own: whatever it starts ends with it, also if it dies before. */
  readonly group?: boolean;
}

export function startProcess(command: string, args: readonly string[], options: ProcessOptions = {}): Process {
  const child = spawn(command, args, {
    detached: options.group === true,
    cwd: root,
    stdio: options.ipc ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORCE_COLOR: '0' },
  });
  const kill: Kill = options.group ? (signal) => signalGroup(child, signal) : (signal) => void child.kill(signal);
  running.set(child, kill);
  let output = '';
  const collect = (bytes: Buffer): void => {
    output += bytes.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => {
      kill('SIGKILL'); // whoever it has left behind holds its output open
      child.once('close', () => {
        running.delete(child);
        resolve({ code, signal });
      });
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
      if (child.exitCode === null && child.signalCode === null) kill(signal);
      await exited;
    },
  };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // nobody of it is left
  }
}
