import type { Claim } from '../core/lock/claim.ts';
import { maxCount } from '../core/lock/limits.ts';
import { isPeerId } from '../protocol/ids.ts';

/** Stands for a room whose name is too long for locks: SHA-256 of its JSON, in hexadecimal. */
export interface RoomDigest {
  readonly sha256: string;
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

  constructor(room: string | RoomDigest) {
    const list = JSON.stringify(['bellwether', room]).slice(0, -1);
    this.main = `${list},"lock"]`;
    this.claims = `${list},"claim",`;
  }

  claim({ id, ticket, beat, freshMs, term, after }: Claim): string {
    return `${this.claims}${JSON.stringify([id, ticket, beat, freshMs, term, after]).slice(1)}`;
  }

  /** The claims that are meant by these names. */
  claimsOf(names: readonly string[]): readonly Claim[] {
    return names.flatMap((name) => this.#claimOf(name) ?? []);
  }

  #claimOf(name: string): Claim | undefined {
    try {
      const [id, ...numbers] = JSON.parse(`[${name.slice(this.claims.length)}`) as [string, ...number[]];
      const [ticket, beat, freshMs, term, after] = numbers;
      const claim = { id, ticket, beat, freshMs, term, after } as Claim;
      return this.claim(claim) === name && isPeerId(id) && numbers.every(isCount) ? claim : undefined;
    } catch {
      return undefined; // somebody else's, and nothing that could lead
    }
  }
}

function isCount(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0 && number <= maxCount;
}
