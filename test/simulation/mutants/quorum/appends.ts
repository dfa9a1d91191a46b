import type { Mutant } from '../mutant.ts';

const core = 'src/core/quorum';

/** Appends, once each, and reads. */
export const appends: readonly Mutant[] = [
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
    name: 'copies-take-effect',
    file: `${core}/sessions.ts`,
    find: 'session.last + 1 !== sequence',
    replace: 'session.last + 1 < sequence',
    also: [{ file: `${core}/accepting.ts`, find: '    this.#noteAppended();\n  }', replace: '  }' }],
  },
  {
    name: 'gaps-take-effect',
    file: `${core}/sessions.ts`,
    find: 'session.last + 1 !== sequence',
    replace: 'session.last >= sequence',
    also: [
      { file: `${core}/accepting.ts`, find: 'first > known + 1) return 0;', replace: 'first < 0) return 0;' },
      {
        file: `${core}/accepting.ts`,
        find: 'let sequence = known + 1;',
        replace: 'let sequence = Math.max(first, known + 1);',
      },
    ],
  },
  {
    name: 'session-ends-where-its-leader-thinks',
    file: `${core}/accepting.ts`,
    find: "this.#leading.append({ type: 'expire', session: session.id })",
    replace: 'this.#sessions.expire(session.id)',
  },
  {
    name: 'reads-share-a-question-already-asked',
    file: `${core}/reading.ts`,
    find: 'if (this.#isAsked) this.#question++;',
    replace: 'if (this.#isAsked && this.#reads.length === 0) this.#question++;',
  },
];
