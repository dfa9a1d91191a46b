import type { Configuration } from '../../../src/core/quorum/configuration.ts';
import type { Entry } from '../../../src/core/quorum/entry.ts';
import type { RaftEffect, RaftOptions } from '../../../src/core/quorum/events.ts';
import type { RaftLimits } from '../../../src/core/quorum/limits.ts';
import type { Append, Message, PreVote, SnapshotChunk, Vote } from '../../../src/core/quorum/messages.ts';
import type { Standing } from '../../../src/core/quorum/state.ts';
import type { Instant } from '../../../src/core/step.ts';
import { type Commands, deedsInLines, directions, perform, transcript } from '../golden.ts';
import type { Letter } from '../mail.ts';
import { Stage, configurationOf } from './stage.ts';
import type { Actor } from './stage.ts';

/**
 * Runs a script and returns it with what came of it: after each command, a line per member with its effects in order.
 * A script is text:
 *
 *     # a comment
 *     > limits maxBatchEntries=1                  before anything else
 *     > stored a term=6 log=1,1,1,4               a starts with this: the terms of its entries
 *     > found a b=2 w                             who votes, with their weights (1); w is a witness
 *     > run 500 ms                                time passes (`2 s`), messages take 5 ms
 *     > until snapshot                            time passes until such a message is sent
 *     > crash a | restart a | pause a | resume a | leave a
 *     > append a x y | read a | transfer a [b] | campaign a | priority a 2
 *     > join d | members a@x b c d | departed c   who is new; who is there, and on which host; who said goodbye
 *     > charter 3000 | contact a b                before `found`: who leads needs contact so often; who has it now
 *     > standings | pledge a b                    who could give up the epoch; these do, if they can
 *     > epoch 2 a w                               those who did go on in a later one, which these found
 *     > cut a b | cut a->b | heal a b | heal | isolate a
 *     > hold | flow                               messages wait to be delivered by hand; flow again
 *     > deliver b->a [twice | one] | deliver | drop b->a [one] | drop
 *     > delay a->b | late                         what goes from a to b is set aside; it arrives after all
 *     > disk a stops | disk a writes              a's writes wait; all of them are done, and so on
 *     > show snapshot append                      messages of these types are shown also while they flow
 *     > logs | terms | leading | configurations
 *
 * Messages are shown while they are held. The application at each member is a list of the values that took effect.
 */
export function transcribe(script: string): string {
  const run = new ScriptRun();
  return transcript(script, (text) => run.command(text));
}

class ScriptRun {
  readonly #lines = new Map<string, string[]>();
  #limits: Partial<RaftLimits> = {};
  #charter: Pick<RaftOptions, 'charterMs'> = {};
  #stage = new Stage();
  readonly #stored = new Map<string, { readonly term: number; readonly log: readonly number[] }>();
  #tickets = 0;
  #shown: readonly string[] = [];
  #awaited: string | null = null;
  readonly #delayed: Letter[] = [];
  readonly #states = new Map<string, readonly string[]>();
  readonly #wanted: (() => void)[] = [];

  command(text: string): readonly string[] {
    this.#lines.clear();
    perform(this.#commands, text);
    for (const act of this.#wanted.splice(0)) act();
    return deedsInLines(this.#lines);
  }

  readonly #commands: Commands = {
    limits: (words) => {
      this.#limits = Object.fromEntries(words.map((word) => pair(word)).map(([key, value]) => [key, Number(value)]));
    },
    stored: ([id = '', ...words]) => {
      const fields = Object.fromEntries(words.map((word) => pair(word)));
      this.#stored.set(id, {
        term: Number(fields['term']),
        log: (fields['log'] ?? '').split(',').filter(Boolean).map(Number),
      });
    },
    found: (words) => this.#found(configurationOf(Object.fromEntries(words.map((word) => weight(word))))),
    run: ([amount = '', unit]) => this.#stage.run(Number(amount) * (unit === 's' ? 1000 : 1)),
    until: ([type = '']) => {
      this.#awaited = type;
      for (let ms = 0; this.#awaited !== null; ms++) {
        if (ms > 10_000) throw new Error(`no ${type} for ten seconds`);
        this.#stage.run(1);
      }
    },
    crash: ([id = '']) => this.#stage.crash(id),
    restart: ([id = '']) => this.#stage.restart(id),
    pause: ([id = '']) => this.#stage.pause(id),
    resume: ([id = '']) => this.#stage.resume(id),
    leave: ([id = '']) => {
      this.#stage.feed(id, { type: 'leave' });
      this.#stage.crash(id);
    },
    append: ([id = '', ...values]) => {
      this.#stage.append(id, ...values);
    },
    read: ([id = '']) => this.#stage.feed(id, { type: 'read', ticket: ++this.#tickets }),
    transfer: ([id = '', to]) =>
      this.#stage.feed(id, to === undefined ? { type: 'transfer' } : { type: 'transfer', to }),
    campaign: ([id = '']) => this.#stage.feed(id, { type: 'campaign' }),
    priority: ([id = '', priority]) => this.#stage.feed(id, { type: 'priority', priority: Number(priority) }),
    join: ([id = '']) => this.#stage.join(id),
    members: (names) => this.#stage.tellMembers(...names),
    departed: ([peer = '']) => {
      for (const id of this.#stage.actors.keys()) this.#stage.feed(id, { type: 'departed', peer });
    },
    charter: ([ms]) => {
      this.#charter = { charterMs: Number(ms) };
    },
    contact: (ids) => {
      for (const id of ids) this.#stage.feed(id, { type: 'contact', askedAt: this.#now(id).fast });
    },
    pledge: (ids) => {
      for (const id of ids) this.#stage.feed(id, { type: 'pledge' });
    },
    epoch: ([epoch, ...words]) => this.#goOn(Number(epoch), words),
    standings: () => this.#each(({ id, core }) => standingInWords(core.standing(this.#now(id)))),
    isolate: ([id = '']) => this.#stage.isolate(id),
    cut: (words) => directions(words).forEach(([from, to]) => this.#stage.cut(from, to)),
    heal: (words) => {
      if (words.length === 0) this.#stage.healAll();
      else directions(words).forEach(([from, to]) => this.#stage.heal(from, to));
    },
    hold: () => {
      this.#stage.isHolding = true;
    },
    flow: () => {
      this.#stage.isHolding = false;
    },
    show: (types) => {
      this.#shown = types;
    },
    deliver: ([link, how]) => {
      const letters = link === undefined ? this.#stage.letters.splice(0) : this.#take(link, how);
      for (const letter of letters) {
        for (let times = how === 'twice' ? 2 : 1; times > 0; times--) this.#stage.deliver(letter);
      }
    },
    delay: ([link = '']) => this.#delayed.push(...this.#take(link)),
    late: () => this.#delayed.splice(0).forEach((letter) => this.#stage.deliver(letter)),
    drop: ([link, how]) => {
      if (link === undefined) this.#stage.letters = [];
      else this.#take(link, how);
    },
    disk: ([id = '', how]) => {
      this.#stage.actor(id).writeMs = how === 'stops' ? Infinity : 0;
      if (how === 'writes') this.#stage.write(id);
    },
    logs: () => this.#each(logInWords),
    terms: () => this.#each(termInWords),
    configurations: () => this.#each(({ core }) => configurationInWords(core.configuration)),
    leading: () => this.#each(({ id }) => (this.#stage.leading().includes(id) ? 'leads' : 'does not lead')),
  };

  /** `one`: what was sent first, and no more. */
  #take(link: string, how?: string): readonly Letter[] {
    const letters = directions([link]).flatMap(([from, to]) => this.#stage.take(from, to));
    if (how !== 'one') return letters;
    this.#stage.letters.push(...letters.slice(1));
    return letters.slice(0, 1);
  }

  #found(founding: Configuration): void {
    const { isHolding } = this.#stage;
    this.#stage = new Stage({ onEffect: ({ id }, effect) => this.#note(id, effect), limits: this.#limits });
    this.#stage.isHolding = isHolding;
    for (const { id } of founding.halves[0] ?? []) {
      const stored = this.#stored.get(id);
      if (stored === undefined) this.#stage.add(id, { founding, ...this.#charter });
      else {
        const entries: readonly Entry[] = stored.log.map((term) => ({ type: 'empty', term }));
        const hardState = { term: stored.term, vote: null, promisedMs: 0 };
        const disk = { hardState, snapshot: null, log: { from: 1, entries } };
        this.#stage.add(id, { founding, stored: disk });
      }
    }
    this.#stage.start();
  }

  #goOn(epoch: number, words: readonly string[]): void {
    const founding = configurationOf(Object.fromEntries(words.map((word) => weight(word))));
    const founders = new Set(founding.halves.flat().map(({ id }) => id));
    for (const { id, core } of this.#stage.actors.values())
      if (core.isPledged) this.#stage.goOn(id, founders.has(id) ? { epoch, founding } : { epoch });
  }

  #now(id: string): Instant {
    return this.#stage.clock(this.#stage.actor(id));
  }

  #each(say: (actor: Actor) => string): void {
    for (const actor of this.#stage.actors.values()) if (actor.state !== 'down') this.#line(actor.id, say(actor));
  }

  #note(id: string, effect: RaftEffect): void {
    if (effect.type === 'send') {
      const message = effect.message as Message;
      if (message.type === this.#awaited) this.#awaited = null;
      const isShown = this.#stage.isHolding || this.#shown.includes(message.type);
      if (isShown) this.#noteSent(id, effect.to, messageInWords(message));
    }
    const text = inWords(id, effect);
    if (text !== null) this.#line(id, text);
    this.#apply(id, effect);
  }

  /** The same to several is one line. */
  #noteSent(id: string, to: string, words: string): void {
    const last = this.#lines.get(id)?.at(-1);
    if (last?.startsWith('→ ') === true && last.endsWith(` ${words}`)) {
      const receivers = last.slice(2, -words.length - 1);
      if (!receivers.split(', ').includes(to)) {
        this.#lines.get(id)?.splice(-1, 1, `→ ${receivers}, ${to} ${words}`);
        return;
      }
    }
    this.#line(id, `→ ${to} ${words}`);
  }

  /** The application: a list of values, which is its snapshot as well. */
  #apply(id: string, effect: RaftEffect): void {
    const state = this.#states.get(id) ?? [];
    if (effect.type === 'commit') this.#states.set(id, [...state, ...effect.entries.map(({ value }) => value)]);
    if (effect.type === 'snapshot-installed') this.#states.set(id, effect.data.split(' '));
    if (effect.type === 'snapshot-wanted') {
      this.#wanted.push(() => this.#stage.feed(id, { type: 'snapshot', index: effect.index, data: state.join(' ') }));
    }
  }

  #line(id: string, text: string): void {
    this.#lines.set(id, [...(this.#lines.get(id) ?? []), text]);
  }
}

function logInWords({ core }: Actor): string {
  const entries: (Entry | undefined)[] = [];
  for (let index = core.firstIndex; index <= core.lastIndex; index++) entries.push(core.entry(index));
  const before = core.firstIndex === 1 ? '' : `all up to ${core.firstIndex - 1} in a snapshot, then `;
  return `${before}${entriesInWords(entries)}, ${commitInWords(core.commitIndex)}`;
}

function entriesInWords(entries: readonly (Entry | undefined)[]): string {
  return `[${entries.map((entry) => entryInWords(entry)).join(' ')}]`;
}

function commitInWords(index: number): string {
  return index === 0 ? 'nothing committed' : `committed up to ${index}`;
}

/** By its term, and its value if it has one. */
function entryInWords(entry: Entry | undefined): string {
  return entry?.type === 'value' ? `${entry.term}:${entry.value}` : String(entry?.term);
}

function termInWords({ core }: Actor): string {
  const { term, vote } = core.hardState;
  return `${core.role} in term ${term}, ${vote === null ? 'has not voted' : `voted for ${vote}`}`;
}

function standingInWords(standing: Standing | null): string {
  if (standing === null) return 'is not free';
  const { lastIndex, lastTerm } = standing;
  return `could pledge a log up to ${lastIndex}, of term ${lastTerm}`;
}

/** `a b → a b c w=2, learner d` */
function configurationInWords({ halves, learners }: Configuration): string {
  const words = halves.map((half) =>
    half.map(({ id, weight: counts }) => (counts === 1 ? id : `${id}=${counts}`)).join(' '),
  );
  const voters = words.length === 0 ? 'nobody' : words.join(' → ');
  return learners.length === 0 ? voters : `${voters}, learning ${learners.join(' ')}`;
}

function inWords(id: string, effect: RaftEffect): string | null {
  switch (effect.type) {
    case 'leader':
      if (effect.leader === null) return 'knows of no leader';
      return `${effect.leader.id === id ? 'leads' : `follows ${effect.leader.id}`} in term ${effect.leader.term}`;
    case 'ready':
      return effect.leader.id === id ? 'its work can start' : null;
    case 'commit':
      return effect.entries.length === 0 ? null : `commits ${effect.entries.map(({ value }) => value).join(' ')}`;
    case 'appended':
      return `its append #${effect.ticket} is done`;
    case 'configuration':
      return `goes by ${configurationInWords(effect.configuration)}`;
    case 'append-failed':
      return `its append #${effect.ticket} is ${effect.reason}`;
    case 'read':
      return `its read #${effect.ticket} is answered`;
    case 'snapshot-wanted':
      return `takes a snapshot up to ${effect.index}`;
    case 'snapshot-installed':
      return `installs the snapshot up to ${effect.index}: ${effect.data}`;
    case 'pledged':
      return `pledges its log up to ${effect.standing.lastIndex}, of term ${effect.standing.lastTerm}`;
    case 'bad-message':
      return `drops a message of ${effect.from}: ${effect.code}`;
    default:
      return null;
  }
}

function messageInWords(message: Message): string {
  switch (message.type) {
    case 'pre-vote':
    case 'vote':
      return `${message.type} for term ${message.term} (${candidacyInWords(message)})`;
    case 'pre-vote-reply':
    case 'vote-reply':
      return `${message.granted === null ? 'not yet' : message.granted ? 'yes' : 'no'} to the ${message.type.replace('-reply', '')} for term ${message.term}`;
    case 'heartbeat':
      return `heartbeat ${message.round} of term ${message.term}${message.isPending ? ' (not ready yet)' : ''}`;
    case 'heartbeat-reply':
      return `promise, for heartbeat ${message.round} of term ${message.term}`;
    case 'append':
      return appendInWords(message);
    case 'append-reply':
      return `has all up to ${message.match}`;
    case 'append-rejected':
      return `lacks that entry ${message.prevIndex}; try behind ${message.hintIndex}, of term ${message.hintTerm}`;
    case 'snapshot':
      return snapshotInWords(message);
    case 'snapshot-reply':
      return `has ${message.offset} characters of the snapshot up to ${message.index}`;
    case 'stale':
      return `that is over, here it is term ${message.term}`;
    case 'timeout-now':
      return `timeout-now (the lease of term ${message.term} is given up, heartbeat ${message.round} was its last)`;
    case 'propose':
      return `propose ${message.values.join(' ')}`;
    case 'read-index-reply':
      return `read-index-reply: up to ${message.index}`;
    default:
      return message.type;
  }
}

function candidacyInWords(message: PreVote | Vote): string {
  const { lastIndex, lastTerm } = message;
  const log = lastIndex === 0 ? 'empty log' : `last entry ${lastIndex}, of term ${lastTerm}`;
  const released = message.type === 'vote' ? message.released : null;
  return released === null ? log : `${log}; ${released.leader} gave up its lease up to heartbeat ${released.round}`;
}

function appendInWords({ prevIndex, prevTerm, entries, commit }: Append): string {
  const where = prevIndex === 0 ? 'from the first on' : `behind entry ${prevIndex}, of term ${prevTerm}`;
  return `append ${entriesInWords(entries)} ${where}; ${commitInWords(commit)}`;
}

function snapshotInWords({ index, offset, chunk, totalChars }: SnapshotChunk): string {
  return `snapshot up to ${index}, characters ${offset} to ${offset + chunk.length} of ${totalChars}`;
}

function pair(word: string): readonly [string, string] {
  const [key = '', value = ''] = word.split('=');
  return [key, value];
}

function weight(word: string): readonly [string, number] {
  const [id, value] = pair(word);
  return [id, value === '' ? 1 : Number(value)];
}
