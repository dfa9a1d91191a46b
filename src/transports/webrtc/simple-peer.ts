/** What `RTCPeerConnection` takes as an ICE server. */
export interface IceServer {
  readonly urls: string | string[];
  readonly username?: string;
  readonly credential?: string;
}

/** The part of simple-peer that is used here; any compatible class will do. */
export interface SimplePeer {
  /** Bytes that the data channel has taken and the network has not. */
  readonly bufferSize: number;
  on(event: 'signal', run: (signal: unknown) => void): unknown;
  on(event: 'connect' | 'close', run: () => void): unknown;
  on(event: 'data', run: (data: Uint8Array) => void): unknown;
  on(event: 'error', run: (error: Error) => void): unknown;
  /** Throws after `destroy`. */
  signal(signal: unknown): void;
  /** Throws before `connect` and after `destroy`. */
  send(bytes: Uint8Array): void;
  destroy(): void;
}

export interface SimplePeerOptions {
  readonly initiator: boolean;
  readonly trickle: true;
  readonly config: { readonly iceServers: readonly IceServer[] };
  /** An implementation of WebRTC for runtimes that have none, such as `@roamhq/wrtc`. */
  readonly wrtc?: object;
}

export type SimplePeerConstructor = new (options: SimplePeerOptions) => SimplePeer;

/** The class in what was imported. Where a browser imports it natively, it exports nothing and sets a global. */
export function simplePeerOf(module: unknown): SimplePeerConstructor {
  const Peer =
    (module as { readonly default?: unknown }).default ?? (globalThis as { readonly SimplePeer?: unknown }).SimplePeer;
  if (typeof Peer !== 'function') throw new TypeError('simple-peer was loaded and exports no class: give one as Peer');
  return Peer as SimplePeerConstructor;
}
