// Messages that nobody should send, to a member in every state that there is.
import { describe, expect, test } from 'vitest';
import type { BadMessageCode } from '../../../src/core/quorum/events.ts';
import { maxTermJump, termsPerEpoch } from '../../../src/core/quorum/limits.ts';
import { snapshotText } from '../../../src/core/quorum/snapshots.ts';
import { Random } from '../../../src/core/random.ts';
import { pathsIn, whole, withPart } from './mutations.ts';
import { configurationOf } from './stage.ts';
import {
  Witnessed,
  append,
  appendReply,
  heartbeat,
  heartbeatReply,
  playing,
  preVote,
  vote,
  voteReply,
} from './witnessed.ts';

const group: Readonly<Record<string, number>> = { a: 1, b: 1, c: 1, w: 1 };
const log: readonly number[] = [1, 2, 4];

/** Commits what it has, as a follower of b. */
function committing(stage: Witnessed): Witnessed {
  stage.hear('a', 'b', append(5, [3, 4], [5, 5], 4));
  return stage;
}

function leading(limits: Parameters<typeof playing>[3] = {}): Witnessed {
  const stage = playing('leader', group, log, limits);
  const { lastIndex } = stage.core('a');
  for (const id of ['b', 'c']) stage.hear('a', id, heartbeatReply(5, 1, lastIndex));
  for (const id of ['b', 'c']) stage.hear('a', id, appendReply(5, lastIndex));
  return stage;
}

function member(id: string): Witnessed {
  const founding = { ...configurationOf(group), learners: ['l'] };
  const stage = new Witnessed(founding, { stored: { [id]: { term: 5, log } }, isHeld: true });
  for (const other of stage.actors.keys()) if (other !== id) stage.crash(other);
  stage.hear(id, 'b', heartbeat(5));
  stage.hear(id, 'b', append(5, [3, 4], [5], 4));
  return stage;
}

const { text, digest } = snapshotText({
  ...{ index: 50, term: 4, configuration: configurationOf(group), sessions: [], data: 'x'.repeat(90) },
});
const piece = {
  ...{ type: 'snapshot', term: 5, index: 50, lastTerm: 4, configuration: configurationOf(group), digest },
  ...{ totalChars: text.length, offset: 0, chunk: text.slice(0, 40) },
};

/** The member is a, unless it is named. */
const states: Readonly<Record<string, () => { readonly stage: Witnessed; readonly id?: string }>> = {
  'is starting': () => ({ stage: new Witnessed(group, { isHeld: true }) }),
  'follows, under a promise': () => ({ stage: committing(playing('follower', group, log)) }),
  'follows nobody, its promise being over': () => {
    const stage = committing(playing('follower', group, log));
    stage.run(900);
    return { stage };
  },
  'asks before it campaigns': () => ({ stage: playing('pre-candidate', group, log) }),
  'is a candidate': () => ({ stage: playing('candidate', group, log) }),
  'is a candidate whose own vote is not durable yet': () => {
    const stage = playing('pre-candidate', group, log);
    stage.actor('a').writeMs = Infinity;
    for (const id of ['b', 'c']) stage.hear('a', id, { type: 'pre-vote-reply', term: 6, attempt: 1, granted: true });
    return { stage };
  },
  leads: () => ({ stage: leading() }),
  'leads without a lease': () => {
    const stage = playing('candidate', group, log);
    stage.run(300);
    for (const id of ['b', 'c']) stage.hear('a', id, voteReply(5));
    return { stage };
  },
  'waits for its heir': () => {
    const stage = leading();
    stage.hear('a', 'b', { type: 'register', nonce: 1 });
    stage.feed('a', { type: 'transfer', to: 'b' });
    return { stage };
  },
  'has just handed over': () => {
    const stage = leading();
    stage.feed('a', { type: 'transfer', to: 'b' });
    return { stage };
  },
  'is told to take over': () => {
    const stage = committing(playing('follower', group, log));
    stage.hear('a', 'b', { type: 'timeout-now', term: 5, round: 1 });
    return { stage };
  },
  'goes above a higher term while it leads': () => {
    const stage = leading();
    stage.hear('a', 'c', vote(9));
    return { stage };
  },
  'has restarted': () => {
    const stage = committing(playing('follower', group, log));
    stage.crash('a');
    stage.restart('a');
    return { stage };
  },
  'gets a snapshot in pieces': () => {
    const stage = committing(playing('follower', group, log));
    stage.hear('a', 'b', piece);
    return { stage };
  },
  'sends a snapshot in pieces': () => {
    const stage = leading({ snapshotEntries: 3, keptEntries: 0, chunkChars: 20 });
    for (let nonce = 0; nonce < 6; nonce++) stage.hear('a', 'b', { type: 'register', nonce });
    stage.hear('a', 'b', appendReply(5, stage.core('a').lastIndex));
    stage.hear('a', 'c', appendReply(5, stage.core('a').lastIndex));
    const { index } = stage.of('a', 'snapshot-wanted')[0] as { index: number };
    stage.feed('a', { type: 'snapshot', index, data: 'x'.repeat(200) });
    stage.hear('a', 'w', { type: 'append-rejected', term: 5, prevIndex: 3, hintIndex: 0, hintTerm: 0 });
    if (stage.sent('a', 'snapshot', 'w').length === 0) throw new Error('nothing is sent');
    return { stage };
  },
  'has a disk that does not answer': () => {
    const stage = playing('follower', group, log);
    stage.actor('a').writeMs = Infinity;
    return { stage: committing(stage) };
  },
  'is a learner': () => ({ stage: member('l'), id: 'l' }),
  'is a witness': () => ({ stage: member('w'), id: 'w' }),
};

const codes: ReadonlySet<BadMessageCode> = new Set([
  ...(['malformed', 'stranger', 'other-epoch', 'term-jump', 'impossible'] as const),
]);

function must(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

class Storm {
  readonly #stage: Witnessed;
  readonly #id: string;
  readonly #random: Random;
  readonly #committed = new Map<number, string>();
  readonly refused = new Map<BadMessageCode, number>();

  constructor(stage: Witnessed, id: string, seed: number) {
    this.#stage = stage;
    this.#id = id;
    this.#random = new Random(seed);
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random.next() * list.length)] as T;
  }

  /** Everything that a refused message must leave as it is. */
  state(): string {
    const core = this.#stage.core(this.#id);
    const entries = Array.from({ length: core.lastIndex - core.firstIndex + 1 }, (_, at) =>
      core.entry(core.firstIndex + at),
    );
    const { to, until } = core.promise;
    return JSON.stringify([
      ...[core.hardState, core.role, core.leader(), core.configuration, core.commitIndex, core.firstIndex, entries],
      ...[to, until, core.snapshot],
    ]);
  }

  /** One that was well-formed before something in it was changed, left out or cut short. */
  mutated(): unknown {
    let message: unknown = this.pick<unknown>(whole);
    if (typeof message === 'object' && this.#random.next() < 0.6) {
      const { term } = this.#stage.core(this.#id).hardState;
      message = 'term' in (message as object) ? { ...(message as object), term } : message;
    }
    for (let change = this.#random.next() < 0.2 ? 0 : this.pick([1, 1, 2]); change > 0; change--) {
      if (typeof message !== 'object' || message === null) break;
      const path = this.pick(pathsIn(message));
      message = this.#random.next() < 0.3 ? cutShort(message, path, this.#random) : withPart(message, path, this.odd());
    }
    return message;
  }

  odd(): unknown {
    return this.pick<unknown>([
      null,
      -1,
      0,
      1,
      3,
      1e300,
      0.5,
      Number.NaN,
      '',
      '__proto__',
      true,
      [],
      {},
      undefined,
      'b',
      4097,
    ]);
  }

  /** Well-formed, and about terms, indices and rounds that are near to what there is, or far from it. */
  plausible(): unknown {
    const core = this.#stage.core(this.#id);
    const { term } = core.hardState;
    const anyTerm = (): number =>
      this.pick([term, term, term, term - 1, term + 1, term + 2, 1, term + maxTermJump + 1, term + termsPerEpoch]);
    const index = (): number =>
      this.pick([0, 1, core.commitIndex, core.commitIndex - 1, core.lastIndex, core.lastIndex + 1, 900, 2 ** 50]);
    const of = anyTerm();
    const round = this.pick([1, 2, 3, 50, 2 ** 49]);
    const yes = this.#random.next() < 0.7;
    const terms = Array.from({ length: this.pick([0, 1, 3, 60]) }, () => this.pick([1, of, of - 1]));
    return this.pick<() => unknown>([
      () => preVote(of, { lastIndex: index(), lastTerm: of - 1 }),
      () => ({ type: 'pre-vote-reply', term: of, attempt: this.pick([1, 2, 3]), granted: yes }),
      () => vote(of, { lastIndex: index(), lastTerm: this.pick([0, of - 1]) }),
      () => vote(of, { released: { leader: this.pick(['a', 'b', 'c']), term: this.pick([1, of - 1]), round } }),
      () => voteReply(of, yes),
      () => heartbeat(of, { round, commit: index(), leaseMs: this.pick([1, 250, 5000]), order: ['c', 'a', 'b', 'zz'] }),
      () => heartbeatReply(of, round, index()),
      () =>
        append(
          of,
          [index(), this.pick([0, of, of - 1])],
          terms.toSorted((one, other) => one - other),
          index(),
        ),
      () => appendReply(of, index()),
      () => ({ type: 'append-rejected', term: of, prevIndex: index(), hintIndex: index(), hintTerm: of }),
      () => ({ ...piece, term: of, lastTerm: this.pick([0, of - 1]), offset: this.pick([0, 40, 80]), index: index() }),
      () => ({ type: 'snapshot-reply', term: of, index: index(), digest: this.pick([0, digest]), offset: index() }),
      () => ({ type: 'timeout-now', term: of, round }),
      () => ({ type: 'stale', term: of }),
      () => ({ type: 'ask-beat', term: of }),
      () => ({ type: 'register', nonce: index() }),
      () => ({ type: 'propose', session: index(), first: this.pick([1, 2, 900]), values: ['v', 'w'] }),
      () => ({ type: 'read-index', number: this.pick([1, 2 ** 49]) }),
      () => ({ type: 'read-index-reply', number: this.pick([1, 2 ** 48, 2 ** 49]), index: index() }),
    ])();
  }

  hear(from: string, message: unknown): void {
    const core = this.#stage.core(this.#id);
    const [before, { term, vote: given }, commit] = [this.state(), core.hardState, core.commitIndex];
    this.#stage.forget();
    this.#stage.hear(this.#id, from, message);
    const { hardState } = core;
    must(hardState.term !== term || given === null || hardState.vote === given, 'a vote changed');
    must(hardState.term >= term && hardState.term <= term + maxTermJump + 1, 'a term went down, or far up');
    must(core.commitIndex >= commit, 'the commit index went back');
    this.#checkCommitted();
    const bad = this.#stage.of(this.#id, 'bad-message');
    if (from === this.#id || bad.length > 0) must(this.state() === before, 'what was refused changed something');
    const isExpected = bad.length === 0 && from !== 'x';
    must(bad.length === 1 || isExpected, 'it was reported so many times');
    for (const one of bad) this.#note(from, one);
  }

  #note(from: string, { from: sender, code, reason }: { from: string; code: BadMessageCode; reason: string }): void {
    must(sender === from && codes.has(code) && reason !== '', 'a report says what is not so');
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }

  #checkCommitted(): void {
    const core = this.#stage.core(this.#id);
    const { firstIndex, commitIndex } = core;
    for (
      let index = Math.max(firstIndex, commitIndex - 20);
      index <= Math.min(commitIndex, firstIndex + 200);
      index++
    ) {
      const entry = JSON.stringify(core.entry(index));
      const before = this.#committed.get(index) ?? entry;
      must(before === entry, 'what was committed changed');
      this.#committed.set(index, entry);
    }
  }
}

/** A list or a text loses its end, anything else is left out. */
function cutShort(message: unknown, path: readonly (string | number)[], random: Random): unknown {
  let part: unknown = message;
  for (const key of path) part = (part as Record<string, unknown>)[key];
  const isLong = (typeof part === 'string' || Array.isArray(part)) && part.length > 0;
  const rest = isLong ? (part as string).slice(0, Math.floor(random.next() * (part as string).length)) : undefined;
  return path.length === 0 ? {} : withPart(message, path, rest);
}

const senders: readonly string[] = ['b', 'b', 'b', 'c', 'c', 'w', 'l', 'x', 'a'];

describe('Q11: a storm of messages that nobody should send', () => {
  test.each(Object.keys(states))(
    'never throws, takes back no vote, no term and nothing committed, and what is refused changes nothing, at a member that %s',
    (name) => {
      let [malformed, others] = [0, 0];
      for (const kind of ['mutated', 'plausible'] as const) {
        for (let seed = 1; seed <= 3; seed++) {
          const { stage, id = 'a' } = (states[name] as (typeof states)[string])();
          const storm = new Storm(stage, id, seed);
          for (let round = 0; round < 200; round++) {
            const from = storm.pick(senders);
            storm.hear(from, storm[kind]());
            if (round % 25 !== 24) continue;
            stage.run(storm.pick([1, 20, 300]));
            stage.feed(id, { type: 'tick' });
          }
          malformed += storm.refused.get('malformed') ?? 0;
          others += [...storm.refused.values()].reduce((sum, count) => sum + count, 0);
        }
      }
      expect(malformed).toBeGreaterThan(100);
      expect(others - malformed).toBeGreaterThan(100);
    },
  );

  test('is heard by nobody who has left', () => {
    const { stage } = (states['leads'] as (typeof states)[string])();
    stage.feed('a', { type: 'leave' });
    stage.forget();
    for (const message of whole) stage.hear('a', 'b', message);
    for (const from of ['x', 'b']) stage.hear('a', from, null);
    expect(stage.told).toEqual([]);
  });
});

describe('Q11: what is of a term that is over', () => {
  const old = [
    ...[vote(3, { lastTerm: 2 }), preVote(3, { lastTerm: 2 }), heartbeat(3), append(3, [0, 0], [3])],
    ...[voteReply(3), appendReply(3, 1), heartbeatReply(3, 1), { type: 'timeout-now', term: 3, round: 9 }],
    ...[
      { type: 'pre-vote-reply', term: 3, attempt: 1, granted: true },
      { type: 'ask-beat', term: 3 },
    ],
    ...[
      { type: 'append-rejected', term: 3, prevIndex: 1, hintIndex: 0, hintTerm: 0 },
      { type: 'stale', term: 3 },
    ],
    ...[
      { ...piece, term: 3, lastTerm: 2 },
      { type: 'snapshot-reply', term: 3, index: 1, digest: 1, offset: 0 },
    ],
  ];

  test.each(['follows, under a promise', 'asks before it campaigns', 'is a candidate', 'leads', 'waits for its heir'])(
    'changes nothing at a member that %s; who asks or claims to lead is told the term',
    (name) => {
      const { stage } = (states[name] as (typeof states)[string])();
      const storm = new Storm(stage, 'a', 1);
      const before = storm.state();
      stage.forget();
      for (const message of old) stage.hear('a', 'c', message);
      expect(storm.state()).toBe(before);
      const told = stage.sent('a', 'stale').map(({ to, message }) => `${to} ${String(message['term'])}`);
      expect(told).toEqual(Array.from({ length: 6 }, () => `c ${stage.term('a')}`));
      expect(stage.of('a', 'send')).toHaveLength(6);
    },
  );
});
