import type { Mutant } from '../mutant.ts';

const core = 'src/core/quorum';

/** Quorums, votes, and who is heard. */
export const votes: readonly Mutant[] = [
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
    name: 'asks-again-at-every-word',
    file: `${core}/election.ts`,
    find: 'if (now.fast < campaign.askAgainAt) return;',
    replace: 'if (now.fast < campaign.startedAt) return;',
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
  {
    name: 'oldest-pre-vote-kept',
    file: `${core}/election.ts`,
    find: '    this.#kept = { from, message };\n',
    replace: '    this.#kept ??= { from, message };\n',
  },
  {
    name: 'term-forgotten-by-restart',
    file: `${core}/member.ts`,
    find: 'return stored.hardState;',
    replace: 'return { ...stored.hardState, term: Math.max(foundingTerm, stored.hardState.term - 1), vote: null };',
  },
  {
    name: 'a-cleared-vote-comes-back',
    file: `${core}/member.ts`,
    find: 'this.disk.hardState = { term, vote, promisedMs: strideMs(remainingMs, this.limits) };',
    replace:
      'this.disk.hardState = { term, vote: vote ?? this.disk.hardState.vote, promisedMs: strideMs(remainingMs, this.limits) };',
  },
  {
    name: 'witness-not-asked',
    file: `${core}/election.ts`,
    find: 'for (const { id: to } of votersOf(configuration)) {\n      if (to === id ||',
    replace: 'for (const { id: to, witness } of votersOf(configuration)) {\n      if (witness || to === id ||',
  },
  {
    name: 'leader-says-yes-to-pre-votes',
    file: `${core}/election.ts`,
    find: 'if (leader === id || !promised.allows(from, null, now.slow)) return this.#keep(from, message);',
    replace: 'if (leader !== id && !promised.allows(from, null, now.slow)) return this.#keep(from, message);',
  },
  {
    name: 'yes-before-the-promise-is-over',
    file: `${core}/election.ts`,
    find: 'if (leader === id || !promised.allows(from, null, now.slow)) return this.#keep(from, message);',
    replace: 'if (leader === id) return this.#keep(from, message);',
  },
  {
    name: 'strangers-heard',
    file: `${core}/inbox.ts`,
    find: 'if (!this.#isHeard(from, message)) return',
    replace: 'if (!this.#isHeard(from, message) && message === null) return',
  },
  {
    name: 'pre-vote-without-comparing-logs',
    file: `${core}/election.ts`,
    find: 'const granted = log.isOutrunBy(message.lastTerm, message.lastIndex);\n    if (granted) this.#giveWay',
    replace:
      'const granted = message.lastTerm >= 0 || log.isOutrunBy(message.lastTerm, message.lastIndex);\n    if (granted) this.#giveWay',
  },
  {
    name: 'campaign-before-the-promise-is-over',
    file: `${core}/election.ts`,
    find: 'if (this.#member.leader === this.#member.id || !promised.isOver(now.slow)) return;\n    this.#answerKept',
    replace: 'if (this.#member.leader === this.#member.id) return;\n    this.#answerKept',
  },
  {
    name: 'malformed-not-reported',
    file: `${core}/inbox.ts`,
    find: "    this.#member.refuse(from, 'malformed', message);\n",
    replace: '',
  },
];
