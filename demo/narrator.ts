import type { ClusterEvents, Member, Snapshot } from 'bellwether';
import { countedByBoth, counterState } from './counter-state.ts';
import type { Handover } from './handover.ts';
import { calledOf } from './flock.ts';
import type { LogKind } from './log.ts';
import { nameOf } from './names.ts';
import { termInWords } from './term.ts';
import { capitalised, counted, listed, milliseconds } from './words.ts';

export interface Sentence {
  readonly kind: LogKind;
  readonly text: string;
}

/** Tells in words what changes among the members. */
export class FlockNarrator {
  /** Who was in reach, and is not. */
  readonly #lost = new Set<string>();

  tell(before: Snapshot, now: Snapshot): Sentence[] {
    const texts: string[] = [];
    for (const member of now.members.values()) {
      if (!member.isSelf) texts.push(...this.#changes(before.members.get(member.id), member));
    }
    for (const member of before.members.values()) {
      if (now.members.has(member.id)) continue;
      this.#lost.delete(member.id);
      texts.push(`${calledOf(member)} left.`);
    }
    return texts.map((text) => ({ kind: 'flock', text: capitalised(text) }));
  }

  #changes(before: Member | undefined, now: Member): string[] {
    const name = calledOf(now);
    if (!before) return [`${name} came.`];
    const texts: string[] = [];
    const oldName = calledOf(before);
    if (oldName !== name) texts.push(`${oldName} is called ${name} now.`);
    if (before.role !== now.role)
      texts.push(now.role === 'voter' ? `${name} has a vote now.` : `${name} votes no more.`);
    if (before.reachable && !now.reachable) {
      this.#lost.add(now.id);
      texts.push(`${name} is out of reach.`);
    }
    if (now.reachable && this.#lost.delete(now.id)) texts.push(`${name} is in reach again.`);
    return texts;
  }
}

export function leaderInWords({ leader }: ClusterEvents['leader']): Sentence {
  if (!leader) return { kind: 'bell', text: 'Nobody is known to lead.' };
  const name = nameOf(leader.info, leader.id);
  return {
    kind: 'bell',
    text: `${leader.isSelf ? `This page (${name}) leads` : `${name} leads`}, term ${termInWords(leader.term)}.`,
  };
}

export function conflictInWords({ winner, loser }: ClusterEvents['conflict']): Sentence {
  const [stays, goes] = [winner, loser].map(
    (party) => `${nameOf(party.info, party.id)} (term ${termInWords(party.term)})`,
  );
  return { kind: 'trouble', text: `Two groups met: ${stays} leads on, ${goes} stepped down.` };
}

/** What it cost that two groups led side by side; `null` where it cost nothing. */
export function mergeInWords({ winner, loser }: ClusterEvents['conflict']): string | null {
  const both = countedByBoth(counterState(winner.published), counterState(loser.published));
  return both > 0 ? `${capitalised(counted(both, 'tick'))} counted on both sides` : null;
}

export function discoveryInWords({ discovery }: ClusterEvents['discovery']): Sentence {
  const texts = {
    connecting: 'Looking for the signaling server.',
    online: 'The signaling server answers.',
    offline: 'The signaling server is away; who leads does not change by that.',
  };
  return { kind: 'flock', text: texts[discovery] };
}

export function handoverInWords({ gapMs, lost, twice }: Handover): string {
  return `${milliseconds(gapMs)}, ${lost} tick${lost === 1 ? '' : 's'} lost, ${twice} counted twice`;
}

/** `from`: the names of those that this page is cut off from. */
export function stageInWords(from: readonly string[], frozen: boolean): Sentence {
  if (frozen) return { kind: 'stage', text: 'Frozen: this page neither sends nor hears.' };
  if (from.length > 0) return { kind: 'stage', text: `This page is cut off from ${listed(from)}.` };
  return { kind: 'stage', text: 'All links of this page work again.' };
}

export function errorInWords(error: unknown): Sentence {
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return { kind: 'trouble', text: `${error instanceof Error ? error.message : String(error)}${code}` };
}
