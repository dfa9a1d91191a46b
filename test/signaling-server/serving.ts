import { WebSocket, type ClientOptions } from 'ws';
import { onTestFinished } from 'vitest';
import { serveSignaling, type Standalone, type StandaloneOptions } from '../../signaling-server/standalone.ts';
import type { ClientMessage, ServerMessage } from '../../src/protocol/messages.ts';
import { decodeRelayFrame, encodeRelayFrame, ports, type RelayEntry } from '../../src/protocol/relay-frame.ts';
import { parseServerMessage } from '../../src/protocol/server-message.ts';

/** A server on a free port of the loopback, until the end of the test. */
export async function serving(options: Partial<StandaloneOptions> = {}): Promise<Standalone> {
  const server = await serveSignaling({ port: 0, host: '127.0.0.1', ...options });
  onTestFinished(() => server.close({ drainMs: 0 }));
  return server;
}

/** Resolves when the condition holds; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** A bare client that keeps what it is sent. */
export class TestClient {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  readonly entries: RelayEntry[] = [];
  closing: Closing | null = null;
  /** The status of a handshake that was refused. */
  refusal: number | null = null;

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, options);
    this.socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    this.socket.on('close', (code, reason) => (this.closing = { code, reason: reason.toString() }));
    this.socket.on('unexpected-response', (_request, response) => {
      this.refusal = response.statusCode ?? 0;
      this.socket.terminate();
    });
    this.socket.on('error', () => undefined); // a close follows
    onTestFinished(() => this.socket.terminate());
  }

  /** Opens and says hello. */
  static async greet(url: string, options: ClientOptions & { readonly token?: string } = {}): Promise<TestClient> {
    const { token, ...socketOptions } = options;
    const client = await TestClient.open(url, socketOptions);
    client.say({ type: 'hello', version: 1, ...(token === undefined ? {} : { token }) });
    return client;
  }

  static async open(url: string, options: ClientOptions = {}): Promise<TestClient> {
    const client = new TestClient(url, options);
    await until(() => client.socket.readyState !== WebSocket.CONNECTING);
    return client;
  }

  /** Opens, says hello, joins, and waits for the first view. */
  static async join(
    url: string,
    id: string,
    { room = 'room', ...options }: ClientOptions & { readonly token?: string; readonly room?: string } = {},
  ): Promise<TestClient> {
    const client = await TestClient.greet(url, options);
    client.say({ type: 'join', channel: 0, room, id, info: null, host: 'h' });
    await client.heard('view');
    return client;
  }

  say(message: ClientMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  relay(peer: string, text: string, channel = 0): void {
    this.socket.send(encodeRelayFrame({ channel, entries: [{ peer, port: ports.link, payload: Buffer.from(text) }] }));
  }

  /** The first message of that type, once it is there. */
  async heard<Type extends ServerMessage['type']>(
    type: Type,
  ): Promise<Extract<ServerMessage, { readonly type: Type }>> {
    await until(() => this.closing !== null || this.messages.some((message) => message.type === type));
    const message = this.messages.find((candidate) => candidate.type === type);
    if (!message) throw new Error(`closed (${this.closing?.code} ${this.closing?.reason}) without ${type}`);
    return message as Extract<ServerMessage, { readonly type: Type }>;
  }

  /** The first error, once it is there. */
  async refused(): Promise<string> {
    return (await this.heard('error')).code;
  }

  async closed(): Promise<Closing> {
    await until(() => this.closing !== null);
    return this.closing as Closing;
  }

  /** Waits until the server has dealt with all that was sent before. */
  async roundTrip(): Promise<void> {
    const nonce = Math.floor(Math.random() * 2 ** 40);
    this.say({ type: 'ping', nonce });
    await until(
      () =>
        this.closing !== null || this.messages.some((message) => message.type === 'pong' && message.nonce === nonce),
    );
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      const frame = decodeRelayFrame(data);
      if (!frame) throw new Error('the server sent a malformed frame');
      this.entries.push(...frame.entries);
      return;
    }
    this.messages.push(parseServerMessage(data.toString()));
  }
}

export function textsOf(entries: readonly RelayEntry[]): string[] {
  return entries.map(({ peer, payload }) => `${peer}: ${Buffer.from(payload).toString()}`);
}
