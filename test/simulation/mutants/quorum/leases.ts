import type { Mutant } from '../mutant.ts';

const core = 'src/core/quorum';

/** Promises, leases and the clocks that they are counted on; a leader that is not deposed. */
export const leases: readonly Mutant[] = [
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
    name: 'lease-not-ended-by-the-next-event',
    file: `${core}/raft.ts`,
    find: '    this.#tenure.expire();\n    this.#take(event);',
    replace: '    this.#take(event);',
  },
  {
    name: 'lease-kept-as-a-flag',
    file: `${core}/raft.ts`,
    find: 'this.#tenure.leading?.isLeased(at.fast) === true',
    replace: 'this.#tenure.leading?.isLeased(this.#member.now.fast) === true',
  },
  {
    name: 'lease-lost-while-reelected',
    file: `${core}/tenure.ts`,
    find: 'const keptLease = this.leading?.isLeased(member.now.fast) === true;',
    replace: 'const keptLease = this.leading?.isLeased(member.now.fast) === true && member.now.fast < 0;',
  },
  {
    name: 'lease-of-the-last-answer',
    file: `${core}/leading.ts`,
    find: 'Math.max(follower.coveredUntil, this.rounds.coversUntil(round))',
    replace: 'this.rounds.coversUntil(round)',
  },
  {
    name: 'learners-promise-nothing',
    file: `${core}/following.ts`,
    find: '    member.promise({ leader: from, term, round }, Math.max(leaseMs, promiseMs ?? 0));',
    replace:
      '    if (member.roleOf(member.id) !== "learner") member.promise({ leader: from, term, round }, Math.max(leaseMs, promiseMs ?? 0));',
  },
  {
    name: 'lease-for-the-slowest-of-all',
    file: `${core}/distances.ts`,
    find: 'return Math.min(this.#member.limits.maxLeaseMs, -quorumValue(configuration, nearness));',
    replace:
      'return Math.min(this.#member.limits.maxLeaseMs, Math.max(0, ...configuration.halves.flat().map(({ id }) => this.#tripMs(id, center))));',
  },
  {
    name: 'drift-of-one-clock-only',
    file: `${core}/pace.ts`,
    find: 'return (lengthMs * (1 - driftBound)) / (1 + driftBound) - granularityMs;',
    replace: 'return lengthMs * (1 - driftBound) - granularityMs;',
  },
  {
    name: 'granularity-ignored',
    file: `${core}/pace.ts`,
    find: ' / (1 + driftBound) - granularityMs;',
    replace: ' / (1 + driftBound);',
  },
  {
    name: 'clocks-not-anchored-anew',
    file: 'src/driver/clocks.ts',
    find: 'if (Math.abs(apartMs) > granularityMs) this.#anchor',
    replace: 'if (Math.abs(apartMs) > Infinity) this.#anchor',
  },
  {
    name: 'fast-by-the-monotonic-clock-alone',
    file: 'src/driver/clocks.ts',
    find: 'Math.max(0, byMonotonic, byWall)',
    replace: 'Math.max(0, byMonotonic)',
  },
  {
    name: 'slow-by-the-wall-clock-alone',
    file: 'src/driver/clocks.ts',
    find: 'Math.max(0, Math.min(byMonotonic, byWall))',
    replace: 'Math.max(0, byWall)',
  },
];
