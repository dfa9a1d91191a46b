import type { Configuration } from '../../../src/core/quorum/configuration.ts';
import type { Entry } from '../../../src/core/quorum/entry.ts';
import type { RaftEffect } from '../../../src/core/quorum/events.ts';
import type { RaftLimits } from '../../../src/core/quorum/limits.ts';
import type { Message } from '../../../src/core/quorum/messages.ts';
import { directions, transcript } from '../golden.ts';
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
 *     > crash a | restart a | pause a | resume a | leave a
 *     > append a x y | read a | transfer a [b] | campaign a | priority a 2
 *     > cut a b | cut a->b | heal a b | heal | isolate a
 *     > hold | flow                               messages wait to be delivered by hand; flow again
 *     > deliver b->a [twice] | deliver | drop b->a | drop
 *     > delay a->b | late                         what goes from a to b is set aside; it arrives after all
 *     > disk a stops | disk a writes              a's writes wait; all of them are done, and so on
 *     > logs | terms | leading
 *
 * Messages are shown while they are held.
 */
export function transcribe(script: string): string {
  const run = new ScriptRun();
  return transcript(script, (text) => run.command(text));
}

class ScriptRun {
  readonly #lines = new Map<string, string[]>();
  #limits: Partial<RaftLimits> = {};
  #stage = new Stage();
  readonly #stored = new Map<string, { readonly term: number; readonly log: readonly number[] }>();
  #tickets = 0;
  readonly #delayed: Letter[] = [];

  command(text: string): readonly string[] {
    this.#lines.clear();
    const [name = '', ...words] = text.split(/\s+/);
    const run = this.#commands[name];
    if (run === undefined) throw new Error(`no such command: ${text}`);
    run(words);
    return [...this.#lines]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, effects]) => `  ${id}: ${effects.join('; ')}`);
  }

  readonly #commands: Readonly<Record<string, (words: readonly string[]) => void>> = {
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
    deliver: ([link, how]) => {
      const letters = link === undefined ? this.#stage.letters.splice(0) : this.#take(link);
      for (const letter of letters) {
        for (let times = how === 'twice' ? 2 : 1; times > 0; times--) this.#stage.deliver(letter);
      }
    },
    delay: ([link = '']) => this.#delayed.push(...this.#take(link)),
    late: () => this.#delayed.splice(0).forEach((letter) => this.#stage.deliver(letter)),
    drop: ([link]) => {
      if (link === undefined) this.#stage.letters = [];
      else this.#take(link);
    },
    disk: ([id = '', how]) => {
      this.#stage.actor(id).writeMs = how === 'stops' ? Infinity : 0;
      if (how === 'writes') this.#stage.write(id);
    },
    logs: () => this.#each(({ core }) => `${logInWords(core)}, committed ${core.commitIndex}`),
    terms: () => this.#each(({ core }) => `${core.role} in ${core.hardState.term}, vote ${core.hardState.vote}`),
    leading: () => this.#each(({ id }) => (this.#stage.leading().includes(id) ? 'leads' : 'does not lead')),
  };

  #take(link: string): ReturnType<Stage['take']> {
    return directions([link]).flatMap(([from, to]) => this.#stage.take(from, to));
  }

  #found(founding: Configuration): void {
    const { isHolding } = this.#stage;
    this.#stage = new Stage({ onEffect: ({ id }, effect) => this.#note(id, effect), limits: this.#limits });
    this.#stage.isHolding = isHolding;
    for (const { id } of founding.halves[0] ?? []) {
      const stored = this.#stored.get(id);
      if (stored === undefined) this.#stage.add(id, { founding });
      else {
        const entries: readonly Entry[] = stored.log.map((term) => ({ type: 'empty', term }));
        const hardState = { term: stored.term, vote: null, promisedMs: 0 };
        const disk = { hardState, snapshot: null, log: { from: 1, entries } };
        this.#stage.add(id, { founding, stored: disk });
      }
    }
    this.#stage.start();
  }

  #each(say: (actor: Actor) => string): void {
    for (const actor of this.#stage.actors.values()) if (actor.state !== 'down') this.#line(actor.id, say(actor));
  }

  #note(id: string, effect: RaftEffect): void {
    if (effect.type === 'send' && this.#stage.isHolding) {
      this.#line(id, `→ ${effect.to} ${messageInWords(effect.message as Message)}`);
    }
    const text = inWords(effect);
    if (text !== null) this.#line(id, text);
  }

  #line(id: string, text: string): void {
    this.#lines.set(id, [...(this.#lines.get(id) ?? []), text]);
  }
}

function logInWords(core: Actor['core']): string {
  const terms: string[] = [];
  for (let index = core.firstIndex; index <= core.lastIndex; index++) {
    const entry = core.entry(index);
    terms.push(entry?.type === 'value' ? `${entry.term}:${entry.value}` : String(entry?.term));
  }
  return `log ${terms.join(' ')}`;
}

function inWords(effect: RaftEffect): string | null {
  switch (effect.type) {
    case 'leader':
      return effect.leader === null ? 'leader none' : `leader ${effect.leader.id} in ${effect.leader.term}`;
    case 'ready':
      return `ready in ${effect.term}`;
    case 'commit':
      return effect.entries.length === 0 ? null : effect.entries.map(({ value }) => `commit ${value}`).join('; ');
    case 'appended':
      return `appended #${effect.ticket}`;
    case 'append-failed':
      return `#${effect.ticket} ${effect.reason}`;
    case 'read':
      return `read #${effect.ticket}`;
    case 'bad-message':
      return `bad message from ${effect.from}: ${effect.code}`;
    default:
      return null;
  }
}

function messageInWords(message: Message): string {
  switch (message.type) {
    case 'pre-vote':
    case 'vote':
      return `${message.type} ${message.term} (log ends ${message.lastIndex} in ${message.lastTerm})`;
    case 'pre-vote-reply':
    case 'vote-reply':
      return `${message.granted ? 'yes' : 'no'} to ${message.type.replace('-reply', '')} ${message.term}`;
    case 'heartbeat':
    case 'heartbeat-reply':
      return `${message.type} ${message.term}/${message.round}`;
    case 'append': {
      const { prevIndex, prevTerm, entries, term, commit } = message;
      const terms = entries.map((entry) => entry.term).join(' ');
      return `append ${term} [after ${prevIndex} in ${prevTerm}: ${terms === '' ? 'nothing' : terms}] commit ${commit}`;
    }
    case 'append-reply':
      return `has up to ${message.match}`;
    case 'append-rejected':
      return `rejects after ${message.prevIndex}, try ${message.hintIndex} in ${message.hintTerm}`;
    case 'stale':
    case 'ask-beat':
      return `${message.type} ${message.term}`;
    case 'timeout-now':
      return `timeout-now ${message.term}/${message.round}`;
    default:
      return message.type;
  }
}

function pair(word: string): readonly [string, string] {
  const [key = '', value = ''] = word.split('=');
  return [key, value];
}

function weight(word: string): readonly [string, number] {
  const [id, value] = pair(word);
  return [id, value === '' ? 1 : Number(value)];
}
