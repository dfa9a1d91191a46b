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
  const args = [...sourceFlags, 'test/e2e/app/process.ts', JSON.stringify(options)];
  const started = startProcess(process.execPath, args, { ipc: true });
  const { child } = started;
  const id = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { id: string }).id));
    void started.exited.then(() => reject(new Error(`the Node member ended:\n${started.output()}`)));
  });

  const waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  let calls = 0;
  child.on('message', (message) => {
    const { call, answer, error } = message as Answer;
    const { resolve, reject } = waiting.get(call) ?? {};
    waiting.delete(call);
    if (error === undefined) resolve?.(answer as never);
    else reject?.(new Error(error));
  });
  started.child.once('close', () => {
    for (const { reject } of waiting.values()) reject(new Error(`the Node member ended:\n${started.output()}`));
  });

  return {
    id,
    process: started,
    ask: (name, ...given) =>
      new Promise((resolve, reject) => {
        const call = calls++;
        waiting.set(call, { resolve, reject });
        child.send({ call, name, args: given });
      }),
  };
}
