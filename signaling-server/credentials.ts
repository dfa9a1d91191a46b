import type { PeerId } from '../src/protocol/ids.ts';
import type { RoomOptions } from './room-events.ts';

/** 192 bits: nobody guesses them, and a secret stays short. */
const sealChars = 32;

/** Secrets of one room, which its key shows to be its own, also after a restart that has forgotten all of them. */
export class Seals {
  readonly #options: Pick<RoomOptions, 'secret' | 'hash'>;
  readonly #key: string;

  constructor(options: Pick<RoomOptions, 'secret' | 'hash'>, key: string) {
    this.#options = options;
    this.#key = key;
  }

  /** Bears no seal: a fresh secret, good for as long as it is remembered. */
  plain(): string {
    return this.#options.secret();
  }

  sealed(id: PeerId): string {
    const secret = this.#options.secret();
    return `${secret}.${this.#sealOf(id, secret)}`;
  }

  /** Whether this room gave it to that member, ever. */
  isSealed(id: PeerId, text: string): boolean {
    const at = text.lastIndexOf('.');
    return at > 0 && this.hash(text.slice(at + 1)) === this.hash(this.#sealOf(id, text.slice(0, at)));
  }

  hash(text: string): string {
    return this.#options.hash(text);
  }

  /** Twice, or whoever has the hash of one text could make that of a longer one. */
  #sealOf(id: PeerId, secret: string): string {
    return this.hash(`${this.#key} ${this.hash(`${this.#key} ${id} ${secret}`)}`).slice(0, sealChars);
  }
}

/** What somebody has to bring to be the member of that id: the secret of its last welcome. */
export class Credentials {
  readonly #id: PeerId;
  readonly #seals: Seals;
  /** False: whose id it is cannot be told, since it may be of before this server was started. */
  #isProven: boolean;
  #resumeHash: string | null = null;
  /**
   * Hash of the secret that it came back with, which is worth nothing once the welcome is known to have arrived. Until
   * then it is still good, or a welcome that is lost with its connection would lock the member out.
   */
  #usedHash: string | null = null;

  constructor(id: PeerId, seals: Seals, isProven: boolean) {
    this.#id = id;
    this.#seals = seals;
    this.#isProven = isProven;
  }

  opens(secret: string): boolean {
    const hash = this.#seals.hash(secret);
    return hash === this.#resumeHash || hash === this.#usedHash || this.isOwner(secret);
  }

  /** Whoever else has come under this id is another one. */
  isOwner(secret: string): boolean {
    return !this.#isProven && this.#seals.isSealed(this.#id, secret);
  }

  use(secret: string): void {
    this.#isProven ||= this.isOwner(secret);
    this.#usedHash = this.#seals.hash(secret);
  }

  /** For the next welcome. */
  issue(): string {
    const secret = this.#isProven ? this.#seals.sealed(this.#id) : this.#seals.plain();
    this.#resumeHash = this.#seals.hash(secret);
    return secret;
  }

  /** The welcome has arrived: what was used before it is spent. */
  spend(): void {
    this.#usedHash = null;
  }

  /** Its member has said goodbye, and never comes back. */
  revoke(): void {
    this.#resumeHash = this.#usedHash = null;
  }
}
