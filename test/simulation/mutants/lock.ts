import type { Mutant } from './mutant.ts';

const core = 'src/core/lock';

/** Bugs that an election by a lock could have: most of them are what pages that use Web Locks do today. */
export const mutants: readonly Mutant[] = [
  {
    name: 'the-lock-alone-is-enough',
    file: `${core}/holder.ts`,
    find: 'return this.#term > 0 && fast < this.#goodUntil;',
    replace: 'return this.#term > 0;',
  },
  {
    name: 'other-claims-are-not-waited-for',
    file: `${core}/holder.ts`,
    find: 'const open = this.#watch.open();\n    this.#looks.await(open);',
    replace: 'const open = this.#watch.open().filter(() => false);\n    this.#looks.await(open);',
    also: [
      {
        file: `${core}/holder.ts`,
        find: 'now.fast >= this.#goodUntil || this.#watch.open().length > 0)',
        replace: 'now.fast >= this.#goodUntil)',
      },
    ],
  },
  {
    name: 'an-old-look-confirms-a-new-claim',
    file: `${core}/holder.ts`,
    find: 'const until = goodUntil(look.startedAt, renewed.freshMs);',
    replace: 'const until = Infinity;',
  },
  {
    name: 'a-claim-is-over-too-early',
    file: `${core}/pace.ts`,
    find: 'return (forMs * (1 + drift)) / (1 - drift) + granularityMs + marginMs;',
    replace: 'return (forMs * (1 - drift)) / (1 + drift) - marginMs;',
  },
  {
    name: 'no-margin-to-tell-the-leader-in',
    file: `${core}/pace.ts`,
    find: 'const marginMs = 100;',
    replace: 'const marginMs = -300;',
  },
  {
    name: 'a-leader-that-slept-leads-on-in-its-term',
    file: `${core}/holder.ts`,
    find: 'if (this.#member.now.fast >= this.#goodUntil) this.stop();',
    replace: '',
  },
  {
    name: 'a-robbed-leader-does-not-notice',
    file: `${core}/lock.ts`,
    find: 'this.#holder.drop();\n    this.#following.lose();',
    replace: 'this.#following.lose();',
  },
  {
    name: 'nobody-is-ever-robbed',
    file: `${core}/robbery.ts`,
    find: 'if (silentMs < waitMs * patience(this.#robberies)) return false;',
    replace: 'if (silentMs < Infinity) return false;',
  },
  {
    name: 'an-old-invitation-is-accepted',
    file: `${core}/invitation.ts`,
    find: 'return open.length === 0;',
    replace: 'return true;',
  },
  {
    name: 'who-speaks-last-leads',
    file: `${core}/following.ts`,
    find: 'if (beat.term < highestTerm) return false;',
    replace: '',
  },
  {
    name: 'the-lock-is-not-asked-for-again',
    file: `${core}/lock.ts`,
    find: 'this.#following.lose();\n    this.#ask(false);',
    replace: 'this.#following.lose();',
  },
  {
    name: 'leadership-is-kept-while-the-heir-takes-the-lock',
    file: `${core}/lock.ts`,
    find: 'const { term } = this.#holder;\n    this.#holder.giveWay(takeMs);',
    replace: 'const { term } = this.#holder;',
  },
];
