import type { Leadership } from '../leadership.ts';
import type { MemberEvent } from '../member-event.ts';
import type { DriverEffect } from '../step.ts';
import type { Claim } from './claim.ts';

/** What the driver tells the core. Each comes with the two clocks (`Timed`). */
export type LockEvent =
  | MemberEvent
  /** The lock that was asked for under that number is this member's. */
  | { readonly type: 'granted'; readonly request: number }
  /** It was taken away. */
  | { readonly type: 'lost'; readonly request: number }
  /**
   * All claims that stood at one moment after that look was asked for. `hasStrange`: there were others, of another version of
   * what claims say; their members may lead, respond or not.
   */
  | { readonly type: 'looked'; readonly look: number; readonly claims: readonly Claim[]; readonly hasStrange: boolean }
  /** One of the claims that are awaited was renewed, or stands no more. */
  | { readonly type: 'changed' }
  /** The member of one of them crashed, closed or left: of what it claimed nothing counts any more. */
  | { readonly type: 'gone'; readonly id: string }
  /** The room's term was raised. */
  | { readonly type: 'raised'; readonly raise: number; readonly term: number };

/** What the core asks of the driver, or tells the facade. */
export type LockEffect =
  | DriverEffect<unknown>
  /**
   * Asks for the lock, and takes back what was asked for before. `steal`: it is taken from whoever has it. Otherwise it
   * comes to those who ask in the order of their asking, when whoever has it lets it go or dies. Not after `until`, by the
   * fast clock: step `lost` then. What is told before may keep the page busy for long, and somebody else lead meanwhile.
   */
  | { readonly type: 'request'; readonly request: number; readonly steal: boolean; readonly until: number }
  /** Replaces this member's claim; the new one stands before the old one goes. `null`: takes it back. */
  | { readonly type: 'claim'; readonly claim: Claim | null }
  /** Asks which claims stand, after what was said of this member's own so far has taken effect. */
  | { readonly type: 'look'; readonly look: number }
  /**
   * Step `changed` when something becomes of any of these, and `gone` when the member of one is. Replaces those that were
   * awaited before.
   */
  | { readonly type: 'await'; readonly claims: readonly Claim[] }
  /** Takes away the claim of somebody who can rely on it no more. */
  | { readonly type: 'evict'; readonly claim: Claim }
  /**
   * In one transaction: raises the room's term to the next one above all that ever were, and above `above`. Step `raised`
   * when that is durable.
   */
  | { readonly type: 'raise'; readonly raise: number; readonly above: number }
  | { readonly type: 'leader'; readonly leader: Leadership | null }
  /** This member leads, and is to hand over to a better leader: step `transfer` when it can. Said again while it does not. */
  | { readonly type: 'outranked'; readonly by: string }
  /** Members that answer, this one included. */
  | { readonly type: 'reachable'; readonly peers: readonly string[] }
  | { readonly type: 'published'; readonly value: unknown }
  | BadMessage;

/** What a member said, or claims, was dropped. `term-jump`: nobody can be in that term; `impossible`: it is a lie. */
export interface BadMessage {
  readonly type: 'bad-message';
  readonly from: string;
  readonly reason: string;
  /** Left out: it makes no sense. */
  readonly code?: 'term-jump' | 'impossible';
}

export interface LockOptions {
  readonly id: string;
  /** From 0 up to, and without, 1: members that would all do the same at the same time have different ones. */
  readonly chance: number;
  readonly priority: number;
  readonly minMembers: number;
  /** A leader that is hidden hands over to a member that is not. */
  readonly preferVisible: boolean;
  /** Nobody is believed to be in a term above that when `fast` is 0, and one more with each second. */
  readonly maxTerm: number;
}
