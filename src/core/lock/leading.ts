import type { Line, Place } from './line.ts';
import type { Member } from './member.ts';
import type { Beat, Hello } from './messages.ts';
import { gatherMs, quietMs, steadyForMs } from './pace.ts';
import { isNewer, type Publishing } from './publishing.ts';

/** What a leader says: that it leads, and who comes next; and to whom it is to hand over. */
export class Leading {
  readonly #member: Member;
  readonly #line: Line;
  readonly #publishing: Publishing;
  #term = 0;
  #since = 0;
  /** The version of the line that all were told. */
  #told = 0;
  #tellAt = Infinity;
  /** When it may be said again that there is a better leader. */
  #nameAt = -Infinity;
  /** How often in short order leadership went to a better leader, this one included. */
  restless = 0;

  constructor(member: Member, line: Line, publishing: Publishing) {
    this.#member = member;
    this.#line = line;
    this.#publishing = publishing;
  }

  get dueAt(): number {
    return Math.min(this.#tellAt, this.#line.dueAt, Math.max(this.#betterAt(), this.#nameAt));
  }

  /** All who may want to know. */
  get audience(): readonly string[] {
    return [...new Set([...this.#member.peers, ...this.#line.places().map(({ id }) => id)])];
  }

  /** This member leads, in that term. */
  lead(term: number): void {
    if (term !== this.#term) {
      [this.#term, this.#since] = [term, this.#member.now.fast];
      this.#nameAt = -Infinity;
      this.#tell();
    }
    for (const peer of this.#line.ask()) this.say(peer, true);
    const { version } = this.#line;
    if (version !== this.#told && this.#tellAt === Infinity) this.#tellAt = this.#member.now.fast + gatherMs;
    if (this.#member.now.fast >= this.#tellAt) this.#tell();
    this.#nameBetter();
    this.#member.line = this.#line.places().map(({ id }) => id);
  }

  #tell(): void {
    this.#tellAt = Infinity;
    this.#told = this.#line.version;
    for (const peer of this.audience) this.say(peer, false);
  }

  say(peer: string, ask: boolean): void {
    const line = this.#line.places().map(({ id }) => id);
    const { edition } = this.#member;
    const { version } = this.#line;
    const beat: Beat = { type: 'beat', term: this.#term, version, line, edition, ask };
    this.#member.send(peer, beat);
  }

  /** Whoever knows less is told; a change of the line is told to all at once, soon. */
  answer(from: string, { term, version, edition }: Hello): void {
    const own = this.#member.edition;
    if (isNewer(own, edition)) this.#publishing.sendTo(from);
    if (isNewer(edition, own)) this.#member.send(from, { type: 'fetch' });
    // An heir has to have said that it hears this leader; whoever has seen its claim first said something else.
    if (term !== this.#term) this.say(from, true);
    else if (version < this.#line.version && this.#line.version === this.#told) this.say(from, false);
  }

  /** The first in line, once it has been a better leader than this one for long enough, has to be handed over to. */
  #nameBetter(): void {
    const { now, effects } = this.#member;
    const heir = this.#line.heir();
    if (heir === null || !this.isBetter(heir) || now.fast < this.#nameAt) return;
    this.#nameAt = now.fast + steadyForMs(0);
    effects.push({ type: 'outranked', by: heir.id });
  }

  /** It is the first in line, and has been a better leader than this one for long enough. */
  isBetter({ id }: Place): boolean {
    return this.#member.now.fast >= this.#betterAt() && this.#line.heir()?.id === id;
  }

  #betterAt(): number {
    const heir = this.#line.heir();
    const { priority, visible, preferVisible, steadySince } = this.#member;
    if (heir === null || heir.priority < priority) return Infinity;
    if (heir.priority === priority && !(preferVisible && heir.visible && !visible)) return Infinity;
    return Math.max(heir.steadySince, steadySince, this.#since) + steadyForMs(this.unrest());
  }

  unrest(): number {
    return this.#member.now.fast - this.#since > quietMs ? 0 : this.restless;
  }
}
