import type { Mutant } from './mutant.ts';

const core = 'src/core/quorum';

/** Bugs that Raft and leases are known for, and each rule of the design broken once. */
export const mutants: readonly Mutant[] = [
  // Quorums.
  {
    name: 'quorum-off-by-one',
    file: `${core}/configuration.ts`,
    find: 'weightFrom(value, half) > needed',
    replace: 'weightFrom(value, half) >= needed',
  },
  {
    name: 'weights-counted-as-heads',
    file: `${core}/configuration.ts`,
    find: 'needed += weight / 2;',
    replace: 'needed += Math.min(weight, 1) / 2;',
  },
  // Votes.
  {
    name: 'vote-forgotten-by-restart',
    file: `${core}/member.ts`,
    find: 'return stored.hardState;',
    replace: 'return { ...stored.hardState, vote: null };',
  },
  {
    name: 'two-votes-in-a-term',
    file: `${core}/election.ts`,
    find: 'vote === from || (vote === null && member',
    replace: 'vote === from || (vote !== member.id && member',
  },
  {
    name: 'vote-of-an-earlier-term-counted',
    file: `${core}/election.ts`,
    find: "if (campaign?.kind !== 'vote' || campaign.term !== term) return false;",
    replace: "if (campaign?.kind !== 'vote' || campaign.term < term) return false;",
  },
  {
    name: 'refusal-counted-as-vote',
    file: `${core}/election.ts`,
    find: 'if (granted) this.#count(campaign, from);',
    replace: 'if (granted || term > 1) this.#count(campaign, from);',
  },
  {
    name: 'vote-given-before-it-is-durable',
    file: `${core}/election.ts`,
    find: "member.disk.sayOnHardState(from, { type: 'vote-reply', term, granted });",
    replace: "member.send(from, { type: 'vote-reply', term, granted });",
  },
  {
    name: 'own-vote-counted-before-it-is-durable',
    file: `${core}/election.ts`,
    find: "else this.#member.disk.sayOnHardState(id, { type: 'vote-reply', term, granted: true });",
    replace: 'else this.#count(this.#campaign, id);',
  },
  {
    name: 'votes-for-logs-that-are-behind',
    file: `${core}/log.ts`,
    find: 'return lastTerm !== this.lastTerm ? lastTerm > this.lastTerm : lastIndex >= this.lastIndex;',
    replace: 'return lastTerm >= 0 || lastIndex >= this.lastIndex;',
  },
  {
    name: 'logs-compared-by-length',
    file: `${core}/log.ts`,
    find: 'return lastTerm !== this.lastTerm ? lastTerm > this.lastTerm : lastIndex >= this.lastIndex;',
    replace: 'return lastTerm < 0 || lastIndex >= this.lastIndex;',
  },
  {
    name: 'witness-leads',
    file: `${core}/election.ts`,
    find: "member.roleOf(member.id) === 'voter' && ",
    replace: 'member.roleOf(member.id) !== undefined && ',
  },
  {
    name: 'leader-of-an-earlier-term-followed',
    file: `${core}/inbox.ts`,
    find: 'if (term < member.term) {',
    replace: 'if (term + 1 < member.term) {',
  },
  {
    name: 'no-pre-vote',
    file: `${core}/election.ts`,
    find: "this.#begin('pre-vote', this.#member.term + 1, null);",
    replace: 'this.campaign(this.#member.term + 1, null);',
  },
  {
    name: 'pre-vote-enters-the-term-of-who-asks',
    file: `${core}/election.ts`,
    find: '    this.#attempt++;\n',
    replace: '    this.#attempt++;\n    this.#member.enterTerm(this.#member.term + 1, null);\n',
  },
  {
    name: 'pre-vote-enters-the-term-of-who-is-asked',
    file: `${core}/election.ts`,
    find: 'if (granted) this.#giveWay(from);',
    replace: 'if (granted) this.#member.enterTerm(message.term, null);',
  },
  {
    name: 'pre-vote-under-a-promise-forgotten',
    file: `${core}/election.ts`,
    find: '    this.#kept = { from, message };\n',
    replace: '',
  },
  {
    name: 'a-vote-that-comes-twice-counts-twice',
    file: `${core}/election.ts`,
    find: 'if (!granted.has(from)) granted.set(from, this.#member.now.fast - startedAt);',
    replace: [
      'const missing = votersOf(this.#member.configuration).find(({ id }) => !granted.has(id))?.id ?? from;',
      'granted.set(granted.has(from) ? missing : from, this.#member.now.fast - startedAt);',
    ].join('\n    '),
  },
  {
    name: 'a-single-voter-never-leads',
    file: `${core}/election.ts`,
    find: 'return isChartered && granted.has(id) &&',
    replace: 'return isChartered && granted.size > 1 &&',
  },
  {
    name: 'who-voted-for-itself-ignores-later-terms',
    file: `${core}/inbox.ts`,
    find: '    member.hearing.noteWord(from);\n',
    replace:
      "    if (member.disk.hardState.vote === member.id && 'term' in message && message.term > member.term) return;\n",
  },
  {
    name: 'any-term-believed',
    file: `${core}/terms.ts`,
    find: 'return term <= this.#believed + maxTermJump;',
    replace: 'return term > this.#believed - maxTermJump;',
  },
  {
    name: 'leader-votes-in-a-later-term-and-leads-on',
    file: `${core}/inbox.ts`,
    find: '      if (tenure.leading.isLeased(this.#member.now.fast)) return tenure.reelectAbove(message.term);\n      tenure.stepDown();\n',
    replace: '',
  },
  // Promises and leases.
  {
    name: 'vote-against-a-promise',
    file: `${core}/election.ts`,
    find: 'return promised.allows(candidate, released, now.slow);',
    replace: 'return promised.allows(candidate, released, now.slow) || this.#member.leader !== this.#member.id;',
  },
  {
    name: 'vote-promises-nothing',
    file: `${core}/election.ts`,
    find: 'member.promise({ leader: from, term, round: 0 }, leaseMs);',
    replace: 'member.promise({ leader: from, term, round: 0 }, Math.min(leaseMs, 1));',
  },
  {
    name: 'lease-counted-from-the-answer',
    file: `${core}/leading.ts`,
    find: 'Math.max(follower.coveredUntil, this.rounds.coversUntil(round))',
    replace: 'Math.max(follower.coveredUntil, fast + reliableMs(this.#leaseMs))',
  },
  {
    name: 'lease-as-long-as-the-newest-round',
    file: `${core}/leading.ts`,
    find: 'Math.max(follower.coveredUntil, this.rounds.coversUntil(round))',
    replace: 'Math.max(follower.coveredUntil, this.rounds.coversUntil(this.rounds.last))',
  },
  {
    name: 'lease-without-drift',
    file: `${core}/pace.ts`,
    find: 'return (lengthMs * (1 - driftBound)) / (1 + driftBound) - granularityMs;',
    replace: 'return lengthMs * (1 + driftBound - driftBound) - 0 * granularityMs;',
  },
  {
    name: 'lease-of-a-single-voter',
    file: `${core}/leading.ts`,
    find: 'return this.leasedUntil > fast;',
    replace:
      'return Math.max(...[...this.followers.values()].map((one) => one.coveredUntil), this.leasedUntil) > fast;',
  },
  {
    name: 'lease-that-never-ends',
    file: `${core}/leading.ts`,
    find: 'return this.leasedUntil > fast;',
    replace: 'return this.leasedUntil > -Infinity || fast < 0;',
  },
  {
    name: 'lease-read-on-the-slow-clock',
    file: `${core}/raft.ts`,
    find: 'this.#tenure.leading?.isLeased(at.fast) === true',
    replace: 'this.#tenure.leading?.isLeased(at.slow) === true',
  },
  {
    name: 'promises-kept-on-the-fast-clock',
    file: `${core}/election.ts`,
    find: 'return promised.allows(candidate, released, now.slow);',
    replace: 'return promised.allows(candidate, released, now.fast);',
  },
  {
    name: 'promise-shortened-by-its-leader',
    file: `${core}/promised.ts`,
    find: 'this.#until = isExtended ? Math.max(this.#until, until) : until;',
    replace: 'this.#until = isExtended || lengthMs > 0 ? until : this.#until;',
  },
  {
    name: 'promise-said-before-it-is-durable',
    file: `${core}/following.ts`,
    find: 'member.disk.sayOnHardState(from, more',
    replace: 'member.send(from, more',
  },
  {
    name: 'promise-not-written-down',
    file: `${core}/member.ts`,
    find: 'if (lengthMs > hardState.promisedMs) {',
    replace: 'if (lengthMs > 100 * hardState.promisedMs) {',
  },
  {
    name: 'promise-forgotten-by-restart',
    file: `${core}/raft.ts`,
    find: 'this.#restMs = options.stored?.hardState.promisedMs ?? 0;',
    replace: 'this.#restMs = 0 * (options.stored?.hardState.promisedMs ?? 0);',
  },
  {
    name: 'promise-to-the-next-leader-not-given',
    file: `${core}/promised.ts`,
    find: '    const until = slow + lengthMs;\n',
    replace: '    const until = slow + lengthMs;\n    if (!isExtended && slow < this.#until) return;\n',
  },
  {
    name: 'always-the-longest-lease',
    file: `${core}/pace.ts`,
    find: 'return Math.min(maxLeaseMs, Math.ceil(wantedMs));',
    replace: 'return Math.max(maxLeaseMs, Math.ceil(wantedMs));',
  },
  {
    name: 'always-the-shortest-lease',
    file: `${core}/pace.ts`,
    find: 'return Math.min(maxLeaseMs, Math.ceil(wantedMs));',
    replace: 'return Math.min(minLeaseMs, Math.ceil(wantedMs));',
  },
  {
    name: 'heartbeats-wait-for-entries',
    file: `${core}/leading.ts`,
    find: 'if (this.#member.now.fast >= this.#beatAt) this.beat();',
    replace:
      'if (this.#member.now.fast >= this.#beatAt && this.#member.log.lastIndex === this.#member.commit) this.beat();',
  },
  {
    name: 'nobody-asks-for-a-heartbeat',
    file: `${core}/following.ts`,
    find: "    this.#member.send(leader, { type: 'ask-beat', term });\n",
    replace: '',
  },
  // Succession.
  {
    name: 'lost-leader-not-told-of',
    file: `${core}/telling.ts`,
    find: 'if (leader === null || promised.isOver(now.slow)) return null;',
    replace: 'if (leader === null) return this.#leader?.id === id ? null : this.#leader;',
  },
  {
    name: 'rank-does-not-count',
    file: `${core}/election.ts`,
    find: 'return place === -1 ? order.length : place;',
    replace: 'return 0 * place;',
  },
  {
    name: 'two-timeouts-until-a-leader-is-replaced',
    file: `${core}/election.ts`,
    find: 'else this.standInLine();',
    replace: 'else this.waitFor(this.#member.leaseMs);',
  },
  {
    name: 'nobody-gives-way',
    file: `${core}/election.ts`,
    find: 'if (this.#hasGivenWay || !mayWait) return;',
    replace: 'if (this.#member.now.fast >= 0 || !mayWait) return;',
  },
  {
    name: 'priority-not-in-line',
    file: `${core}/succession.ts`,
    find: 'if (a.priority !== b.priority) return b.priority > a.priority ? 1 : -1;',
    replace: '',
  },
  {
    name: 'hidden-before-visible',
    file: `${core}/succession.ts`,
    find: 'if (a.visible !== b.visible) return a.visible ? -1 : 1;',
    replace: '',
  },
  {
    name: 'priority-does-not-bind-a-leader',
    file: `${core}/handover.ts`,
    find: 'one.priority > priority &&',
    replace: 'one.priority > priority + Infinity &&',
  },
  {
    name: 'priority-without-a-steady-second',
    file: `${core}/pace.ts`,
    find: 'export const steadyMs = 1000;',
    replace: 'export const steadyMs = 1;',
  },
  {
    name: 'priority-counts-after-half-a-minute',
    file: `${core}/pace.ts`,
    find: 'export const steadyMs = 1000;',
    replace: 'export const steadyMs = 30_000;',
  },
  {
    name: 'who-declines-is-asked-again-as-soon',
    file: `${core}/handover.ts`,
    find: 'this.#declined.set(heir, (this.#declined.get(heir) ?? 0) + 1);',
    replace: '',
  },
  // Handing over.
  {
    name: 'lease-kept-while-handing-over',
    file: `${core}/tenure.ts`,
    find: 'this.stepDown();\n    this.#election.waitFor',
    replace: 'this.#election.waitFor',
  },
  {
    name: 'release-of-any-promise',
    file: `${core}/promised.ts`,
    find: 'return released !== null && released.leader === this.#to.leader && !isLater(this.#to, released);',
    replace: 'return released !== null;',
  },
  {
    // Alone it changes nothing: who has released a round never leads in that term again. So an heir also heeds what it
    // was told in an earlier term than its leader's.
    name: 'release-of-later-rounds',
    file: `${core}/promised.ts`,
    find: 'released.leader === this.#to.leader && !isLater(this.#to, released);',
    replace: 'released.leader === this.#to.leader;',
    also: [
      {
        file: `${core}/inbox.ts`,
        find: 'if (!this.#follow(from, message.term)) return;',
        replace:
          "if (!this.#follow(from, message.term) && (message.type !== 'timeout-now' || from !== this.#member.leader)) return;",
      },
      {
        file: `${core}/tenure.ts`,
        find: 'this.#election.campaign(term + 1, released);',
        replace: 'this.#election.campaign(this.#member.term + 1, released);',
      },
    ],
  },
  {
    name: 'heir-waits-for-promises',
    file: `${core}/tenure.ts`,
    find: 'this.#election.campaign(term + 1, released);',
    replace: 'this.#election.campaign(term + 1, null);',
  },
  {
    name: 'now-is-said-only-once',
    file: `${core}/handover.ts`,
    find: 'released.sayAt = Math.min(now.fast + everyMs, until);',
    replace: 'released.sayAt = Math.max(now.fast + everyMs, until);',
  },
  {
    name: 'deposed-by-a-higher-term',
    file: `${core}/inbox.ts`,
    find: 'if (tenure.leading.isLeased(this.#member.now.fast)) return tenure.reelectAbove(message.term);',
    replace: '',
  },
  {
    name: 'deposed-by-news-of-a-higher-term',
    file: `${core}/inbox.ts`,
    find: 'if (tenure.leading?.isLeased(member.now.fast) === true) return tenure.reelectAbove(term);',
    replace: '',
  },
  {
    name: 'told-to-lead-without-a-lease',
    file: `${core}/telling.ts`,
    find: 'return leading.isLeased(now.fast) ? this.#same(id, leading.term) : null;',
    replace: 'return this.#same(id, leading.term);',
  },
  {
    name: 'told-ready-before-its-leader-is',
    file: `${core}/leading.ts`,
    find: 'if (this.#isPending) heartbeat.isPending = true;',
    replace: '',
  },
  {
    name: 'not-ready-again-after-a-lapse',
    file: `${core}/telling.ts`,
    find: 'this.#readyTerm = -1; // a lease that lapsed and came back in the same term begins anew',
    replace: '',
  },
  // The log.
  {
    name: 'entry-of-an-earlier-term-committed',
    file: `${core}/leading.ts`,
    find: 'return index > commit && log.term(index) === this.term ? index : commit;',
    replace: 'return index > commit ? index : commit;',
  },
  {
    name: 'no-entry-of-its-own',
    file: `${core}/leading.ts`,
    find: 'this.append(this.#firstEntry());',
    replace: '',
  },
  {
    name: 'entries-said-before-they-are-durable',
    file: `${core}/following.ts`,
    find: "member.disk.sayOnLog(from, { type: 'append-reply'",
    replace: "member.send(from, { type: 'append-reply'",
  },
  {
    name: 'own-entries-counted-before-they-are-durable',
    file: `${core}/leading.ts`,
    find: 'id === this.#member.id ? this.#member.log.durable :',
    replace: 'id === this.#member.id ? this.#member.log.lastIndex :',
  },
  {
    name: 'durable-up-to-what-was-truncated',
    file: `${core}/log.ts`,
    find: 'for (const write of this.#writes) write.upTo = Math.min(write.upTo, index - 1);',
    replace: '',
  },
  {
    name: 'everything-written-is-durable',
    file: `${core}/disk.ts`,
    find: 'this.#durable = Math.max(this.#durable, Math.min(number, this.#number));',
    replace: 'this.#durable = Math.max(this.#number, number);',
  },
  {
    name: 'said-one-write-early',
    file: `${core}/disk.ts`,
    find: 'const free = this.#held.filter(({ after }) => after <= this.#durable);',
    replace: 'const free = this.#held.filter(({ after }) => after <= this.#durable + 1);',
    also: [
      {
        file: `${core}/disk.ts`,
        find: 'this.#held = this.#held.filter(({ after }) => after > this.#durable);',
        replace: 'this.#held = this.#held.filter(({ after }) => after > this.#durable + 1);',
      },
    ],
  },
  {
    name: 'conflicting-entries-kept',
    file: `${core}/following.ts`,
    find: 'if (term === entry.term) return;',
    replace: 'if (term !== undefined) return;',
  },
  {
    name: 'entry-before-not-compared',
    file: `${core}/following.ts`,
    find: 'if (prevIndex > member.commit && member.log.term(prevIndex) !== prevTerm) return',
    replace: 'if (prevIndex > member.log.lastIndex || prevTerm < 0) return',
  },
  {
    name: 'late-append-truncates',
    file: `${core}/following.ts`,
    find: '    this.#match(from, index);\n    this.#applying.commitTo(Math.min(commit, member.matched));',
    replace: [
      '    this.#match(from, index);',
      'this.#applying.commitTo(Math.min(commit, member.matched));',
      'if (prevIndex + entries.length >= member.commit) member.log.truncate(prevIndex + entries.length + 1);',
    ].join('\n    '),
  },
  {
    name: 'commit-beyond-what-matches',
    file: `${core}/following.ts`,
    find: 'this.#applying.commitTo(Math.min(commit, member.matched));\n    const { matched',
    replace: 'this.#applying.commitTo(Math.min(commit, member.log.lastIndex));\n    const { matched',
  },
  {
    name: 'older-snapshot-installed',
    file: `${core}/following.ts`,
    find: 'if (!isRelief && (index <= commit || log.term(index) === lastTerm)) {',
    replace: 'if (!isRelief && index === commit) {',
  },
  {
    name: 'pieces-of-a-snapshot-out-of-order',
    file: `${core}/snapshots.ts`,
    find: 'if (offset !== this.#chars) return;',
    replace: 'if (offset < 0) return;',
  },
  {
    name: 'who-began-anew-is-not-told-the-commit-index',
    file: `${core}/replication.ts`,
    find: 'follower.owesAnswer = matched < follower.match;',
    replace: 'follower.owesAnswer = matched < 0;',
  },
  {
    name: 'lost-entries-not-sent-again',
    file: `${core}/replication.ts`,
    find: 'follower.next = Math.max(follower.match, matched) + 1;',
    replace: 'follower.next += 0 * matched;',
  },
  // Appends and reads.
  {
    name: 'sessions-missing-from-snapshots',
    file: `${core}/applying.ts`,
    find: '      sessions,\n      data,',
    replace: '      sessions: sessions.slice(1),\n      data,',
  },
  {
    name: 'snapshot-with-later-sessions',
    file: `${core}/applying.ts`,
    find: 'const { sessions } = this.#wanted;',
    replace: 'const sessions = this.sessions.list();',
  },
  {
    name: 'unknown-told-as-not-committed',
    file: `${core}/proposing.ts`,
    find: "reason: 'unknown'",
    replace: "reason: 'not-committed'",
  },
  {
    name: 'appends-lost-with-their-leader',
    file: `${core}/proposing.ts`,
    find: 'if (this.#member.now.fast < this.#resendAt) return;',
    replace: 'if (this.#tries === 0) return;',
  },
  {
    name: 'read-without-proof-of-leading',
    file: `${core}/reading.ts`,
    find: 'leading.isLeased(now.fast) ? Infinity : leading.confirmedRound;',
    replace: 'now.fast >= 0 ? Infinity : leading.confirmedRound;',
  },
  {
    name: 'read-proven-by-a-round-that-nobody-answered',
    file: `${core}/reading.ts`,
    find: 'leading.isLeased(now.fast) ? Infinity : leading.confirmedRound;',
    replace: 'leading.isLeased(now.fast) ? Infinity : leading.rounds.last;',
  },
  {
    name: 'read-before-an-own-entry-is-committed',
    file: `${core}/reading.ts`,
    find: 'this.#questions.length === 0 || commit < leading.ownFrom',
    replace: 'this.#questions.length === 0',
  },
  {
    name: 'read-before-it-is-applied',
    file: `${core}/reading.ts`,
    find: 'if (index <= commit) effects.push',
    replace: 'if (index <= commit + 1) effects.push',
  },
  {
    name: 'malformed-not-reported',
    file: `${core}/inbox.ts`,
    find: "    this.#member.refuse(from, 'malformed', message);\n",
    replace: '',
  },
  {
    name: 'lease-not-ended-by-the-next-event',
    file: `${core}/raft.ts`,
    find: '    this.#tenure.expire();\n    this.#take(event);',
    replace: '    this.#take(event);',
  },
  {
    name: 'nobody-backs-off',
    file: `${core}/election.ts`,
    find: 'this.waitFor(random.between(waitMs, 2 * waitMs));',
    replace: 'this.waitFor(random.between(0, waitMs / 1e6));',
  },
];
