import type { Mutant } from './mutant.ts';

const core = 'src/core/quorum';

/** Bugs in how members come and go. */
export const mutants: readonly Mutant[] = [
  {
    name: 'configuration-in-force-when-committed',
    file: `${core}/member.ts`,
    find: '    return this.log.configuration;',
    replace: '    return this.log.configurationAt(this.commit);',
  },
  {
    name: 'voters-and-weights-changed-in-a-single-step',
    file: `${core}/configuration.ts`,
    find: 'if (!sameVoters(old, young)) return jointOf(from, to);',
    replace: 'if (!sameVoters(old, young)) return to;',
  },
  {
    name: 'joint-configuration-decided-by-one-half',
    file: `${core}/configuration.ts`,
    find: 'return { halves: [...from.halves, ...to.halves], learners: to.learners };',
    replace: 'return { halves: [...to.halves, ...to.halves], learners: from.learners };',
  },
  {
    name: 'two-changes-at-once',
    file: `${core}/leading.ts`,
    find: 'commit >= this.ownFrom && commit >= log.configurationIndex;',
    replace: 'commit >= this.ownFrom && log.configurationIndex >= 0;',
  },
  {
    name: 'change-before-an-own-entry-is-committed',
    file: `${core}/leading.ts`,
    find: 'commit >= this.ownFrom && commit >= log.configurationIndex;',
    replace: 'commit >= log.configurationIndex;',
  },
  {
    name: 'truncated-configuration-kept',
    file: `${core}/log.ts`,
    find: 'while (this.#inForce.length > 1 && (this.#inForce.at(-1) as InForce).index >= index) this.#inForce.pop();',
    replace: '',
  },
  {
    name: 'learner-counted',
    file: `${core}/electorate.ts`,
    find: "const ready = members.filter((one) => one.state === 'ready' && !voting.includes(one));",
    replace: "const ready = members.filter((one) => one.state !== 'gone' && !voting.includes(one));",
  },
  {
    name: 'lease-not-looked-at-before-a-change',
    file: `${core}/leading.ts`,
    find: 'if (quorumValue(configuration, this.#coveredUntil) <= renewedAt) return false;',
    replace: 'if (renewedAt < 0) return false;',
  },
  {
    name: 'change-waits-for-a-lease-as-long-as-a-successor-needs',
    file: `${core}/leading.ts`,
    find: 'now.fast + this.#distances.neededMs(this.#member.id, configuration);',
    replace: 'now.fast + this.successionRttMs;',
  },
  {
    name: 'only-known-leaders-followed',
    file: `${core}/inbox.ts`,
    find: '        return mayVote;',
    replace: "        return role === 'voter';",
  },
  {
    name: 'anchor-with-the-weight-of-one',
    file: `${core}/electorate.ts`,
    find: 'weight: Math.max(1, half.length - 1), witness: true',
    replace: 'weight: half.length < 0 ? 0 : 1, witness: true',
  },
  {
    name: 'witness-keeps-what-only-it-has',
    file: `${core}/inbox.ts`,
    find: 'if (message.granted === false) fetching.hearRefusal(from);',
    replace: '',
  },
  {
    name: 'dead-voters-keep-their-votes',
    file: `${core}/electorate.ts`,
    find: "return state === 'gone' || state === 'silent';",
    replace: "return state === 'gone' && Date.now() < 0;",
  },
  {
    name: 'sessions-not-opened-anew',
    file: `${core}/accepting.ts`,
    find: 'return last?.nonce === nonce && last.index > this.#member.commit;',
    replace: 'return last?.nonce === nonce;',
  },
  // The log of a witness.
  {
    name: 'witness-takes-all',
    file: `${core}/following.ts`,
    find: 'this.#charsUpTo(index) >= this.#maxChars;',
    replace: 'this.#charsUpTo(index) > 100 * this.#maxChars;',
  },
  {
    name: 'witness-full-before-an-entry-of-the-term',
    file: `${core}/following.ts`,
    find: 'return index > log.baseIndex && log.term(index) === term && this',
    replace: 'return index > log.baseIndex && term > 0 && this',
  },
  {
    name: 'witness-keeps-its-log',
    file: `${core}/following.ts`,
    find: 'const isRelief = isWitness && index > log.baseIndex && log',
    replace: 'const isRelief = isWitness && index < log.baseIndex && log',
  },
  {
    name: 'snapshot-in-the-place-of-what-follows-on-it',
    file: `${core}/following.ts`,
    find: 'if (isRelief) this.#applying.keep(snapshot);',
    replace: 'if (isRelief && from.length === 0) this.#applying.keep(snapshot);',
  },
  {
    name: 'snapshot-with-a-configuration-of-before',
    file: `${core}/applying.ts`,
    find: 'configuration: log.configurationAt(index),',
    replace: 'configuration: log.configurationAt(log.baseIndex),',
  },
  {
    name: 'snapshot-begun-with-is-sent-for-ever',
    file: `${core}/replication.ts`,
    find: 'follower.sending = null;\n    follower.goOn();',
    replace: 'follower.goOn();',
  },
  {
    name: 'witness-that-says-it-has-no-room',
    file: `${core}/following.ts`,
    find: '...(isFull && { isFull }), roomChars };',
    replace: '...(isFull && { isFull }), roomChars: 0 };',
  },
  // From one epoch to the next.
  {
    name: 'pledge-under-a-promise',
    file: `${core}/pledging.ts`,
    find: 'return leader === null && promised.isOver(slow) && !',
    replace: 'return leader === null && promised.remainingMs(slow) >= 0 && !',
  },
  {
    name: 'configurations-of-earlier-epochs-count',
    file: `${core}/log.ts`,
    find: 'last.term > this.#foundingTerm ? last',
    replace: 'last.term > 0 ? last',
  },
  {
    name: 'charter-without-an-end',
    file: `${core}/leading.ts`,
    find: 'return Math.min(this.#covered.until, charteredUntil);',
    replace: 'return this.#covered.until;',
  },
  {
    name: 'contact-forgotten',
    file: 'src/core/founding/known.ts',
    find: 'nowMs < known.contactMs + this.#charterMs)',
    replace: 'nowMs < known.contactMs)',
  },
  {
    name: 'no-quarantine-without-memory',
    file: 'src/core/founding/founding.ts',
    find: 'new Crowd(charterMs, contactMs + strangersMs);',
    replace: 'new Crowd(charterMs, contactMs + 0 * strangersMs);',
  },
  {
    name: 'continues-without-enough-pledges',
    file: 'src/core/founding/founding.ts',
    find: 'continues: end && {',
    replace: 'continues: this.#group.epoch > 0 && {',
  },
  {
    name: 'pledged-and-votes-on',
    file: `${core}/raft.ts`,
    find: "    this.#election.yield();\n    this.#pledging.pledge();\n    disk.flush(log, effects, now.fast);\n    this.#state = 'pledged';",
    replace: '    disk.flush(log, effects, now.fast);',
  },
  {
    name: 'goodbye-counted-before-its-promise-is-over',
    file: 'src/core/founding/founding.ts',
    find: 'const countsMs = nowMs + (pledge.standing.promisedMs * (1 + driftBound)) / (1 - driftBound);',
    replace: 'const countsMs = nowMs + 0 * driftBound;',
  },
  {
    name: 'enough-with-less-than-half',
    file: 'src/core/founding/enough.ts',
    find: '2 * weightOf(half, silent) >= weightOf(half)',
    replace: '3 * weightOf(half, silent) >= weightOf(half)',
  },
  {
    name: 'one-half-of-a-joint-configuration-is-enough',
    file: 'src/core/founding/enough.ts',
    find: 'halves.length > 0 && halves.every(',
    replace: 'halves.some(',
  },
  {
    name: 'leader-that-is-lost-kept-in-mind',
    file: `${core}/election.ts`,
    find: 'this.#member.leader = null; // whom nothing is promised any more is lost',
    replace: '',
  },
  {
    name: 'a-log-that-ends-before-its-epoch-began-is-enough',
    file: 'src/core/founding/enough.ts',
    find: 'if (begunWith && compareLogs(newest, begunWith) < 0) return null;',
    replace: '',
  },
  {
    name: 'what-a-founder-begins-anew-with-is-forgotten',
    schedule: 'founder-gone-with-the-log-it-began-anew-with',
    file: 'src/core/founding/enough.ts',
    find: 'group.continues ?? group.begunWith',
    replace: 'group.continues',
  },
  {
    name: 'joint-configuration-left-before-those-who-get-a-vote-know',
    schedule: 'voter-that-was-not-told-so',
    file: `${core}/membership.ts`,
    find: 'if (after.every(knows)) ',
    replace: '',
  },
  {
    name: 'any-log-founds-the-next-epoch',
    file: 'src/core/founding/founding.ts',
    find: 'compareLogs(one.standing, best.standing) > 0)',
    replace: 'compareLogs(one.standing, best.standing) < 0)',
  },
  {
    name: 'view-read-as-departure',
    file: `${core}/membership.ts`,
    find: "if (this.#isMissing(follower, isWitness, leading)) return peer === undefined ? 'gone' : 'silent';",
    replace: "if (peer === undefined || this.#isMissing(follower, isWitness, leading)) return 'gone';",
  },
  {
    name: 'missing-between-two-heartbeats',
    file: `${core}/membership.ts`,
    find: '    if (!leading.isSilent(follower)) return false;\n',
    replace: '',
  },
];
