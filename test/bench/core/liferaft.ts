import { createRequire } from 'node:module';
import { rate, type Rate } from './throughput.ts';

/** What is used of `@markwylde/liferaft`, which brings no types. */
interface Liferaft {
  readonly address: string;
  readonly state: number;
  readonly term: number;
  join(address: string, write: (packet: unknown, answer: (error: unknown, packet: unknown) => void) => void): void;
  on(event: string, run: (value: never) => void): void;
  emit(event: string, ...values: readonly unknown[]): void;
  command(command: unknown): Promise<void>;
  end(): void;
}

interface LiferaftClass {
  new (address: string, options: object): Liferaft;
  readonly LEADER: number;
}

const LiferaftCore = createRequire(import.meta.url)('@markwylde/liferaft') as LiferaftClass;

interface Entry {
  readonly index: number;
  readonly term: number;
  readonly command: unknown;
  readonly responses: { readonly address: string; readonly ack: boolean }[];
  committed: boolean;
}

interface LastInfo {
  readonly index: number;
  readonly term: number;
  readonly committedIndex: number;
}

/** Its log in an array: it takes any, and its own, made of streams over LevelDB, is many times slower. */
class ArrayLog {
  committedIndex = 0;
  readonly #node: Liferaft;
  readonly #entries: Entry[] = [];

  constructor(node: Liferaft) {
    this.#node = node;
  }

  async saveCommand(command: unknown, term: number, index: number = this.#entries.length + 1): Promise<Entry> {
    const responses = [{ address: this.#node.address, ack: true }];
    return (this.#entries[index - 1] = { index, term, command, responses, committed: false });
  }

  async getLastInfo(): Promise<LastInfo> {
    return this.#infoOf(this.#entries.length);
  }

  async getEntryInfoBefore({ index }: Entry): Promise<LastInfo> {
    return this.#infoOf(index - 1);
  }

  async has(index: number): Promise<boolean> {
    return index <= this.#entries.length;
  }

  async get(index: number): Promise<Entry> {
    return this.#entries[index - 1] as Entry;
  }

  async removeEntriesAfter(index: number): Promise<void> {
    this.#entries.length = index;
  }

  async commandAck(index: number, address: string): Promise<Entry> {
    const entry = this.#entries[index - 1] as Entry;
    if (!entry.responses.some((response) => response.address === address)) entry.responses.push({ address, ack: true });
    return entry;
  }

  async getUncommittedEntriesUpToIndex(index: number): Promise<readonly Entry[]> {
    return this.#entries.slice(this.committedIndex, index).filter(({ committed }) => !committed);
  }

  async commit(index: number): Promise<void> {
    (this.#entries[index - 1] as Entry).committed = true;
    this.committedIndex = index;
  }

  end(): void {}

  #infoOf(index: number): LastInfo {
    const term = this.#entries[index - 1]?.term ?? this.#node.term;
    return { index, term, committedIndex: this.committedIndex };
  }
}

/** Of `size` members, in memory, with its default timeouts of 150 to 300 ms. */
class LiferaftGroup {
  readonly #members = new Map<string, Liferaft>();

  /** @param delayMs Of each message; 0: in the same turn. */
  constructor(size: number, delayMs: number) {
    const ids = Array.from({ length: size }, (_, at) => `member-${at}`);
    for (const id of ids) {
      const member = new LiferaftCore(id, { Log: ArrayLog });
      member.on('error', () => {}); // stale terms, which it tells of as errors
      this.#members.set(id, member);
    }
    const carry = (run: () => void): void => void (delayMs === 0 ? run() : setTimeout(run, delayMs));
    for (const [id, member] of this.#members) {
      for (const peer of ids) {
        member.join(peer, (packet, answer) => {
          const back = (reply: unknown): void => void (this.#members.has(id) && carry(() => answer(undefined, reply)));
          carry(() => this.#members.get(peer)?.emit('data', packet, back));
        });
      }
    }
  }

  /** Resolves with the next member, other than `last`, that takes itself for the leader. */
  leader(last?: Liferaft): Promise<Liferaft> {
    const leading = [...this.#members.values()].find(({ state }) => state === LiferaftCore.LEADER);
    if (leading) return Promise.resolve(leading);
    return new Promise((resolve) => {
      for (const member of this.#members.values())
        member.on('state change', (state: number) => {
          if (state === LiferaftCore.LEADER && member !== last) resolve(member);
        });
    });
  }

  crash(member: Liferaft): void {
    this.#members.delete(member.address);
    member.end();
  }

  end(): void {
    for (const member of this.#members.values()) member.end();
  }
}

/** Appends one after the other: it gives those that are under way together the same index, and loses all but one. */
export async function liferaftAppends(size: number, textOf: (count: number) => string): Promise<Rate> {
  const group = new LiferaftGroup(size, 0);
  const leader = await group.leader();
  let committed = 0;
  let heard = (): void => {};
  leader.on('commit', (text: string) => {
    if (text === textOf(committed)) heard(); // others are those that it tells of twice
  });
  const append = async (): Promise<void> => {
    const answered = new Promise<void>((resolve) => (heard = resolve));
    await leader.command(textOf(committed));
    await answered;
    committed++;
  };
  try {
    const appends = async (): Promise<void> => {
      for (let count = 0; count < 64; count++) await append();
    };
    await rate(appends, () => committed, 300);
    return await rate(appends, () => committed);
  } finally {
    group.end();
  }
}

/** From the crash of a leader to the next one, in milliseconds. */
export async function liferaftFailover(size: number, delayMs: number): Promise<number> {
  const group = new LiferaftGroup(size, delayMs);
  const leader = await group.leader();
  await new Promise((resolve) => setTimeout(resolve, 200 + 100 * Math.random()));
  const beganMs = performance.now();
  group.crash(leader);
  await group.leader(leader);
  group.end();
  return performance.now() - beganMs;
}
