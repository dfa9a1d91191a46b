import type { SocketConstructor } from '../../../src/platform/platform.ts';
import { WebSocket } from 'ws';
import { participate } from './participant.ts';

/** A participant in a Node process: takes its options from the command line, and answers its parent over IPC. */
const { wrtc, ...options } = JSON.parse(process.argv[2] ?? '{}');

const participant = participate(options, {
  WebSocket: WebSocket as unknown as SocketConstructor,
  ...(wrtc ? { wrtc: (await import('@roamhq/wrtc')).default } : {}),
});

process.on('message', async ({ call, name, args }: { call: number; name: string; args: unknown[] }) => {
  const methods = participant as unknown as Record<string, (...all: unknown[]) => unknown>;
  try {
    process.send?.({ call, answer: await methods[name]?.(...args) });
  } catch (error) {
    process.send?.({ call, error: String(error) });
  }
});
process.on('disconnect', () => process.exit());
process.send?.({ id: participant.id });
