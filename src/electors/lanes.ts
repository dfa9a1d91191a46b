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
  /** It goes with the bulk until all of it has arrived. */
  isBulk: boolean;
}

/**
 * Which messages of the quorum core go ahead of large ones (T1). Heartbeats, votes and answers do; entries do as long as
 * there are few of them under way to all together. More of them, and snapshots, go with the bulk: and so does what follows them, until
 * they have arrived, for entries that overtake others are refused.
 */
export class Lanes {
  readonly #appends = new Map<PeerId, Flow>();
  /** Of what this member appended, sent to whoever leads and not yet known to be committed. */
  #proposedChars = 0;

  laneOf(to: PeerId, message: Message): Lane {
    switch (message.type) {
      case 'append':
        return this.#append(to, message).isBulk ? 'bulk' : 'urgent';
      case 'propose':
        return (this.#proposedChars += charsOf(message.values)) > maxUrgentChars ? 'bulk' : 'urgent';
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
    if (type === 'append-reply' && flow !== undefined && Number(match) >= flow.last) this.#appends.delete(from);
  }

  /** Nothing that this member appended is under way any more. */
  settled(): void {
    this.#proposedChars = 0;
  }

  /** Nobody else is there any more. */
  keep(peers: readonly (PeerId | null)[]): void {
    for (const peer of this.#appends.keys()) if (!peers.includes(peer)) this.#appends.delete(peer);
  }

  /** What was under way to that member is not any more. */
  reset(peer: PeerId): void {
    this.#appends.delete(peer);
  }

  #append(to: PeerId, { term, prevIndex, entries }: Append): Flow {
    let flow = this.#appends.get(to);
    if (flow?.term !== term) this.#appends.set(to, (flow = { term, last: 0, chars: 0, isBulk: false }));
    flow.last = Math.max(flow.last, prevIndex + entries.length);
    for (const entry of entries) flow.chars += entryChars(entry);
    flow.isBulk ||= this.#urgentChars() > maxUrgentChars;
    return flow;
  }

  /** Under way to all members together. Of those who do not answer it soon is bulk. */
  #urgentChars(): number {
    let chars = 0;
    for (const flow of this.#appends.values()) if (!flow.isBulk) chars += flow.chars;
    return chars;
  }
}

/** A configuration names everybody: in a large room it is large, and whoever comes in gets many. */
function entryChars(entry: Append['entries'][number]): number {
  if (entry.type === 'value') return entry.value.length;
  return entry.type === 'configuration' ? JSON.stringify(entry.configuration).length : 0;
}

function charsOf(values: readonly string[]): number {
  return values.reduce((chars, value) => chars + value.length, 0);
}
