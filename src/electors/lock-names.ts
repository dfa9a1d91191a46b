import type { Claim } from '../core/lock/claim.ts';
import { maxCount } from '../core/lock/limits.ts';
import { isPeerId } from '../protocol/ids.ts';

/** Stands for a room whose name is too long for locks: SHA-256 of its JSON, in hexadecimal. */
export interface RoomDigest {
  readonly sha256: string;
}

/** Of how claims are written. Tabs that were not loaded again since the application was renewed may write another one. */
export const ownVersion = 2;

/** What the locks of a room say of who claims to lead. */
export interface Reading {
  readonly claims: readonly Claim[];
  /** Of the claims that are of another version, nothing of which is known but that. */
  readonly otherVersions: readonly number[];
}

/** WebKit has no locks of more than 1,024 characters. What stands beside the room in a claim takes up to 200 of them. */
const maxRoomChars = 800;

export function isTooLong(room: string): boolean {
  return JSON.stringify(room).length > maxRoomChars;
}

/**
 * What the locks of a room are called, whatever its name holds: each a list in JSON, so that no two rooms, and nobody
 * else who keeps locks in the same origin, ever meet by chance.
 */
export class LockNames {
  /** The lock that all want. */
  readonly main: string;
  /** All claims begin so. */
  readonly claims: string;

  readonly #list: string;

  constructor(room: string | RoomDigest) {
    this.#list = JSON.stringify(['bellwether', room]).slice(0, -1);
    this.main = `${this.#list},"lock"]`;
    this.claims = `${this.#list},"claim",`;
  }

  /** What a member has for as long as it is there. */
  member(id: string): string {
    return `${this.#list},"member",${JSON.stringify(id)}]`;
  }

  claim({ id, ticket, beat, freshMs, term, after }: Claim): string {
    return `${this.claims}${JSON.stringify([ownVersion, id, ticket, beat, freshMs, term, after]).slice(1)}`;
  }

  /** What is meant by these names. */
  read(names: readonly string[]): Reading {
    const claims: Claim[] = [];
    const otherVersions: number[] = [];
    for (const name of names) {
      const [version, ...parts] = this.#listOf(name);
      if (version === ownVersion) claims.push(...this.#claimOf(name, parts));
      else if (isCount(version)) otherVersions.push(version);
    }
    return { claims, otherVersions };
  }

  /** Empty: somebody else's, and nothing that could lead. */
  #listOf(name: string): readonly unknown[] {
    try {
      return JSON.parse(`[${name.slice(this.claims.length)}`) as readonly unknown[];
    } catch {
      return [];
    }
  }

  #claimOf(name: string, parts: readonly unknown[]): readonly Claim[] {
    const [id, ...numbers] = parts;
    if (!isPeerId(id) || !numbers.every(isCount)) return [];
    const [ticket, beat, freshMs, term, after] = numbers;
    const claim = { id, ticket, beat, freshMs, term, after } as Claim;
    return this.claim(claim) === name ? [claim] : [];
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= maxCount;
}
