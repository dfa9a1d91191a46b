import type { Mutant } from '../mutant.ts';

const core = 'src/core/quorum';

/** Handing over. */
export const handover: readonly Mutant[] = [
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
    name: 'nobody-waits-for-an-heir-far-away',
    file: `${core}/tenure.ts`,
    find: 'leading.announceHeir(heir);',
    replace: '',
  },
  {
    name: 'heir-without-the-log',
    file: `${core}/handover.ts`,
    find: 'heir?.match === this.#member.log.lastIndex) return heir;',
    replace: 'heir !== undefined) return heir;',
  },
  {
    name: 'waits-for-its-heir-for-ever',
    file: `${core}/handover.ts`,
    find: 'if (this.#member.now.fast >= until) {',
    replace: 'if (this.#member.now.fast >= until + Infinity) {',
  },
  {
    name: 'leave-sends-nothing-ahead',
    file: `${core}/tenure.ts`,
    find: 'if (heir !== undefined) this.#release(heir, leading);\n    this.stepDown();',
    replace: 'this.stepDown();',
  },
  {
    name: 'released-term-not-compared',
    file: `${core}/promised.ts`,
    find: 'return a.term > b.term || (a.term === b.term && a.round > b.round);',
    replace: 'return a.round > b.round;',
  },
];
