import type { ParticipantOptions } from '../app/participant.ts';
import type { Member } from './member.ts';
import { type Process, sourceFlags, startProcess } from './process.ts';

/** A member in a Node process of its own. */
export interface NodeMember extends Member {
  readonly process: Process;
}

export interface NodeOptions extends ParticipantOptions {
  /** Hands in `@roamhq/wrtc`. */
  readonly wrtc?: boolean;
}

interface Answer {
  readonly call: number;
  readonly answer?: unknown;
  readonly error?: string;
}

export async function startNode(options: NodeOptions): Promise<NodeMember> {
  const { id, process, ask } = await startProgram('test/e2e/app/process.ts', options);
  return { id, process, ask };
}

/** A process that answers what it is asked, as `answerParent` does. */
export interface Program {
  readonly id: string;
  readonly process: Process;
  ask(name: string, ...args: readonly unknown[]): Promise<never>;
}

export interface ProgramLimits {
  /** No file that it writes may be longer, in blocks of 512 bytes. */
  readonly fileBlocks?: number;
  /** What runs it. Default: what runs the library's TypeScript as it stands. */
  readonly flags?: readonly string[];
  /** What stands before the command, to start it elsewhere. */
  readonly prefix?: readonly string[];
}

/** Starts a program of the tests, and waits until it has said its id. */
export async function startProgram(path: string, options: object, limits: ProgramLimits = {}): Promise<Program> {
  const { fileBlocks, flags = sourceFlags, prefix = [] } = limits;
  const limited = fileBlocks === undefined ? [] : ['sh', '-c', `ulimit -f ${fileBlocks}; exec "$0" "$@"`];
  const words = [...prefix, ...limited, process.execPath, ...flags, path, JSON.stringify(options)];
  const [command = '', ...args] = words;
  const started = startProcess(command, args, { ipc: true });
  const { child } = started;
  const id = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { id: string }).id));
    void started.exited.then(() => reject(new Error(`the program ended:\n${started.output()}`)));
  });
  return { id, process: started, ask: askThrough(started) };
}

function askThrough({ child, output }: Process): Program['ask'] {
  const waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  let calls = 0;
  child.on('message', (message) => {
    const { call, answer, error } = message as Answer;
    const { resolve, reject } = waiting.get(call) ?? {};
    waiting.delete(call);
    if (error === undefined) resolve?.(answer as never);
    else reject?.(new Error(error));
  });
  child.once('close', () => {
    for (const { reject } of waiting.values()) reject(new Error(`the program ended:\n${output()}`));
  });
  return (name, ...given) =>
    new Promise((resolve, reject) => {
      const call = calls++;
      waiting.set(call, { resolve, reject });
      child.send({ call, name, args: given }, (error) => {
        if (error) reject(error);
      });
    });
}
