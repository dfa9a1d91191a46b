import { Malformed, number, object, optional, whole, type Parse } from '../core/parsing.ts';

/** What all members of a room must agree on, or they would elect by different rules. */
export interface Charter {
  readonly elector: ElectorName;
  /** Only of `quorum` without named voters: members come and go. */
  readonly quorum?: QuorumCharter | undefined;
}

export type ElectorName = 'available' | 'lock' | 'quorum';

export interface QuorumCharter {
  /** Whether the signaling server hosts a witness that votes. */
  readonly witness: 'anchor' | 'none';
  readonly maxVoters: number;
  readonly minLeaseMs: number;
  readonly maxLeaseMs: number;
  /** A leader that has been out of contact with the server for so long leads no more. */
  readonly charterMs: number;
}

/** A server that forgot everything founds no room again before the longest of all charters is over. */
export const maxCharterMs: number = 24 * 60 * 60 * 1000;
const lengthMs = number(1, maxCharterMs);

export const charter: Parse<Charter> = object<Charter>({
  elector: oneOf('available', 'lock', 'quorum'),
  quorum: optional(
    object<QuorumCharter>({
      witness: oneOf('anchor', 'none'),
      maxVoters: whole(1, 64),
      minLeaseMs: lengthMs,
      maxLeaseMs: lengthMs,
      charterMs: lengthMs,
    }),
  ),
});

/** In words: the first option in which another charter differs from that of the room, with both values. */
export function charterDifference(room: Charter, other: Charter): string | null {
  if (room.elector !== other.elector) return difference('elector', room.elector, other.elector);
  if (!room.quorum || !other.quorum) {
    const say = (quorum: QuorumCharter | undefined): string => (quorum ? 'come and go' : 'named');
    return room.quorum === other.quorum ? null : difference('voters', say(room.quorum), say(other.quorum));
  }
  for (const option of ['witness', 'maxVoters', 'minLeaseMs', 'maxLeaseMs', 'charterMs'] as const) {
    const [agreed, given] = [room.quorum[option], other.quorum[option]];
    if (agreed !== given) return difference(option, agreed, given);
  }
  return null;
}

function difference(option: string, room: string | number, other: string | number): string {
  return `${option} is ${other} here, and ${room} in the room`;
}

function oneOf<Name extends string>(...names: readonly Name[]): Parse<Name> {
  return (value) => {
    const name = names.find((each) => each === value);
    if (name === undefined) throw new Malformed(`is none of ${names.join(', ')}`);
    return name;
  };
}
