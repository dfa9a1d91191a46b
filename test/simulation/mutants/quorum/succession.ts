import type { Mutant } from '../mutant.ts';

const core = 'src/core/quorum';

/** Who leads next, and who is told of it. */
export const succession: readonly Mutant[] = [
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
    find: 'const steadyMs = 1000;',
    replace: 'const steadyMs = 1;',
  },
  {
    name: 'priority-counts-after-half-a-minute',
    file: `${core}/pace.ts`,
    find: 'const steadyMs = 1000;',
    replace: 'const steadyMs = 30_000;',
  },
  {
    name: 'who-declines-is-asked-again-as-soon',
    file: `${core}/handover.ts`,
    find: 'this.#declined.set(heir, (this.#declined.get(heir) ?? 0) + 1);',
    replace: '',
  },
  {
    name: 'who-declines-is-asked-again-before-leases-of-that-length-are-over',
    file: `${core}/pace.ts`,
    find: 'const againMs = Math.max(2 * steadyMs, leasesUntilAgain * leaseNowMs);',
    replace: 'const againMs = 2 * steadyMs;',
    schedule: 'handed-to-one-that-cannot-take-it-over-long-leases',
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
  {
    name: 'nobody-backs-off',
    file: `${core}/election.ts`,
    find: 'this.waitFor(random.between(waitMs, 2 * waitMs));',
    replace: 'this.waitFor(random.between(0, waitMs / 1e6));',
  },
  {
    name: 'told-before-the-term-is-durable',
    file: `${core}/telling.ts`,
    find: 'if (disk.isTermDurable) {',
    replace: 'if (disk.isTermDurable || term > 0) {',
  },
  {
    name: 'min-members-ignored',
    file: `${core}/election.ts`,
    find: 'if (isFirst && campaign.granted.size < minMembers) return;',
    replace: '',
  },
  {
    name: 'successor-reckons-with-the-vote-of-a-leader-that-is-lost',
    file: `${core}/distances.ts`,
    find: '(id === leader ? -Infinity : -this.#tripMs(id, center));',
    replace: '-this.#tripMs(id, center);',
  },
  {
    name: 'others-are-as-near-to-one-far-away-as-to-the-leader',
    file: `${core}/distances.ts`,
    find: 'Math.max(this.#fromHereMs(id), this.#fromHereMs(center));',
    replace: '(id === this.#member.id ? this.#fromHereMs(center) : this.#fromHereMs(id));',
  },
  {
    name: 'far-away-not-last-in-line',
    file: `${core}/succession.ts`,
    find: 'if (a.isFar !== b.isFar) return a.isFar ? 1 : -1;',
    replace: '',
  },
  {
    name: 'heartbeat-that-was-overtaken-is-heeded',
    file: `${core}/following.ts`,
    find: 'if (!member.promised.isLate({ leader: from, term, round })) this.#note(heartbeat);',
    replace: 'this.#note(heartbeat);',
    schedule: 'heir-announced-before-an-earlier-heartbeat-comes',
  },
  {
    name: 'up-to-date-not-in-line',
    file: `${core}/succession.ts`,
    find: 'if (a.match !== b.match) return b.match - a.match;',
    replace: '',
  },
];
