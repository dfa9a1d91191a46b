import { beginOrigin, type Opening } from '../platform/begin-origin.ts';
import type { Platform } from '../platform/platform.ts';
import type { ClusterErrorCode } from '../protocol/errors.ts';
import type { OptionRule } from '../protocol/options.ts';
import type { Elector } from './elector.ts';

export interface LockElectorOptions {
  /** A leader whose page is hidden hands over to a member whose page can be seen, once that has lasted. Default true. */
  readonly preferVisible?: boolean;
}

/** Whoever takes them checks them. */
export const lockElectorRules: { readonly [Name in keyof LockElectorOptions]-?: OptionRule } = {
  preferVisible: { mayBe: 'true or false', type: 'boolean' },
};

/** Whether pages have locks or not. */
export const byLock = { name: 'lock', charter: { elector: 'lock' } } as const;

/** What it takes to elect by locks. */
export interface LockParts {
  /** It has locks and counters. */
  readonly platform: Platform;
  readonly opening: Opening | undefined;
  readonly preferVisible: boolean;
  /** The codes of what was told once already: also to a member that came back with its page, and goes by a new id. */
  readonly told: Set<ClusterErrorCode>;
}

/** Has the browser begin with them. `undefined`: there are no locks. */
export function lockParts(platform: Platform, { preferVisible = true }: LockElectorOptions): LockParts | undefined {
  if (!platform.locks || !platform.counters) return undefined;
  return { platform, opening: beginOrigin(platform), preferVisible, told: new Set() };
}

/** Makes of these parts what elects in that room, as what `lock()` is. */
export type ElectByLock = (elector: typeof byLock, room: string, parts: LockParts) => Elector | Promise<Elector>;
