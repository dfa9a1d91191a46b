import { type Commands, deedsInLines, directions, perform, transcript } from '../golden.ts';
import { type Deed, type PageOptions, Stage } from './stage.ts';

/**
 * Runs a script and returns it with what came of it: after each command, a line per page with what it did in order.
 * A script is text:
 *
 *     # a comment
 *     > join a b c [priority=1] [minMembers=4] [preferVisible=0]   new pages; all are told a view of all that are there
 *     > run 500 ms                                                 time passes (`2 s`), messages flow
 *     > crash a | freeze a | thaw a | leave a
 *     > slow a 2 s                                                 what becomes of locks reaches a so much later
 *     > hide a | show a                                            the page is hidden, or can be seen
 *     > departed b a | hint b a | view                             what discovery says
 *     > transfer a [c] | publish a 3 | priority a 2
 *     > cut a b | cut a->b | heal                                  messages are lost from now on; no more
 *     > hold | flow                                                messages wait to be delivered by hand; flow again
 *     > deliver b->a [twice] | drop b->a                           what waits from b to a
 *     > say b a {"type":"…"}                                       this arrives at a, as from b
 *     > read                                                       what each page answers at this moment
 */
export function transcribe(script: string): string {
  const run = new ScriptRun();
  return transcript(script, (text) => run.command(text));
}

class ScriptRun {
  readonly #lines = new Map<string, string[]>();
  readonly #stage = new Stage((id, deed) => this.#note(id, deed));

  command(text: string): readonly string[] {
    this.#lines.clear();
    perform(this.#commands, text);
    return deedsInLines(this.#lines);
  }

  readonly #commands: Commands = {
    join: (words) => {
      const ids = words.filter((word) => !word.includes('='));
      const options = words.filter((word) => word.includes('=')).map((word) => word.split('='));
      this.#stage.join(ids, optionsOf(Object.fromEntries(options) as Record<string, string>));
    },
    view: () => this.#stage.tellView(),
    run: ([amount = '', unit]) => this.#stage.run(Number(amount) * (unit === 's' ? 1000 : 1)),
    slow: ([id = '', amount = '', unit]) => this.#stage.slow(id, Number(amount) * (unit === 's' ? 1000 : 1)),
    crash: ([id = '']) => this.#stage.crash(id),
    freeze: ([id = '']) => this.#stage.freeze(id),
    thaw: ([id = '']) => this.#stage.thaw(id),
    leave: ([id = '']) => this.#stage.leave(id),
    hide: ([id = '']) => this.#stage.do(id, ({ election }) => election.feed({ type: 'visible', visible: false })),
    show: ([id = '']) => this.#stage.do(id, ({ election }) => election.feed({ type: 'visible', visible: true })),
    hint: ([id = '', peer = '']) => this.#stage.do(id, ({ election }) => election.feed({ type: 'hint', peer })),
    departed: ([id = '', peer = '']) => this.#stage.do(id, ({ election }) => election.feed({ type: 'departed', peer })),
    transfer: ([id = '', to]) =>
      this.#stage.do(id, ({ election }) => {
        if (election.canTransfer(to)) election.feed({ type: 'transfer', ...(to !== undefined && { to }) });
        else this.#line(id, 'cannot');
      }),
    publish: ([id = '', value = '']) =>
      this.#stage.do(id, ({ election }) => election.feed({ type: 'publish', value: Number(value) })),
    priority: ([id = '', priority]) =>
      this.#stage.do(id, ({ election }) => election.feed({ type: 'priority', priority: Number(priority) })),
    cut: (words) => directions(words).forEach(([from, to]) => this.#stage.cut(from, to)),
    heal: () => this.#stage.healAll(),
    hold: () => {
      this.#stage.isHolding = true;
    },
    flow: () => {
      this.#stage.isHolding = false;
    },
    deliver: ([link = '', how]) => {
      for (const [from, to] of directions([link]))
        for (const letter of this.#stage.take(from, to))
          for (let times = how === 'twice' ? 2 : 1; times > 0; times--) this.#stage.deliver(letter);
    },
    drop: (words) => directions(words).forEach(([from, to]) => this.#stage.take(from, to)),
    say: ([from = '', to = '', ...message]) =>
      this.#stage.deliver({ from, to, message: JSON.parse(message.join(' ')) as unknown, atMs: 0 }),
    read: () => this.#read(),
  };

  #read(): void {
    for (const { id, election, state } of this.#stage.pages.values()) {
      if (state === 'gone') continue;
      const leader = election.leader();
      const published = election.published();
      this.#line(id, election.isLeader() ? 'leads' : 'does not lead');
      this.#line(id, leader === null ? 'leader none' : `leader ${leader.id} in ${leader.term}`);
      if (published !== undefined) this.#line(id, `published ${JSON.stringify(published)}`);
    }
  }

  #note(id: string, deed: Deed): void {
    const text = inWords(deed);
    if (text !== null) this.#line(id, text);
  }

  #line(id: string, text: string): void {
    this.#lines.set(id, [...(this.#lines.get(id) ?? []), text]);
  }
}

function optionsOf(given: Readonly<Record<string, string>>): PageOptions {
  const { priority, minMembers, preferVisible } = given;
  return {
    ...(priority !== undefined && { priority: Number(priority) }),
    ...(minMembers !== undefined && { minMembers: Number(minMembers) }),
    ...(preferVisible !== undefined && { preferVisible: preferVisible !== '0' }),
  };
}

/** What is told to the application, and what becomes of the lock; all else is the core's own affair. */
function inWords(deed: Deed): string | null {
  switch (deed.type) {
    case 'lock':
      return deed.what;
    case 'leader':
      return deed.leader === null ? 'leader none' : `leader ${deed.leader.id} in ${deed.leader.term}`;
    case 'outranked':
      return `is to hand over to ${deed.by}`;
    case 'reachable':
      return `group ${deed.peers.join(' ')}`;
    case 'published':
      return `published ${JSON.stringify(deed.value)}`;
    case 'bad-message':
      return `bad message from ${deed.from}: ${deed.reason}`;
    default:
      return null;
  }
}
