import type { Letter } from './machine.ts';
import type { Local, Machines } from './machines.ts';
import type { Chronicle } from './marks.ts';
import { extras } from './scene.ts';
import type { Scene } from './scene.ts';
import { State } from './state.ts';

const delayMs = 1;
const longestMs = 5000;

/** The state that a scene begins in: all have just started, or one leads and all have what it has. */
export function beginning(machines: Machines, scene: Scene): State {
  const calm = new Calm(machines);
  calm.start();
  if (scene.before === 'elected') calm.run();
  for (const line of scene.script ?? []) calm.play(line);
  return calm.state();
}

interface Underway {
  readonly letter: Letter;
  /** When it arrives. */
  readonly atMs: number;
}

/** Everything goes well: messages take a millisecond, disks no time at all. */
class Calm {
  readonly #machines: Machines;
  readonly #members: Local[];
  #letters: Underway[] = [];
  #nowMs = 0;
  #chronicle: Chronicle;

  constructor(machines: Machines) {
    this.#machines = machines;
    this.#members = machines.model.ids.map((_, member) => machines.first(member));
    this.#chronicle = machines.marks.blank;
  }

  start(): void {
    for (const { member } of this.#members) this.#step(member, { type: 'restart' });
  }

  run(): void {
    while (!this.#isSettled()) {
      if (this.#nowMs > longestMs) throw new Error('nobody was elected');
      this.#letters.sort((a, b) => a.atMs - b.atMs);
      const wake = this.#members.reduce((one, other) => (other.wakeAtMs < one.wakeAtMs ? other : one));
      const [next] = this.#letters;
      this.#nowMs = Math.max(this.#nowMs, Math.min(wake.wakeAtMs, next?.atMs ?? Infinity));
      if (next === undefined || next.atMs > this.#nowMs) this.#step(wake.member, { type: 'tick' });
      else this.#step(next.letter.to, { type: 'message', letter: this.#letters.shift()!.letter });
    }
  }

  play(line: string): void {
    const [who = '', what] = line.split(' ');
    const [from, to] = who.split('>').map((id) => this.#machines.model.ids.indexOf(id)) as [number, number | undefined];
    if (to === undefined) {
      this.#nowMs = Math.max(this.#nowMs, this.#members[from]!.wakeAtMs);
      return this.#step(from, { type: 'tick' });
    }
    const at = this.#letters.findIndex(
      ({ letter }) => letter.from === from && letter.to === to && letter.message.type === what,
    );
    if (at === -1) throw new Error(`no ${line} is under way`);
    const [{ letter }] = this.#letters.splice(at, 1) as [Underway];
    this.#step(to, { type: 'message', letter });
  }

  #isSettled(): boolean {
    const commits = new Set(this.#members.map(({ commit }) => commit));
    const leads = this.#members.some((local) => this.#machines.leads(local, this.#nowMs));
    return leads && this.#letters.length === 0 && commits.size === 1 && !commits.has(0);
  }

  #step(member: number, input: Parameters<Machines['step']>[1]): void {
    const { next, sent, marks } = this.#machines.step(this.#members[member]!, input, this.#nowMs);
    this.#members[member] = next;
    for (const letter of sent) this.#letters.push({ letter, atMs: this.#nowMs + delayMs });
    for (const mark of marks) this.#chronicle = this.#machines.marks.add(this.#chronicle, mark) as Chronicle;
    if (next.writes.length > 0) this.#step(member, { type: 'write' });
  }

  state(): State {
    const letters = this.#letters.map(({ letter }) => letter);
    const spent = extras.map(() => 0);
    return new State(this.#members, letters, this.#nowMs, this.#chronicle, spent);
  }
}
