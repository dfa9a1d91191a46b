import type { Leading } from './leading.ts';
import type { Member } from './member.ts';
import { resendMs } from './pace.ts';

/** A leader keeps no more questions than this; who is not answered asks again. */
const maxQuestions = 4096;

/** A read that waits for the answer to a question, or to be applied far enough. */
interface Read {
  readonly ticket: number;
  readonly question: number;
}

interface Known {
  readonly ticket: number;
  readonly index: number;
}

/** What the leader was asked, by itself too. */
interface Question {
  readonly from: string;
  readonly number: number;
  /** Without a lease, the first round that proves that it still led when it was asked. */
  readonly round: number;
}

/** Linearizable reads (Ongaro §6.4): up to where must the log be applied here to see all that was committed before? */
export class Reading {
  readonly #member: Member;
  /** Questions are numbered from here: answers to an earlier life under this id must not pass for answers to this one. */
  readonly #before: number;
  #reads: Read[] = [];
  #known: Known[] = [];
  #question: number;
  #isAsked = true;
  #tries = 0;
  #resendAt = Infinity;
  #questions: Question[] = [];

  constructor(member: Member) {
    this.#member = member;
    this.#before = Math.floor(member.random.between(0, 2 ** 48));
    this.#question = this.#before;
  }

  // Who reads.

  /** Reads that come before the question is sent share it. */
  read(ticket: number): void {
    this.#openQuestion();
    this.#reads.push({ ticket, question: this.#question });
  }

  /** A number is sent once: an answer to it may be older than what comes later. */
  #openQuestion(): void {
    if (this.#isAsked) this.#question++;
    this.#isAsked = false;
  }

  /** Another leader, or the same in another term: the answer may never come. */
  startOver(): void {
    this.#questions = [];
    this.#askAgain(0);
  }

  #askAgain(tries: number): void {
    this.#tries = tries;
    this.#resendAt = Infinity;
    if (this.#reads.length > 0) this.#openQuestion();
  }

  onTime(): void {
    if (this.#member.now.fast >= this.#resendAt) this.#askAgain(this.#tries + 1);
  }

  dueAt(): number {
    return this.#resendAt;
  }

  pump(leader: string | null, leading: Leading | null): void {
    const { now, rttMs } = this.#member;
    if (this.#isAsked || leader === null) return;
    this.#isAsked = true;
    this.#resendAt = now.fast + resendMs(rttMs, this.#tries);
    if (leading === null) this.#member.send(leader, { type: 'read-index', number: this.#question });
    else this.hearQuestion(this.#member.id, this.#question, leading);
  }

  /** It answers that question, and all before it. */
  hearAnswer(number: number, index: number): void {
    if (number <= this.#before || number > this.#question) return;
    const answered = this.#reads.filter(({ question }) => question <= number);
    if (answered.length === 0) return;
    this.#reads = this.#reads.filter(({ question }) => question > number);
    for (const { ticket } of answered) this.#known.push({ ticket, index });
    if (this.#reads.length === 0) this.#resendAt = Infinity;
  }

  /** At the end of a step: those that have been applied far enough. */
  serve(): void {
    if (this.#known.length === 0) return;
    const { commit, effects } = this.#member;
    for (const { ticket, index } of this.#known) if (index <= commit) effects.push({ type: 'read', ticket });
    this.#known = this.#known.filter(({ index }) => index > commit);
  }

  // Who leads.

  hearQuestion(from: string, number: number, leading: Leading): void {
    this.#questions.push({ from, number, round: leading.rounds.last + 1 });
    if (this.#questions.length > maxQuestions) this.#questions.shift();
  }

  /** At the end of a step: by the lease where it holds, by a round that a quorum answered otherwise. */
  answer(leading: Leading): void {
    const { commit, now } = this.#member;
    if (this.#questions.length === 0 || commit < leading.ownFrom) return; // earlier leaders may have committed more
    const provenRound = leading.isLeased(now.fast) ? Infinity : leading.confirmedRound;
    const open = this.#questions.filter(({ round }) => round > provenRound);
    for (const { from, number, round } of this.#questions) {
      if (round <= provenRound) this.#reply(from, number, commit);
    }
    this.#questions = open;
    if (open.length > 0) leading.beatSoon();
  }

  #reply(from: string, number: number, index: number): void {
    if (from === this.#member.id) this.hearAnswer(number, index);
    else this.#member.send(from, { type: 'read-index-reply', number, index });
  }
}
