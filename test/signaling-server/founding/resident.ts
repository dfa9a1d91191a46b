import { foundedBy } from '../../../src/core/quorum/configuration.ts';
import type { Raft } from '../../../src/core/quorum/raft.ts';
import type { RaftEvent } from '../../../src/core/quorum/events.ts';
import type { Standing } from '../../../src/core/quorum/state.ts';
import type { Pledge } from '../../../src/core/founding/group.ts';
import type { RoomMessage } from '../../../signaling-server/room-events.ts';
import { charterMs, coreOf, toWitness } from './cores.ts';
import type { Town } from './town.ts';

type View = Extract<RoomMessage, { readonly type: 'view' }>;

const pingEveryMs = charterMs / 6;
const standingEveryMs = 1_000;
/** After its pledge, when no later epoch comes. */
const hopeMs = 12_000;

/** One member: a page that comes, may freeze, be cut off, leave or die; as electors and discovery have it do. */
export class Resident {
  readonly #town: Town;
  id: string;
  #core: Raft | null = null;
  #epoch = 0;
  #witness: string | null = null;
  readonly #members = new Set<string>();
  #pledged: { readonly pledge: Pledge; readonly atMs: number } | null = null;
  #isGone = false;
  #tickets = 0;
  #wakes = 0;
  readonly #events: RaftEvent[] = [];
  /** Its clocks run a little fast, or slow. */
  readonly #rate: number;
  // The connection
  #seat: string | null = null;
  #resume: string | undefined;
  #seen = 0;
  #isCurrent = false;
  #asked: number | null = null;
  #answered: number | null = null;
  #contact = Number.NEGATIVE_INFINITY;
  #sameView: { era: string; n: number } = { era: '', n: 0 };
  // Frozen until then; what comes meanwhile waits.
  #frozen = false;
  readonly #waiting: (() => void)[] = [];

  constructor(town: Town, id: string) {
    this.#town = town;
    this.id = id;
    this.#rate = 0.993 + town.random() * 0.014;
    this.#connect();
    this.#beat();
    this.#stand();
  }

  get name(): string {
    return `${this.id} in ${this.#epoch}`;
  }

  get isLeader(): boolean {
    return !this.#isGone && this.#core?.isLeader(this.#at()) === true;
  }

  get isFrozen(): boolean {
    return this.#frozen;
  }

  /** What a frozen page would do happens when it thaws. */
  awake(run: () => void): void {
    if (this.#isGone) return;
    if (this.#frozen) this.#waiting.push(run);
    else run();
  }

  freeze(forMs: number): void {
    if (this.#frozen) return;
    this.#frozen = true;
    const seat = this.#seat;
    this.#town.after(1_500, () => {
      if (this.#frozen && seat !== null) this.#town.server.loseSocket(seat);
    });
    this.#town.after(forMs, () => {
      this.#frozen = false;
      for (const run of this.#waiting.splice(0)) this.awake(run);
    });
  }

  crash(): void {
    this.#isGone = true;
    this.#town.residents.delete(this);
    if (this.#seat) this.#town.server.hangUp(this.#seat);
  }

  leave(): void {
    this.#sayGoodbye();
    this.crash();
  }

  append(): void {
    this.awake(() => this.#feed({ type: 'append', first: ++this.#tickets, values: [`${this.id}:${this.#tickets}`] }));
  }

  hear(from: string, message: unknown): void {
    this.awake(() => this.#feed({ type: 'message', from, message }));
  }

  // The connection

  #connect(): void {
    if (this.#isGone || this.#seat !== null) return;
    const { server, charter, nowMs } = this.#town;
    const seat = this.#town.server.connect(this);
    if (seat === null) return this.#later(this.#town.between(100, 2_000), () => this.#connect());
    this.#seat = seat;
    this.#isCurrent = false;
    this.#ask();
    const lapsed = nowMs - this.#contact >= charterMs * 0.95;
    const claim = this.#seen > 0 ? { epoch: this.#seen, lapsed } : {};
    server.hear(seat, {
      type: 'join',
      seat,
      id: this.id,
      info: null,
      host: this.id,
      resume: this.#resume,
      charter,
      ...claim,
    });
  }

  /** The socket is dead, as this end finds out. */
  closed(seat: string): void {
    this.awake(() => {
      if (seat !== this.#seat) return;
      this.#seat = null;
      this.#later(this.#town.between(50, 1_500), () => this.#connect());
    });
  }

  #hangUp(): void {
    if (this.#seat === null) return;
    const seat = this.#seat;
    this.#town.server.hangUp(seat);
    this.closed(seat);
  }

  told(seat: string, message: RoomMessage): void {
    if (seat !== this.#seat) return;
    if (message.type === 'welcome') {
      this.#resume = message.resume;
      this.#answer();
      this.#town.server.hear(seat, { type: 'arrived', seat });
    } else if (message.type === 'view') this.#view(message);
    else if (message.type === 'ask-pledge') this.#askedToPledge(message.epoch);
    else if (message.type === 'error') this.#refused(message.code, message.message);
  }

  #refused(code: string, words: string): void {
    if (code === 'epoch-refused') return this.#startOver();
    if (code === 'id-taken') return this.#hangUp();
    throw new Error(`${this.name} is refused: ${code}, ${words}`);
  }

  #ask(): void {
    this.#asked = this.#at().fast;
    this.#answered = null;
  }

  #answer(): void {
    this.#answered = this.#asked;
    this.#noteContact();
  }

  #noteContact(): void {
    if (!this.#isCurrent || this.#answered === null) return;
    this.#contact = this.#town.nowMs - (this.#at().fast - this.#answered) / this.#rate;
    this.#feed({ type: 'contact', askedAt: this.#answered });
    this.#answered = null;
  }

  #beat(): void {
    this.#later(pingEveryMs, () => {
      const seat = this.#seat;
      if (seat !== null) {
        this.#ask();
        this.#town.server.ping(seat, () => {
          if (seat === this.#seat) this.#answer();
        });
      }
      this.#beat();
    });
  }

  // Epochs

  #view(view: View): void {
    const { founder, epoch, witness, continues, era, n, from } = view;
    const isNew = era !== this.#sameView.era || n > this.#sameView.n;
    this.#sameView = { era, n };
    if (from === 0) this.#members.clear();
    for (const id of [...view.bye, ...view.gone]) this.#members.delete(id);
    for (const { id } of view.members) this.#members.add(id);
    if (isNew) this.#group({ founder, epoch, witness, continues }, view.bye);
    this.#isCurrent = epoch >= this.#seen;
    this.#seen = Math.max(this.#seen, epoch);
    this.#noteContact();
  }

  #group(
    { founder, epoch, witness, continues }: Pick<View, 'founder' | 'epoch' | 'witness' | 'continues'>,
    bye: readonly string[],
  ): void {
    if (epoch < this.#epoch || epoch === 0) return;
    if (epoch > this.#epoch && this.#core !== null) {
      const goesOn = continues === this.#epoch || (founder === this.id && this.#pledged !== null);
      if (!goesOn) return this.#startOver();
    }
    if (epoch > this.#epoch) this.#begin(epoch, founder, witness);
    this.#witness = witness;
    const peers = [...this.#members].map((id) => ({ id, host: id, witness: false }));
    if (witness !== null) peers.push({ id: witness, host: 'server', witness: true });
    this.#feed({ type: 'members', peers });
    for (const peer of bye) this.#feed({ type: 'departed', peer });
  }

  #begin(epoch: number, founder: string | null, witness: string | null): void {
    this.#feed({ type: 'give-up' });
    const before = this.#core;
    this.#pledged = null;
    this.#epoch = epoch;
    this.#core = coreOf({
      ...{ id: this.id, epoch, charterMs, seed: this.#town.between(1, 2 ** 30) },
      ...(founder === this.id && { founding: foundedBy([founder], witness) }),
      ...(before && { stored: before.state(), applied: before.commitIndex }),
    });
  }

  #askedToPledge(epoch: number): void {
    if (this.#pledged?.pledge.epoch === epoch) this.#say('pledge', this.#pledged.pledge);
    else if (epoch === this.#epoch) this.#feed({ type: 'pledge' });
  }

  #stand(): void {
    this.#later(standingEveryMs, () => {
      const core = this.#core;
      const standing = core?.leader() === null ? core.standing(this.#at()) : null;
      if (this.#pledged) this.#say('standing', this.#pledged.pledge);
      else if (standing) this.#say('standing', { epoch: this.#epoch, standing });
      if (this.#pledged && this.#town.nowMs - this.#pledged.atMs > hopeMs && this.#isCurrent) this.#startOver();
      this.#stand();
    });
  }

  #say(type: 'standing' | 'pledge', said: Pledge): void {
    if (this.#seat !== null) this.#town.server.hear(this.#seat, { type, seat: this.#seat, said });
  }

  #sayGoodbye(): void {
    const core = this.#core;
    this.#feed({ type: 'leave' });
    if (this.#seat === null) return;
    const standing: Standing | null = core?.standing(this.#at()) ?? null;
    const never = { lastIndex: 0, lastTerm: 0, configuration: [], promisedMs: 0 };
    const pledge = core === null ? { epoch: 0, standing: never } : standing && { epoch: this.#epoch, standing };
    this.#town.server.hear(this.#seat, { type: 'leave', seat: this.#seat, ...(pledge && { pledge }) });
  }

  /** As a new member. */
  #startOver(): void {
    this.#sayGoodbye();
    if (this.#seat) this.#town.server.hangUp(this.#seat);
    this.#isGone = true;
    this.#town.residents.delete(this);
    const side = this.#town.side(this);
    const again = this.#town.moveIn();
    if (side !== 0) this.#town.cut(again, side);
  }

  // The core

  /** One event after the other. */
  #feed(event: RaftEvent): void {
    if (this.#events.push(event) > 1) return;
    for (let next = this.#events[0]; next; next = this.#events[0]) {
      this.#step(next);
      this.#events.shift();
    }
  }

  #step(event: RaftEvent): void {
    const core = this.#core;
    if (core === null || this.#isGone) return;
    const { ledger } = this.#town;
    let applied = core.commitIndex;
    for (const effect of core.step({ ...event, at: this.#at() })) {
      if (effect.type === 'send') this.#send(effect.to, effect.message);
      else if (effect.type === 'persist') this.#feed({ type: 'persisted', upTo: effect.number });
      else if (effect.type === 'wake') this.#wake(core, effect.at);
      else if (effect.type === 'commit') {
        ledger.committed(this.#epoch, core, applied + 1, effect.upTo);
        applied = effect.upTo;
      } else if (effect.type === 'leader' && effect.leader?.id === this.id) ledger.leads(this.#epoch, core);
      else if (effect.type === 'pledged') {
        this.#pledged = { pledge: { epoch: this.#epoch, standing: effect.standing }, atMs: this.#town.nowMs };
        this.#say('pledge', this.#pledged.pledge);
      }
    }
  }

  #send(to: string, message: unknown): void {
    if (to !== this.#witness) this.#town.deliver(this, to, message);
    else if (this.#seat !== null) this.#town.server.hear(this.#seat, toWitness(this.#seat, to, message));
  }

  #wake(core: Raft, at: number): void {
    const wake = ++this.#wakes;
    this.#later((at - this.#at().fast) / this.#rate, () => {
      if (core === this.#core && wake === this.#wakes) this.#feed({ type: 'tick' });
    });
  }

  #later(delayMs: number, run: () => void): void {
    this.#town.after(Math.max(1, delayMs), () => this.awake(run));
  }

  #at() {
    const reading = this.#town.nowMs * this.#rate;
    return { fast: reading, slow: reading };
  }
}
