import { maxUrgentChars } from '../core/quorum/limits.ts';
import type { Append, Message } from '../core/quorum/messages.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane } from '../protocol/lane.ts';

/** What a leader sent of its log to one member since that had last answered to all of it. */
interface Flow {
  readonly term: number;
  /** The index of the last entry. */
  last: number;
  chars: number;
}

/**
 * Which messages of the quorum core go ahead of large ones (T1). Heartbeats, votes and answers do; entries do as long as
 * there are few of them under way. More of them, and snapshots, go with the bulk: and so does what follows them, until
 * they have arrived, for entries that overtake others are refused.
 */
export class Lanes {
  readonly #appends = new Map<PeerId, Flow>();
  /** Of what this member appended, sent to whoever leads and not yet known to be committed. */
  #proposedChars = 0;

  laneOf(to: PeerId, message: Message): Lane {
    switch (message.type) {
      case 'append':
        return laneFor(this.#append(to, message));
      case 'propose':
        return laneFor((this.#proposedChars += charsOf(message.values)));
      case 'snapshot':
        return 'bulk';
      default:
        return 'urgent';
    }
  }

  /** Whatever arrives: nothing is known of it but the sender. */
  heard(from: PeerId, message: Json): void {
    const { type, match } = (message ?? {}) as { readonly type?: Json; readonly match?: Json };
    const flow = this.#appends.get(from);
    if (type === 'append-reply' && flow !== undefined && Number(match) >= flow.last) flow.chars = 0;
  }

  /** Nothing that this member appended is under way any more. */
  settled(): void {
    this.#proposedChars = 0;
  }

  /** What was under way to that member is not any more. */
  reset(peer: PeerId): void {
    this.#appends.delete(peer);
  }

  #append(to: PeerId, { term, prevIndex, entries }: Append): number {
    let flow = this.#appends.get(to);
    if (flow?.term !== term) this.#appends.set(to, (flow = { term, last: 0, chars: 0 }));
    flow.last = Math.max(flow.last, prevIndex + entries.length);
    for (const entry of entries) if (entry.type === 'value') flow.chars += entry.value.length;
    return flow.chars;
  }
}

function charsOf(values: readonly string[]): number {
  return values.reduce((chars, value) => chars + value.length, 0);
}

function laneFor(charsUnderWay: number): Lane {
  return charsUnderWay > maxUrgentChars ? 'bulk' : 'urgent';
}
