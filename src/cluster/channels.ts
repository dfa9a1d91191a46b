import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Channel } from './cluster.ts';
import { runGuarded } from './listeners.ts';
import { assertJson } from './values.ts';

type Value = Json | Uint8Array;
type Listener = (value: Value, from: PeerId) => void;

export interface ChannelsOptions {
  /** Rejects as `Channel.send` does. */
  send(to: PeerId, name: string, value: Value): Promise<void>;
  /** Every other member that answers. */
  reachable(): readonly PeerId[];
}

const maxNameLength = 128;

/** The application's own messages, by the name of their channel. */
export class Channels {
  readonly #options: ChannelsOptions;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(options: ChannelsOptions) {
    this.#options = options;
  }

  channel<T>(name: string): Channel<T> {
    if (typeof name !== 'string' || name === '' || name.length > maxNameLength) {
      throw new TypeError(`channel: the name must be a text of 1 to ${maxNameLength} characters`);
    }
    return {
      send: (to, value) => handled(this.#options.send(to, name, sendable(value))),
      broadcast: (value) => handled(this.#broadcast(name, sendable(value))),
      on: (run) => this.#on(name, run as Listener),
    };
  }

  receive(name: string, value: Value, from: PeerId): void {
    this.#listeners.get(name)?.forEach((run) => runGuarded(run, value, from));
  }

  #on(name: string, run: Listener): () => void {
    // A function of its own, so that one attached twice runs twice and is taken back once.
    const listener: Listener = (value, from) => run(value, from);
    let listeners = this.#listeners.get(name);
    if (!listeners) this.#listeners.set(name, (listeners = new Set()));
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  async #broadcast(name: string, value: Value): Promise<void> {
    const sends = this.#options.reachable().map((to) => this.#options.send(to, name, value));
    for (const result of await Promise.allSettled(sends)) {
      if (result.status === 'rejected' && !isGone(result.reason)) throw result.reason;
    }
  }
}

/** Members that go while a message is on its way to them are no failure of the broadcast. */
function isGone(error: unknown): boolean {
  return error instanceof ClusterError && (error.code === 'unknown-peer' || error.code === 'peer-reset');
}

function sendable(value: unknown): Value {
  if (value instanceof Uint8Array) return value;
  assertJson(value, 'a channel message that is not a Uint8Array');
  return value;
}

/** Whoever does not wait for the outcome is not punished with an unhandled rejection. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
