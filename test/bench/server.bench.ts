import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { platform } from '../../src/platform/node.ts';
import { protocolVersion, type ServerMessage } from '../../src/protocol/messages.ts';
import { decodeRelayFrame, encodeRelayFrame } from '../../src/protocol/relay-frame.ts';
import { LoneMember } from '../signaling-server/lone-member.ts';
import { quorumCharter } from '../signaling-server/records.ts';
import { noted, type BenchOptions, type Figures } from './figures.ts';
import type { Usage } from './server/process.ts';

const rooms = 1000;
const roomsPerSocket = 250;
const measureMs = 10_000;
/** The longest: over the internet leases are of this order. */
const charter = { ...quorumCharter, minLeaseMs: 5000, maxLeaseMs: 5000 };
/** Until the last promise is over, and what was set going has come to rest. */
const restMs = charter.maxLeaseMs + 3000;

export const title = `Server: ${rooms} rooms of one member each in one process, with the store on disk; memory of a room, and the processor's time in ${measureMs / 1000} s`;
export const defaultRuns = 3;

export async function run({ runs, say }: BenchOptions): Promise<Figures> {
  const { figures, note } = noted();
  for (let n = 1; n <= runs; n++) {
    say(`run ${n} of ${runs}`);
    const plain = await measurePlain();
    note('plainHeap', 'heap of a room of available()', 'bytes', plain.heapBytes);
    note('plainIdle', '  processor, while nothing happens', 'ms', plain.idleMs);
    const led = await measureLed();
    note('heap', 'heap of a room of quorum(), with its witness', 'bytes', led.heapBytes);
    note('rss', '  the same, resident', 'bytes', led.rssBytes);
    note('idle', '  processor, while nobody leads and nothing happens', 'ms', led.idleMs);
    note('led', `  processor, while all are led on leases of ${charter.minLeaseMs / 1000} s`, 'ms', led.ledMs);
  }
  return figures;
}

async function measurePlain(): Promise<{ heapBytes: number; idleMs: number }> {
  const server = await start();
  try {
    const lines = await connectAll(server.url);
    const before = await usageOf(server.child);
    await enter(lines, ({ socket }, n) => {
      const member = { channel: n % roomsPerSocket, room: `room-${n}`, id: `m${n}`, info: null, host: '' };
      socket.send(JSON.stringify({ type: 'join', ...member }));
    });
    await after(1000);
    const { heapBytes } = await usageOf(server.child);
    return { heapBytes: Math.round((heapBytes - before.heapBytes) / rooms), idleMs: await cpuMsOf(server.child) };
  } finally {
    await server.end();
  }
}

async function measureLed(): Promise<{ heapBytes: number; rssBytes: number; idleMs: number; ledMs: number }> {
  const server = await start();
  try {
    const lines = await connectAll(server.url);
    const before = await usageOf(server.child);
    const members: LoneMember[] = [];
    await enter(lines, (line, n) => members.push(joined(line, n)));
    await until(() => members.every(({ isLeading }) => isLeading));
    const ledMs = await cpuMsOf(server.child);
    for (const member of members) member.stop();
    await after(restMs);
    const rested = await usageOf(server.child);
    if (rested.witnesses !== rooms) throw new Error(`${rested.witnesses} witnesses run, not ${rooms}`);
    return {
      heapBytes: Math.round((rested.heapBytes - before.heapBytes) / rooms),
      rssBytes: Math.round((rested.rssBytes - before.rssBytes) / rooms),
      idleMs: await cpuMsOf(server.child),
      ledMs,
    };
  } finally {
    await server.end();
  }
}

interface Line {
  readonly socket: WebSocket;
  readonly members: LoneMember[];
  views: number;
}

async function connectAll(url: string): Promise<readonly Line[]> {
  return Promise.all(Array.from({ length: rooms / roomsPerSocket }, () => connect(url)));
}

async function connect(url: string): Promise<Line> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const line: Line = { socket, members: [], views: 0 };
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) {
      const frame = decodeRelayFrame(data);
      if (frame) line.members[frame.channel]?.relayed(frame.entries);
      return;
    }
    const message = JSON.parse(data.toString()) as ServerMessage;
    if (message.type === 'view') line.views++;
    if ('channel' in message && message.channel !== undefined) line.members[message.channel]?.hear(message);
  });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'hello', version: protocolVersion }));
  return line;
}

function joined({ socket, members }: Line, n: number): LoneMember {
  const channel = n % roomsPerSocket;
  const member = new LoneMember({ id: `m${n}`, room: `room-${n}`, charter, platform, seed: n, channel });
  members[channel] = member;
  member.join({
    say: (message) => socket.send(JSON.stringify(message)),
    relay: (entry) => socket.send(encodeRelayFrame({ channel, entries: [entry] })),
  });
  return member;
}

/** All rooms are entered, a few at a time: the server pings behind each welcome, and `ws` takes too many pings amiss. */
async function enter(lines: readonly Line[], join: (line: Line, n: number) => void): Promise<void> {
  for (let entered = 0; entered < roomsPerSocket; entered += 50) {
    for (const [at, line] of lines.entries()) {
      for (let n = entered; n < entered + 50; n++) join(line, at * roomsPerSocket + n);
    }
    await until(() => lines.every(({ views }) => views >= entered + 50));
  }
}

async function start(): Promise<{ url: string; child: ChildProcess; end(): Promise<void> }> {
  const path = fileURLToPath(new URL('server/process.ts', import.meta.url));
  const child = fork(path, { execArgv: [...process.execArgv, '--expose-gc'] });
  const [url] = (await once(child, 'message')) as [string];
  const end = async (): Promise<void> => {
    child.disconnect();
    await once(child, 'exit');
  };
  return { url, child, end };
}

async function usageOf(child: ChildProcess, collects = true): Promise<Usage> {
  child.send(collects);
  const [usage] = (await once(child, 'message')) as [Usage];
  return usage;
}

/** Of the time that follows. The garbage of the time before is not part of it. */
async function cpuMsOf(child: ChildProcess): Promise<number> {
  await usageOf(child);
  const before = await usageOf(child, false);
  await after(measureMs);
  return (await usageOf(child, false)).cpuMs - before.cpuMs;
}

async function until(condition: () => boolean): Promise<void> {
  const limitMs = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > limitMs) throw new Error('not within a minute');
    await after(20);
  }
}
