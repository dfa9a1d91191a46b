import type { AvailableEffect, Side } from '../../../src/core/available/events.ts';
import { type Commands, deedsInLines, directions, perform, transcript } from '../golden.ts';
import type { Letter } from '../mail.ts';
import { Stage } from './stage.ts';

/**
 * Runs a script and returns it with what came of it: after each command, a line per member with its effects in order.
 * A script is text:
 *
 *     # a comment
 *     > join a b c [priority=1] [minMembers=4]   new members; all are told a view of all that are there
 *     > view a: a b                              a is told this view; `view a:` is an empty one
 *     > run 500 ms                               time passes (`2 s`), messages flow
 *     > crash a | pause a | resume a | leave a
 *     > hint b a | departed b a                  b is told that a may be gone, that a said goodbye
 *     > transfer a [c] | publish a 3 | priority a 2
 *     > cut a b | cut a->b | heal a b | heal     both directions, one, everything
 *     > partition a b | c                        cuts every link between the sides
 *     > hold | flow                              messages wait to be delivered by hand; flow again
 *     > deliver b->a [twice | backwards]         what waits from b to a; `deliver` alone: everything
 *     > drop b->a                                what waits from b to a is lost
 *     > replay b->a [backwards]                  all that b ever sent to a arrives once more
 *     > read                                     what each member answers at this moment
 *
 * Messages are shown only while they are held: each type and receiver once, in no order.
 */
export function transcribe(script: string): string {
  const run = new ScriptRun();
  return transcript(script, (text) => run.command(text));
}

class ScriptRun {
  readonly #lines = new Map<string, string[]>();
  readonly #stage = new Stage({ onEffect: (id, effect) => this.#note(id, effect) });
  readonly #sent: Letter[] = [];
  /** Of this command: `beat to a`, by sender. */
  readonly #sends = new Map<string, Set<string>>();

  command(text: string): readonly string[] {
    this.#lines.clear();
    this.#sends.clear();
    perform(this.#commands, text);
    for (const [id, sends] of this.#sends) this.#line(id, `sends ${[...sends].toSorted().join(', ')}`);
    return deedsInLines(this.#lines);
  }

  readonly #commands: Commands = {
    join: (words) => {
      const ids = words.filter((word) => !word.includes('='));
      const options = words.filter((word) => word.includes('=')).map((word) => word.split('='));
      this.#stage.join(ids, Object.fromEntries(options.map(([key, value]) => [key, Number(value)])) as object);
    },
    view: ([id = '', ...peers]) => this.#stage.feed(id.replace(':', ''), { type: 'members', peers }),
    run: ([amount = '', unit]) => this.#stage.run(Number(amount) * (unit === 's' ? 1000 : 1)),
    crash: ([id = '']) => this.#stage.crash(id),
    pause: ([id = '']) => this.#stage.pause(id),
    resume: ([id = '']) => this.#stage.resume(id),
    leave: ([id = '']) => this.#stage.leave(id),
    hint: ([id = '', peer = '']) => this.#stage.feed(id, { type: 'hint', peer }),
    departed: ([id = '', peer = '']) => this.#stage.feed(id, { type: 'departed', peer }),
    transfer: ([id = '', to]) =>
      this.#stage.feed(id, to === undefined ? { type: 'transfer' } : { type: 'transfer', to }),
    publish: ([id = '', ...value]) =>
      this.#stage.feed(id, { type: 'publish', value: JSON.parse(value.join(' ')) as unknown }),
    priority: ([id = '', priority]) => this.#stage.feed(id, { type: 'priority', priority: Number(priority) }),
    cut: (words) => directions(words).forEach(([from, to]) => this.#stage.cut(from, to)),
    heal: (words) => {
      if (words.length === 0) this.#stage.healAll();
      else directions(words).forEach(([from, to]) => this.#stage.heal(from, to));
    },
    partition: (words) => {
      const sides = words.join(' ').split('|');
      this.#stage.partition(...sides.map((side) => side.trim().split(' ')));
    },
    hold: () => {
      this.#stage.isHolding = true;
    },
    flow: () => {
      this.#stage.isHolding = false;
    },
    deliver: (words) => this.#deliver(words),
    drop: (words) => directions(words).forEach(([from, to]) => this.#stage.take(from, to)),
    replay: ([link = '', order]) => {
      const letters = directions([link]).flatMap(([from, to]) => this.#sentFrom(from, to));
      for (const letter of order === 'backwards' ? letters.toReversed() : letters) this.#stage.deliver(letter);
    },
    read: () => this.#read(),
  };

  #deliver([link, how]: readonly string[]): void {
    const letters =
      link === undefined
        ? this.#stage.letters.splice(0)
        : directions([link]).flatMap(([from, to]) => this.#stage.take(from, to));
    const times = how === 'twice' ? 2 : 1;
    for (const letter of how === 'backwards' ? letters.toReversed() : letters) {
      for (let time = 0; time < times; time++) this.#stage.deliver(letter);
    }
  }

  #sentFrom(from: string, to: string): Letter[] {
    return this.#sent.filter((letter) => letter.from === from && letter.to === to);
  }

  #read(): void {
    const at = { fast: this.#stage.nowMs, slow: this.#stage.nowMs };
    for (const { id, core, state } of this.#stage.actors.values()) {
      if (state === 'gone') continue;
      const leader = core.leader();
      const published = core.published();
      this.#line(id, core.isLeader(at) ? 'leads' : 'does not lead');
      this.#line(id, leader === null ? 'leader none' : `leader ${leader.id} in ${leader.term}`);
      if (published !== undefined) this.#line(id, `published ${JSON.stringify(published)}`);
    }
  }

  #note(id: string, effect: AvailableEffect): void {
    if (effect.type === 'send') {
      this.#sent.push({ from: id, to: effect.to, message: effect.message, atMs: this.#stage.nowMs });
      if (this.#stage.isHolding) this.#send(id, `${(effect.message as { type: string }).type} to ${effect.to}`);
      return;
    }
    const text = inWords(effect);
    if (text !== null) this.#line(id, text);
  }

  #send(id: string, send: string): void {
    const sends = this.#sends.get(id) ?? new Set();
    this.#sends.set(id, sends.add(send));
  }

  #line(id: string, text: string): void {
    const effects = this.#lines.get(id) ?? [];
    this.#lines.set(id, [...effects, text]);
  }
}

/** What is told to the application; paths and wakes are the core's own affair. */
function inWords(effect: AvailableEffect): string | null {
  switch (effect.type) {
    case 'leader':
      return effect.leader === null ? 'leader none' : `leader ${effect.leader.id} in ${effect.leader.term}`;
    case 'reachable':
      return `group ${effect.peers.join(' ')}`;
    case 'published':
      return `published ${JSON.stringify(effect.value)}`;
    case 'conflict':
      return `conflict ${sideInWords(effect.winner)} over ${sideInWords(effect.loser)}`;
    case 'bad-message':
      return `bad message from ${effect.from}`;
    default:
      return null;
  }
}

function sideInWords({ id, term, published }: Side): string {
  return published === undefined ? `${id} in ${term}` : `${id} in ${term} with ${JSON.stringify(published)}`;
}
