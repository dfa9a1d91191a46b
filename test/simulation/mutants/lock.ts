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
        find: 'const isAlone = this.#watch.isEmpty && this.#watch.hasEnded(this.#before);',
        replace: 'const isAlone = true;',
      },
    ],
  },
  {
    // With nobody ready to inherit: an old look shows an heir, which would be waited for.
    name: 'an-old-look-confirms-a-new-claim',
    file: `${core}/holder.ts`,
    find: 'const until = goodUntil(look.startedAt, renewed.freshMs);',
    replace: 'const until = Infinity;',
    also: [
      { file: `${core}/holder.ts`, find: 'if (renewed.term === 0) this', replace: 'if (renewed.term >= 0) this' },
      { file: `${core}/pace.ts`, find: 'promptMs: number = beatMs', replace: 'promptMs: number = -1' },
    ],
  },
  {
    name: 'a-claim-is-over-too-early',
    file: `${core}/pace.ts`,
    find: 'return (Math.min(forMs, mostFreshMs) * (1 + drift)) / (1 - drift) + granularityMs + marginMs;',
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
    find: 'if (this.#member.now.fast >= this.#goodUntil) this.#lapse();',
    replace: '',
  },
  {
    name: 'a-robbed-leader-does-not-notice',
    file: `${core}/lock.ts`,
    find: 'this.#hasLock = false;\n    this.#holder.drop();',
    replace: 'this.#hasLock = false;',
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
    find: 'return !isStale && !this.#watch.hasStrange && this.#watch.open().every(({ after }) => after > 0);',
    replace: 'return true;',
    also: [
      {
        file: `${core}/lock.ts`,
        find: 'if (term < this.#member.highestTerm) return;',
        replace: '',
      },
    ],
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
    find: 'else this.#following.greet();\n    this.#ask(false);',
    replace: 'else this.#following.greet();',
  },
  {
    name: 'leadership-is-kept-while-the-heir-takes-the-lock',
    file: `${core}/lock.ts`,
    find: 'this.#holder.giveWay(takeMs);',
    replace: '',
  },
  {
    name: 'an-heir-that-slept-leads-in-the-term-that-it-reserved-before',
    file: `${core}/holder.ts`,
    find: 'this.stop();\n    this.#isRaising = false;\n    this.#reserved = 0;\n  }\n\n  /** What is due. */',
    replace: 'this.stop();\n    this.#isRaising = false;\n  }\n\n  /** What is due. */',
  },
  {
    name: 'an-heir-leads-as-soon-as-it-is-ready',
    file: `${core}/holder.ts`,
    find: 'const isAlone = this.#watch.isEmpty && this.#watch.hasEnded(this.#before);',
    replace: 'const isAlone = this.isHeir || this.#watch.isEmpty;',
    also: [
      {
        file: `${core}/holder.ts`,
        find: 'return this.isHeir && !claims.some(({ id }) => id === this.#before);',
        replace: 'return this.isHeir && claims.length > 0;',
      },
    ],
  },
  {
    // Beside the claim of an heir its leader renews its own: of that one the clock tells nothing.
    name: 'an-heir-that-slept-goes-by-the-clock',
    file: `${core}/holder.ts`,
    find: 'const isAlone = this.#watch.isEmpty && this.#watch.hasEnded(this.#before);',
    replace: 'const isAlone = this.#watch.isEmpty;',
  },
  {
    name: 'an-heir-that-is-given-the-lock-leads-when-anybody-gives-way',
    file: `${core}/holder.ts`,
    find: 'if (this.#claim?.after === 0 && this.#term === 0 && this.#isReady()) this.#lead();',
    replace: 'if (this.#claim?.after === 0 && this.#term === 0 && this.#reserved > 0) this.#lead();',
  },
  {
    name: 'a-claim-of-another-version-is-not-heeded',
    file: `${core}/holder.ts`,
    find: 'if (this.#watch.hasStrange) return this.#standBack();',
    replace: '',
  },
  {
    name: 'a-member-of-another-version-is-robbed',
    file: `${core}/watch.ts`,
    find: 'isSame && !hasStrange',
    replace: 'isSame',
  },
  {
    name: 'a-leader-is-talked-out-of-it',
    file: `${core}/lock.ts`,
    find: 'if (this.#hasLock) return this.#holder.resume();\n    this.#line',
    replace: 'if (this.#hasLock) return this.#holder.giveWay(takeMs);\n    this.#line',
  },
  {
    name: 'nobody-waits-for-an-heir',
    file: `${core}/watch.ts`,
    find: 'return [...this.#seen.values()].filter((seen) => !this.isOver(seen)).map(({ claim }) => claim);',
    replace:
      'return [...this.#seen.values()].filter((seen) => !this.isOver(seen) && seen.claim.after === 0).map(({ claim }) => claim);',
  },
  {
    name: 'nobody-asks-whether-an-heir-hears-who-leads',
    file: `${core}/leading.ts`,
    find: 'if (term !== this.#term) this.say(from, true);',
    replace: 'if (term !== this.#term) this.say(from, false);',
  },
  {
    name: 'a-member-does-not-show-that-it-is-there',
    file: 'src/electors/lock-election.ts',
    find: 'this.#vanish = this.#have(names.member(self));',
    replace: 'this.#vanish = this.#have(names.member(self));\n    this.#vanish();',
  },
  {
    name: 'a-leader-that-gave-way-once-is-never-waited-for-again',
    file: `${core}/watch.ts`,
    find: '(term === this.#ended?.term && id === this.#ended.id)',
    replace: '(term > 0 && id === this.#ended?.id)',
  },
  {
    name: 'an-heir-does-not-care-who-else-has-the-lock',
    file: `${core}/holder.ts`,
    find: 'return this.#watch.open().some((claim) => hinders(claim, own) && prevails(claim, own));',
    replace: 'return false;',
    also: [
      {
        file: `${core}/claim.ts`,
        find: 'return other.after === 0 || one.term !== other.after;',
        replace: 'return other.after === 0;',
      },
    ],
  },
];
