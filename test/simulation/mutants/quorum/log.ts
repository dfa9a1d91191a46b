import type { Mutant } from '../mutant.ts';

const core = 'src/core/quorum';

/** The log, its snapshots, and how others get them. */
export const log: readonly Mutant[] = [
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
  {
    name: 'snapshot-pieces-mixed',
    file: `${core}/following.ts`,
    find: 'if (this.#receiving?.isOf(message) !== true) this.#receiving',
    replace: 'if (this.#receiving === null) this.#receiving',
  },
  {
    name: 'match-of-before-kept',
    file: `${core}/member.ts`,
    find: '    this.leader = null;\n    this.matched = 0;',
    replace: '    this.leader = null;',
  },
  {
    name: 'lost-piece-not-sent-again',
    file: `${core}/snapshots.ts`,
    find: 'this.isAnswered = false; // what it has may be less than it had: it may have restarted\n      this.rewind();',
    replace: '',
  },
];
