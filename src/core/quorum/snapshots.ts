import { configurationChars } from './configuration.ts';
import type { SnapshotChunk } from './messages.ts';
import { underWayMs } from './pace.ts';
import type { Session, Snapshot } from './state.ts';

/** A snapshot as it is sent: one text, in which the line of the sessions comes before the application's data. */
export interface SnapshotText {
  readonly snapshot: Snapshot;
  readonly text: string;
  readonly digest: number;
}

/** What it counts for in limits: about as much as is sent of it. */
export function snapshotChars({ configuration, sessions, data }: Snapshot): number {
  return configurationChars(configuration) + sessions.length * sessionChars + data.length;
}

const sessionChars = 64;

export function snapshotText(snapshot: Snapshot): SnapshotText {
  const sessions = snapshot.sessions.map(({ id, owner, nonce, last, usedAt }) => [id, owner, nonce, last, usedAt]);
  const text = `${JSON.stringify(sessions)}\n${snapshot.data}`;
  return { snapshot, text, digest: digestOf(text) };
}

export function pieceOf(
  { snapshot, text, digest }: SnapshotText,
  term: number,
  offset: number,
  chars: number,
): SnapshotChunk {
  const { index, term: lastTerm, configuration } = snapshot;
  const chunk = text.slice(offset, offset + chars);
  return { type: 'snapshot', term, index, lastTerm, configuration, digest, totalChars: text.length, offset, chunk };
}

/** How much of a snapshot one follower was sent, and has. */
export class SnapshotSending {
  readonly source: SnapshotText;
  /** It has this much. */
  acked = 0;
  sent = 0;
  /** Before the first answer only one piece is sent: it may have some from an earlier leader. */
  isAnswered = false;
  #ackedBefore = -1;
  #ackedAt: number = -Infinity;
  /** Many pieces may be behind the one that is lost: they send it again once. */
  #rewoundAt = -1;

  constructor(source: SnapshotText) {
    this.source = source;
  }

  /** Goes on behind what it has; the last piece is sent again also if it has all, for its last word may be lost. */
  rewind(): void {
    this.sent = Math.min(this.acked, this.source.text.length - 1);
    this.#ackedBefore = -1;
  }

  /** Asked after every round: nothing came since the last one, so pieces were lost, or so it seems. True if all of them. */
  noticeLoss(now: number): boolean {
    if (this.acked !== this.#ackedBefore) {
      this.#ackedBefore = this.acked;
      this.#ackedAt = now;
    } else if (now - this.#ackedAt >= underWayMs(this.sent - this.acked)) {
      this.isAnswered = false; // what it has may be less than it had: it may have restarted
      this.rewind();
      return this.acked === 0;
    }
    return false;
  }

  /** The same offset again: a piece came that does not follow on what is there, so one before it is lost. */
  hear(offset: number): void {
    if (!this.isAnswered) this.sent = offset;
    else if (offset < this.acked)
      return; // late
    else if (offset === this.acked && offset !== this.#rewoundAt) {
      this.#rewoundAt = offset;
      this.rewind();
    }
    this.isAnswered = true;
    this.acked = offset;
    this.sent = Math.max(this.sent, offset);
  }

  /** The next piece, or null if enough is under way. */
  next(term: number, chunkChars: number, maxInFlight: number): SnapshotChunk | null {
    const { text } = this.source;
    const window = this.isAnswered ? maxInFlight * chunkChars : 1;
    if (this.sent >= text.length || this.sent - this.acked >= window) return null;
    const piece = pieceOf(this.source, term, this.sent, chunkChars);
    this.sent += piece.chunk.length;
    return piece;
  }
}

/** A snapshot on its way in. */
export class SnapshotReceiving {
  readonly #first: SnapshotChunk;
  readonly #chunks: string[] = [];
  #chars = 0;

  constructor(first: SnapshotChunk) {
    this.#first = first;
  }

  /** How much of it is there. */
  get chars(): number {
    return this.#chars;
  }

  get isComplete(): boolean {
    return this.#chars === this.#first.totalChars;
  }

  isOf({ index, lastTerm, digest, totalChars }: SnapshotChunk): boolean {
    const first = this.#first;
    return (
      index === first.index && lastTerm === first.lastTerm && digest === first.digest && totalChars === first.totalChars
    );
  }

  /** Pieces that do not follow on what is there are left out: the answer says where to go on. */
  take({ offset, chunk }: SnapshotChunk): void {
    if (offset !== this.#chars) return;
    this.#chunks.push(chunk);
    this.#chars += chunk.length;
  }

  /** `null`: the pieces do not make the snapshot they are said to be. */
  finish(): Snapshot | null {
    const text = this.#chunks.join('');
    const { index, lastTerm: term, configuration, digest } = this.#first;
    const lineEnd = text.indexOf('\n');
    if (digestOf(text) !== digest || lineEnd === -1) return null;
    const sessions = parseSessions(text.slice(0, lineEnd), index);
    if (sessions === null) return null;
    return { index, term, configuration, sessions, data: text.slice(lineEnd + 1) };
  }
}

function parseSessions(line: string, index: number): readonly Session[] | null {
  try {
    const rows = JSON.parse(line) as unknown;
    return Array.isArray(rows) ? rows.map((row) => session(row, index)) : null;
  } catch {
    return null; // the leader sent something else than what it stored
  }
}

/** Throws if it is none. */
function session(row: unknown, index: number): Session {
  const [id, owner, nonce, last, usedAt] = row as [number, string, number, number, number];
  const isSound = [id, nonce, last, usedAt].every((value) => Number.isSafeInteger(value) && value >= 0);
  if (!isSound || typeof owner !== 'string' || id > usedAt || usedAt > index) throw new TypeError('no session');
  return { id, owner, nonce, last, usedAt };
}

/** FNV-1a over the code units. */
function digestOf(text: string): number {
  let digest = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) digest = Math.imul(digest ^ text.charCodeAt(at), 0x01000193);
  return digest >>> 0;
}
