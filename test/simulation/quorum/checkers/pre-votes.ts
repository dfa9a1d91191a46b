import { isQuorum } from '../../../../src/core/quorum/configuration.ts';
import { termsPerEpoch } from '../../../../src/core/quorum/limits.ts';
import type { PreVote, PreVoteReply } from '../../../../src/core/quorum/messages.ts';
import type { HardState } from '../../../../src/core/quorum/state.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import { groupOf } from '../life.ts';
import type { QuorumLife } from '../life.ts';

const asksFirst = 'Q7: nobody enters a term of its own before a quorum would vote for it';
const asksOnly = 'Q7: asking whether it would be elected changes nobody’s term';
const gathered = 'no first election before minMembers agree to one';
const bound = 'Q7: who is bound to a leader says not yet to others';
const keeps = 'Q6: a pre-vote that comes under a promise is answered when that is over';

/** What one member was told that it would get: the question, and by whom. */
interface Asked {
  readonly term: number;
  readonly attempt: number;
  readonly granted: Set<string>;
}

/** The pre-vote that a core answered with "not yet". */
interface Kept {
  readonly by: QuorumLife['core'];
  readonly from: string;
}

/** Who campaigns has asked first, and who cannot say yet says so later. Runs after `Leaders`. */
export class PreVotes implements Checker<QuorumLife> {
  readonly promise = asksFirst;
  readonly concern: Concern = {
    events: ['timer'],
    heard: ['pre-vote', 'pre-vote-reply', 'timeout-now'],
    effects: ['persist'],
    said: ['pre-vote', 'pre-vote-reply', 'stale'],
  };
  /** By index of the life. */
  readonly #asked: (Asked | undefined)[] = [];
  readonly #kept: (Kept | undefined)[] = [];
  readonly #written: (HardState | undefined)[] = [];

  observe(step: Step<QuorumLife>): void {
    const { life, event, effects } = step;
    const message = event.type === 'message' ? (event.message as { readonly type?: unknown } | null) : null;
    if (message?.type === 'pre-vote-reply') this.#hear(life, (event as { from: string }).from, message as PreVoteReply);
    for (const effect of effects) {
      if (effect.type === 'send') this.#say(life, effect.to, effect.message);
      else if (effect.type === 'persist' && effect.state.hardState !== null)
        this.#writes(life, effect.state.hardState, message?.type);
    }
    if (effects.some(({ type }) => type === 'wake')) this.#answers(life);
  }

  #hear(life: QuorumLife, from: string, { term, attempt, granted }: PreVoteReply): void {
    const asked = this.#asked[life.index];
    if (granted === true && asked !== undefined && asked.term === term && asked.attempt === attempt)
      asked.granted.add(from);
  }

  #say(life: QuorumLife, to: string, message: { readonly type: string }): void {
    if (message.type === 'pre-vote') {
      const { term, attempt } = message as PreVote;
      const asked = this.#asked[life.index];
      if (asked?.term !== term || asked.attempt !== attempt)
        this.#asked[life.index] = { term, attempt, granted: new Set([life.id]) };
    } else if (message.type === 'pre-vote-reply') {
      const { granted } = message as PreVoteReply;
      const kept = this.#kept[life.index];
      const { to: leader, until } = life.core.promise;
      if (granted === true && (life.leads || (leader.leader !== to && until > life.peek().slow)))
        throw new Violation(
          bound,
          `${life.label} says yes to ${to}, and is bound to ${life.leads ? 'itself' : leader.leader}`,
        );
      if (granted === null) this.#kept[life.index] = { by: life.core, from: to };
      else if (kept?.from === to) this.#kept[life.index] = undefined;
    } else if (message.type === 'stale' && this.#kept[life.index]?.from === to) this.#kept[life.index] = undefined;
  }

  /** A leader that is to be elected again above somebody's term, and an heir, ask nobody; nor does who is alone. */
  #writes(life: QuorumLife, hardState: HardState, heard: unknown): void {
    const isKept = groupOf(life.world).storage === 'disk'; // else what is written is there at once, and gone with the id
    const before = this.#written[life.index] ?? (isKept ? life.disk.hardState : null);
    this.#written[life.index] = hardState;
    const { term, vote } = hardState;
    if (before?.term === term || life.core.isPledged) return; // a pledge is for the end of all terms of the epoch
    if (vote === null && (heard === undefined || heard === 'pre-vote' || heard === 'pre-vote-reply'))
      throw new Violation(asksOnly, `${life.label} enters term ${term} at ${String(heard ?? 'no message')}`);
    if (vote !== life.id || heard === 'timeout-now' || life.core.role === 'leader') return;
    const asked = this.#asked[life.index];
    const granted = asked?.term === term ? asked.granted : new Set([life.id]);
    if ((before?.term ?? 0) % termsPerEpoch === 0 && granted.size < life.world.schedule.minMembers)
      throw new Violation(gathered, `${life.label} campaigns in term ${term}, and ${granted.size} agree to it`);
    if (!isQuorum(life.core.configuration, (id) => granted.has(id)))
      throw new Violation(asksFirst, `${life.label} campaigns in term ${term}, and has asked ${JSON.stringify(asked)}`);
  }

  /** After a step of its core. */
  #answers(life: QuorumLife): void {
    const { core } = life;
    const kept = this.#kept[life.index];
    if (kept?.by !== core || !life.responsive || core.isPledged || core.role === 'leader') return;
    if (life.peek().slow < core.promise.until) return;
    throw new Violation(keeps, `${life.label} has promised nothing any more, and ${kept.from} waits for its answer`);
  }
}
