import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { protocolVersion } from '../../src/protocol/messages.ts';
import { decodeRelayFrame, encodeRelayFrame, ports } from '../../src/protocol/relay-frame.ts';
import { noted, type BenchOptions, type Figures } from './figures.ts';
import { idBytes, type Subject } from './relay/subject.ts';

const clients = 100;
const payloadBytes = 200;
const windows = [1, 8] as const;
const warmUpMs = 500;
const measureMs = 1000;

export const title = `Relay: messages of ${payloadBytes} B a second through one server process over loopback, ${clients} clients in pairs that answer each other; beside it a bare relay on ws`;
export const defaultRuns = 5;

/** Messages relayed in a second, and in a second of the server's processor, which does not mind what else runs. */
interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

export async function run({ runs, say }: BenchOptions): Promise<Figures> {
  const { figures, note } = noted();
  for (let n = 1; n <= runs; n++) {
    say(`run ${n} of ${runs}`);
    for (const window of windows) {
      const ours = await measure('ours', window);
      const bare = await measure('bare', window);
      note(`ours${window}`, `relayed, ${window} under way from each client`, 'per second', ours.perSecond);
      note(`bare${window}`, '  beside: bare ws', 'per second', bare.perSecond);
      note(`oursCpu${window}`, "  relayed in a second of the server's processor", 'per second', ours.perCpuSecond);
      note(`bareCpu${window}`, '  beside: bare ws', 'per second', bare.perCpuSecond);
      const percent = (100 * ours.perCpuSecond) / bare.perCpuSecond;
      note(`share${window}`, '  the former in percent of the latter', 'count', percent);
    }
  }
  return figures;
}

async function measure(subject: Subject, window: number): Promise<Rate> {
  const [server, url] = await start(subject);
  const sockets: WebSocket[] = [];
  try {
    let arrived = 0;
    await Promise.all(Array.from({ length: clients }, (_, n) => connect(n)));
    for (const [n, socket] of sockets.entries()) {
      const frame = frameTo(subject, partnerOf(n));
      let isFirst = true;
      socket.on('message', (data, isBinary) => {
        if (!isBinary) return; // news of the room
        if (isFirst) check(subject, data as Buffer, n);
        isFirst = false;
        arrived++;
        socket.send(frame);
      });
    }
    for (const [n, socket] of sockets.entries()) {
      for (let sent = 0; sent < window; sent++) socket.send(frameTo(subject, partnerOf(n)));
    }
    await after(warmUpMs);
    const [cpuBefore, before, beganMs] = [await cpuSeconds(server), arrived, performance.now()];
    await after(measureMs);
    const [relayed, seconds] = [arrived - before, (performance.now() - beganMs) / 1000];
    return { perSecond: relayed / seconds, perCpuSecond: relayed / ((await cpuSeconds(server)) - cpuBefore) };
  } finally {
    for (const socket of sockets) socket.terminate();
    server.disconnect();
    await once(server, 'exit');
  }

  async function connect(n: number): Promise<void> {
    const socket = new WebSocket(subject === 'bare' ? `${url}/${idOf(n)}` : url, { perMessageDeflate: false });
    sockets[n] = socket;
    await once(socket, 'open');
    if (subject === 'bare') return;
    socket.send(JSON.stringify({ type: 'hello', version: protocolVersion }));
    socket.send(JSON.stringify({ type: 'join', channel: 0, room: 'bench', id: idOf(n), info: null, host: '' }));
    await entered(socket);
  }
}

/** Views may still come: they are told from messages by being text. */
async function entered(socket: WebSocket): Promise<void> {
  const [welcome] = (await once(socket, 'message')) as [Buffer];
  if (!welcome.toString().includes('"welcome"')) throw new Error(`no welcome, but ${welcome.toString()}`);
}

async function start(subject: Subject): Promise<[ChildProcess, string]> {
  const server = fork(fileURLToPath(new URL('relay/server.ts', import.meta.url)), [subject]);
  const [url] = (await once(server, 'message')) as [string];
  return [server, url];
}

async function cpuSeconds(server: ChildProcess): Promise<number> {
  server.send('cpu');
  const [seconds] = (await once(server, 'message')) as [number];
  return seconds;
}

const idOf = (n: number): string => `member-${n}`.padEnd(idBytes, '-');
const partnerOf = (n: number): string => idOf(n ^ 1);

function frameTo(subject: Subject, peer: string): Uint8Array {
  const payload = new Uint8Array(payloadBytes);
  if (subject === 'bare') return Buffer.concat([Buffer.from(peer, 'latin1'), payload]);
  return encodeRelayFrame({ channel: 0, entries: [{ peer, port: ports.link, payload }] });
}

/** What arrives is what the partner sent, under the partner's id. */
function check(subject: Subject, frame: Buffer, n: number): void {
  const [entry] = decodeRelayFrame(frame)?.entries ?? [];
  const bare = { peer: frame.toString('latin1', 0, idBytes), payload: frame.subarray(idBytes) };
  const { peer, payload } = subject === 'bare' ? bare : (entry ?? bare);
  if (peer !== partnerOf(n) || payload.byteLength !== payloadBytes) throw new Error(`client ${n} was sent nonsense`);
}
