import type { Mutant } from './mutant.ts';

const core = 'src/core/available';

/** Bugs that an election of this kind is known to have, or nearly had. */
export const mutants: readonly Mutant[] = [
  {
    name: 'silence-is-never-noticed',
    file: `${core}/link.ts`,
    find: 'this.heard ? this.#heardAt + silenceMs(this.#nextMs, this.rttMs ?? 0) : Infinity',
    replace: 'Infinity',
  },
  {
    name: 'one-way-links-count',
    file: `${core}/graph.ts`,
    find: 'if (!through.has(next) && hears(next).includes(id)) through.set(next, id);',
    replace: 'if (!through.has(next)) through.set(next, id);',
  },
  {
    name: 'stepped-down-terms-are-followed',
    file: `${core}/leading.ts`,
    find: 'return follows === null || claim.term > follows.term || sameLeadership(claim, follows);',
    replace: 'return true;',
  },
  {
    name: 'winner-keeps-its-low-term',
    file: `${core}/leading.ts`,
    find: 'return members.some((member) => !isAcceptable(leader, member.follows));',
    replace: 'return members.length < 0 && leader.term < 0;',
  },
  {
    name: 'new-leader-takes-its-old-term',
    file: `${core}/leading.ts`,
    find: 'const term = highestTerm + 1;',
    replace: 'const term = Math.max(1, highestTerm);',
  },
  {
    name: 'minimum-off-by-one',
    file: `${core}/leading.ts`,
    find: 'members.length >= minMembers ||',
    replace: 'members.length >= minMembers - 1 ||',
  },
  {
    name: 'followers-of-others-counted',
    file: `${core}/leading.ts`,
    find: [
      'if (group.claims.length !== 1) return null;',
      'let following = 0;',
      'for (const { follows } of group.members) {',
      '  if (follows === null) continue;',
      '  if (!sameLeadership(follows, claim)) return null;',
    ].join('\n  '),
    replace: [
      'let following = 0;',
      'for (const { follows } of group.members) {',
      '  if (follows === null && claim.term > 0) continue;',
    ].join('\n  '),
  },
  {
    name: 'yields-before-the-stronger-one-knows-of-it',
    file: `${core}/candidate.ts`,
    find: '(mustRaise || prevails(rival, mine))',
    replace: '(mustRaise || strongest.id === rival.id)',
  },
  {
    name: 'claims-while-others-arrive',
    file: `${core}/candidate.ts`,
    find: 'minMembers) && !isGathering(member)) raise(',
    replace: 'minMembers)) raise(',
  },
  {
    name: 'leads-on-while-others-arrive',
    file: `${core}/candidate.ts`,
    find: 'if (isOvertaken && !isGathering(member)) return',
    replace: 'if (isOvertaken) return',
  },
  {
    name: 'claims-before-hearing-who-won',
    schedule: 'claims-before-hearing-who-won',
    file: `${core}/neighbours.ts`,
    find: 'if (isOfAnotherGroup(follows, own.follows)) note(follows.id);',
    replace: 'if (follows !== null && own.seq < 0) isOfAnotherGroup(follows, own.follows);',
  },
  {
    name: 'sure-at-once-after-a-pause',
    file: `${core}/candidate.ts`,
    find: 'if (member.isUnsure || member.view === null) return;',
    replace: 'if (member.view === null) return;',
  },
  {
    name: 'everybody-prefers-itself',
    file: `${core}/leading.ts`,
    find: 'lineOfSuccession(group.members)[0]?.id === group.self.id;',
    replace: 'lineOfSuccession(group.members).some((member) => member.id === group.self.id);',
  },
  {
    name: 'conflict-told-each-time-it-is-heard',
    file: `${core}/conflicts.ts`,
    find: 'if (this.#remembered.has(key)) return false;',
    replace: 'if (this.#remembered.size < 0) return false;',
  },
  {
    name: 'conflict-not-told-on',
    file: `${core}/conflicts.ts`,
    find: 'news.until = now + displacementMs;',
    replace: 'news.until = now;',
  },
  {
    name: 'older-records-replace-newer',
    file: `${core}/table.ts`,
    find: 'return record.seq > known.record.seq ||',
    replace: 'return record.seq !== known.record.seq ||',
  },
  {
    name: 'appointment-never-ends',
    file: `${core}/claims.ts`,
    find: 'return (heir.follows?.term ?? 0) < appointment.term && (heir.claim?.term ?? 0) < appointment.term;',
    replace: 'return heir.id === appointment.to;',
  },
  {
    name: 'malformed-message-thrown-on',
    file: `${core}/parse.ts`,
    find: "return error instanceof Malformed ? error.message : 'cannot be read';",
    replace: 'throw error;',
  },
  {
    name: 'leads-on-after-a-pause',
    file: `${core}/pulse.ts`,
    find: 'return now < aliveUntil;',
    replace: 'return now < Infinity;',
  },
  {
    name: 'lease-on-the-slow-clock',
    file: `${core}/available.ts`,
    find: 'isAlive(this.#member, at.fast);',
    replace: 'isAlive(this.#member, at.slow);',
  },
  {
    name: 'sleep-not-seen-by-the-fast-clock',
    file: 'src/driver/clocks.ts',
    find: 'anchor.fast + Math.max(0, byMonotonic, byWall)',
    replace: 'anchor.fast + Math.max(0, byMonotonic, Math.min(byMonotonic, byWall))',
  },
  {
    name: 'published-by-whoever-wants-to',
    file: `${core}/publishing.ts`,
    find: 'if (own.claim === null || leader?.id !== id) return;',
    replace: 'if (leader === null) return;',
  },
  {
    name: 'newest-edition-not-fetched',
    file: `${core}/publishing.ts`,
    find: 'for (const edition of [better, missing]) {',
    replace: 'for (const edition of [missing]) {',
  },
  {
    name: 'stays-after-goodbye',
    file: 'src/electors/available.ts',
    find: "driver.close({ type: 'leave' })",
    replace: "driver.feed({ type: 'tick' })",
  },
  {
    name: 'empty-wake',
    file: `${core}/pulse.ts`,
    find: 'member.wakeAt = Math.max(at, now + 1);',
    replace: 'member.wakeAt = now + 1;',
  },
  {
    name: 'leader-keeps-leading-when-it-hands-over',
    file: `${core}/candidate.ts`,
    find: 'member.amend({ claim: null, appoints: { to',
    replace: 'member.amend({ appoints: { to',
  },
];
