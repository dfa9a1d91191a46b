import type { ClusterEvents, Snapshot } from 'bellwether';
import { countedByBoth, counterState } from './counter-state.ts';
import type { Handover } from './handover.ts';
import type { LogKind } from './log.ts';
import { nameOf } from './names.ts';
import { capitalised, counted, listed, milliseconds } from './words.ts';

export interface Sentence {
  readonly kind: LogKind;
  readonly text: string;
}

/** Tells in words what changed among the members between two looks at the cluster. */
export function membersInWords(before: Snapshot, now: Snapshot): Sentence[] {
  const sentences: Sentence[] = [];
  const say = (text: string): number => sentences.push({ kind: 'flock', text });
  for (const member of now.members.values()) {
    if (member.isSelf) continue;
    const name = nameOf(member.info, member.id);
    const earlier = before.members.get(member.id);
    if (!earlier) {
      say(`${name} came.`);
      continue;
    }
    const oldName = nameOf(earlier.info, earlier.id);
    if (oldName !== name) say(`${oldName} is called ${name} now.`);
    if (earlier.reachable && !member.reachable) say(`${name} is out of reach.`);
    if (!earlier.reachable && member.reachable) say(`${name} is in reach.`);
    if (member.reachable && member.path === 'webrtc' && earlier.path !== 'webrtc')
      say(`${name}: direct now, over WebRTC.`);
    if (member.reachable && member.path === 'relay' && earlier.path === 'webrtc') say(`${name}: over the relay again.`);
  }
  for (const member of before.members.values()) {
    if (!now.members.has(member.id)) say(`${nameOf(member.info, member.id)} left.`);
  }
  return sentences;
}

export function leaderInWords({ leader }: ClusterEvents['leader']): Sentence {
  if (!leader) return { kind: 'bell', text: 'Nobody is known to lead.' };
  const name = nameOf(leader.info, leader.id);
  return {
    kind: 'bell',
    text: `${leader.isSelf ? `This page (${name}) leads` : `${name} leads`}, term ${leader.term}.`,
  };
}

export function conflictInWords({ winner, loser }: ClusterEvents['conflict']): Sentence {
  const [stays, goes] = [winner, loser].map((party) => `${nameOf(party.info, party.id)} (term ${party.term})`);
  const both = countedByBoth(counterState(winner.published), counterState(loser.published));
  return {
    kind: 'trouble',
    text: `Two groups met: ${stays} leads on, ${goes} stepped down. Meanwhile both counted ${counted(both, 'tick')}.`,
  };
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
  return { kind: 'trouble', text: `${capitalised(error instanceof Error ? error.message : String(error))}${code}` };
}
