import type { SocketConstructor } from '../../../src/platform/platform.ts';
import { WebSocket } from 'ws';
import { answerParent } from './answer-parent.ts';
import { participate } from './participant.ts';

/** A participant in a Node process: takes its options from the command line, and answers its parent over IPC. */
const { wrtc, ...options } = JSON.parse(process.argv[2] ?? '{}');

const participant = participate(options, {
  WebSocket: WebSocket as unknown as SocketConstructor,
  ...(wrtc ? { wrtc: (await import('@roamhq/wrtc')).default } : {}),
});

answerParent(participant.id, participant);
