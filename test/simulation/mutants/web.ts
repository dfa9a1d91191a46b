import type { Mutant } from './mutant.ts';

/** Bugs between the cores and the wire: in the server's rooms, their founding and memory, in discovery and sessions. */
export const mutants: readonly Mutant[] = [
  {
    name: 'late-close-removes-the-new-connection',
    file: 'signaling-server/room.ts',
    find: '      this.#seated.delete(member.seat);\n      this.#effects.push',
    replace: '      this.#effects.push',
  },
  {
    name: 'no-hello-in-time-is-final',
    file: 'signaling-server/connection.ts',
    find: "if (!this.#greeted) return close('heartbeat', `say",
    replace: "if (!this.#greeted) return close('protocol', `say",
  },
  {
    name: 'view-of-a-new-era-read-as-departures',
    file: 'src/discovery/signaling.ts',
    find: 'if (!sameEra) for (const id of members.keys()) this.#kept.add(id);',
    replace: '',
  },
  {
    name: 'missed-members-kept-for-no-time',
    file: 'src/discovery/signaling.ts',
    find: 'this.#timers.after(keepMs,',
    replace: 'this.#timers.after(keepMs / 100,',
  },
  {
    name: 'lost-session-not-told-of',
    file: 'src/links/session.ts',
    find: 'if (lossy) this.#options.events.onReset(this.#peer);',
    replace: '',
  },
  {
    name: 'founded-by-those-who-have-not-pledged',
    file: 'src/core/founding/founding.ts',
    find: 'const pledgers = this.#pledgers((known) => hasPledged(known, nowMs));',
    replace: 'const pledgers = this.#pledgers((known) => hasPledged(known, nowMs) || isFree(known, nowMs));',
  },
  {
    name: 'founded-before-the-charter-of-those-who-are-away-is-over',
    file: 'src/core/founding/known.ts',
    find: '(known.isSeated || nowMs < known.contactMs + this.#charterMs)',
    replace: '(known.isSeated || nowMs < known.contactMs)',
  },
  {
    name: 'witness-under-its-old-id-with-an-empty-memory',
    file: 'signaling-server/hosting.ts',
    find: 'const stored = storage ? storedState(await storage.load()) : undefined;',
    replace: 'const stored = storage === undefined ? storedState(await this.#place(id)) : undefined;',
  },
  {
    name: 'votes-seen-before-the-change-is-done',
    file: 'src/electors/roles.ts',
    find: 'for (const { id, witness } of inForce)',
    replace: 'for (const { id, witness } of [...inForce, ...next])',
  },
  {
    name: 'superseded-member-keeps-its-id-and-its-log',
    file: 'src/electors/quorum-election.ts',
    find: 'if (group.continues !== core.epoch && !isOwn)',
    replace: 'if (group.epoch < 0 && !isOwn)',
  },
  {
    name: 'server-without-memory-founds-at-once',
    file: 'signaling-server/past.ts',
    find: 'contactMs: this.#startedMs - this.#watchedMs }',
    replace: 'contactMs: -Infinity }',
  },
  {
    name: 'restarted-server-forgets-who-was-in-contact',
    file: 'signaling-server/past.ts',
    find: 'contactMs: isClosed ? -Infinity : this.#startedMs }',
    replace: 'contactMs: -Infinity }',
  },
  {
    name: 'store-begun-without-a-look-at-the-clock',
    schedule: 'epoch-numbered-again-by-a-clock-that-was-set-back-later',
    file: 'signaling-server/past.ts',
    find: 'await this.#store.begin(highestBy(wallMs));',
    replace: 'await this.#store.begin(highestBy(0 * wallMs));',
  },
  {
    name: 'epochs-known-by-their-number-alone',
    schedule: 'back-from-another-epoch-of-the-same-number',
    file: 'src/core/founding/founding.ts',
    find: 'if (!this.#crowd.isWhole || this.knows(id)) return null;',
    replace: "if (id !== '') return null;",
  },
  {
    name: 'followers-reach-those-in-line-alone',
    file: 'src/core/quorum/telling.ts',
    find: 'peers.filter((peer) => !silent.has(peer))',
    replace: '[...silent].filter((peer) => !silent.has(peer))',
  },
  {
    name: 'slow-answers-taken-for-silence',
    schedule: 'answers-later-than-the-next-ping',
    file: 'src/signaling/connection.ts',
    find: 'Math.min(heartbeatMs, this.charterMs) / 2);',
    replace: 'everyMs / 2);',
  },
  {
    name: 'contact-counted-from-the-answer',
    file: 'src/discovery/epochs/contact.ts',
    find: 'this.#onContact(this.#lastAt);',
    replace: 'this.#onContact(this.#clocks.now().fast);',
  },
  {
    name: 'data-channels-within-a-browser',
    file: 'src/links/session-links.ts',
    find: 'this.#wanted.has(peer) && !near.has(peer)',
    replace: 'this.#wanted.has(peer)',
  },
  {
    name: 'broadcast-to-other-browsers',
    file: 'src/links/session-links.ts',
    find: 'members.filter(({ host }) => host === own?.host)',
    replace: "members.filter(({ host }) => host !== own?.host + '?')",
  },
  {
    name: 'followers-know-before-their-leader',
    file: 'src/electors/quorum-election.ts',
    find: 'if (effect.leader === null || (effect.leader.id !== self && this.#known?.id === self)) this.#setLeader(null);',
    replace: 'if (effect.leader?.id !== self) this.#setLeader(effect.leader);',
  },
];
