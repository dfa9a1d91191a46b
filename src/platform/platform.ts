import type { Broadcast } from './broadcast.ts';
import type { Counters } from './counters.ts';
import type { Locks } from './locks.ts';

/** Takes back what the call that returned it did. Calling it again does nothing. */
export type Undo = () => void;

/** The two readings that the driver combines into its `fast` and `slow` clocks; both in milliseconds. */
export interface Clock {
  /** Never goes back, but may stop while the machine sleeps. Fractions are kept. */
  monotonicMs(): number;
  /** Milliseconds since 1970. May jump either way. */
  wallMs(): number;
}

export interface Timers {
  /** Runs `run` once, no earlier than `delayMs` from now; late where the runtime throttles timers. */
  after(delayMs: number, run: () => void): Undo;
}

/** What a page goes through. Runtimes without pages are always visible, and never hide or come back. */
export interface Lifecycle {
  visible(): boolean;
  onVisibility(run: (visible: boolean) => void): Undo;
  /** `pagehide`: the last moment in which something can be sent. `mayReturn`: the browser means to keep the page. */
  onHide(run: (mayReturn: boolean) => void): Undo;
  /** `pageshow`: it did return, out of the back/forward cache. */
  onShow(run: () => void): Undo;
  /** The page is about to be frozen: the last moment in which something can be sent before it thaws, if ever. */
  onFreeze(run: () => void): Undo;
  /** The runtime has a network again. */
  onOnline(run: () => void): Undo;
}

/** The part of the standard WebSocket that is used here; `ws` and every browser have it. */
export interface Socket {
  binaryType: string;
  readonly readyState: number;
  /** Bytes accepted by `send` and not yet given to the network. */
  readonly bufferedAmount: number;
  send(frame: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: { message?: string; error?: unknown }) => void) | null;
}

/** `new WebSocket(url)`. May throw on a malformed URL. */
export type SocketConstructor = new (url: string) => Socket;

/** `LockManager`, which the types of a program for Node do not know. */
export type BrowserLocks = typeof globalThis extends { LockManager: { prototype: infer Known } } ? Known : never;
/** `IDBFactory`, likewise. */
export type BrowserDatabases = typeof globalThis extends { IDBFactory: { prototype: infer Known } } ? Known : never;
/** `IDBDatabase`, likewise. */
export type BrowserDatabase = typeof globalThis extends { IDBDatabase: { prototype: infer Known } } ? Known : never;
/** `BroadcastChannel` itself, likewise. */
export type BrowserBroadcast = typeof globalThis extends { BroadcastChannel: infer Known } ? Known : never;

/** All that differs from one runtime to the next. Everything else in the library is the same code everywhere. */
export interface Platform {
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly lifecycle: Lifecycle;
  /** Absent where the runtime has none. */
  readonly WebSocket?: SocketConstructor | undefined;
  /** True where `RTCPeerConnection` exists. */
  readonly hasWebRtc: boolean;
  /** The browser's own, or what stands for them (`origin.ts`). Absent where there are none: also over plain http. */
  readonly locks?: Locks | BrowserLocks | undefined;
  /** IndexedDB to keep them in, where reading it may throw, or what stands for them. Absent where there are none. */
  readonly counters?: Counters | (() => BrowserDatabases | undefined) | undefined;
  /** The browser's own, or what stands for it (`web-broadcast.ts`). Absent where the runtime has none. */
  readonly broadcast?: Broadcast | BrowserBroadcast | undefined;
  /** `length` bytes from the system's secure generator. */
  randomBytes(length: number): Uint8Array;
  /** Names what members may share the fate of: one machine for processes, one browser profile for pages. */
  host(): string;
  /**
   * Runs `run` when the process is asked to end (SIGINT, SIGTERM), holds the signal back until the promise settles,
   * and raises it again. Runtimes without signals never call it.
   */
  onExitSignal(run: () => Promise<void>): Undo;
}
