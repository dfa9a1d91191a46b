import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Channel } from './cluster.ts';
import { Listeners } from './listeners.ts';
import { assertFunction, assertJson } from './values.ts';

type Value = Json | Uint8Array;

export interface ChannelsOptions {
  /** Rejects as `Channel.send` does. */
  send(to: PeerId, topic: string, value: Value): Promise<void>;
  /** Rejects as `Channel.broadcast` does. */
  broadcast(topic: string, value: Value): Promise<void>;
}

/** A channel's topic is this and its name. */
export const channelPrefix = 'channel:';

/** What messages are about, beside those channels. */
export const topics = { election: 'election', presence: 'presence' } as const;
const maxNameLength = 128;

/** The application's own messages, by the name of their channel. */
export class Channels {
  readonly #options: ChannelsOptions;
  readonly #listeners = new Listeners<Record<string, { readonly value: Value; readonly from: PeerId }>>();

  constructor(options: ChannelsOptions) {
    this.#options = options;
  }

  channel<T>(name: string): Channel<T> {
    if (typeof name !== 'string' || name === '' || name.length > maxNameLength) {
      throw new TypeError(`channel: the name must be a text of 1 to ${maxNameLength} characters`);
    }
    const topic = channelPrefix + name;
    return {
      send: (to, value) => handled(this.#options.send(to, topic, sendable(value))),
      broadcast: (value) => handled(this.#options.broadcast(topic, sendable(value))),
      on: (run) => {
        assertFunction(run, 'a listener');
        return this.#listeners.on(topic, ({ value, from }) => run(value as T, from));
      },
    };
  }

  receive(topic: string, value: Value, from: PeerId): void {
    this.#listeners.emit(topic, { value, from });
  }
}

function sendable(value: unknown): Value {
  // The application may change them, or transfer them to somebody else, while they wait.
  if (value instanceof Uint8Array) return new Uint8Array(value);
  assertJson(value, 'a channel message that is not a Uint8Array');
  return value;
}

/** Whoever does not wait for the outcome is not punished with an unhandled rejection. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
