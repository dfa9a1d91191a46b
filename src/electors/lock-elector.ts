import { beginOrigin, type Opening } from '../platform/begin-origin.ts';
import type { Platform } from '../platform/platform.ts';
import type { ClusterErrorCode } from '../protocol/errors.ts';
import type { OptionRule } from '../protocol/options.ts';
import type { Elector, LazyElector, PreparedElector } from './elector.ts';

export interface LockElectorOptions {
  /** A leader whose page is hidden hands over to a member whose page can be seen, once that has lasted. Default true. */
  readonly preferVisible?: boolean;
}

/** Whoever takes them checks them. */
export const lockElectorRules: { readonly [Name in keyof LockElectorOptions]-?: OptionRule } = {
  preferVisible: { mayBe: 'true or false', type: 'boolean' },
};

/** What it takes to elect by locks. */
export interface LockParts {
  /** It has locks and counters. */
  readonly platform: Platform;
  readonly opening: Opening | undefined;
  readonly preferVisible: boolean;
  /** The codes of what was told once already: also to a member that came back with its page, and goes by a new id. */
  readonly told: Set<ClusterErrorCode>;
}

/** Makes of these parts what elects in that room. */
export type ElectByLock = (
  elector: Pick<Elector, 'name' | 'charter'>,
  room: string,
  parts: LockParts,
) => Elector | LazyElector;

/** `lock()`, of what elects by locks, and of what elects where there are none. */
export function lockOf(
  elect: ElectByLock,
  without: Pick<Elector, 'start'> | Pick<LazyElector, 'load'>,
  { preferVisible = true }: LockElectorOptions,
): PreparedElector {
  const elector = { name: 'lock', charter: { elector: 'lock' } } as const;
  return {
    ...elector,
    prepare(platform, room) {
      if (!platform.locks || !platform.counters) return { ...without, ...elector };
      return elect(elector, room, { platform, opening: beginOrigin(platform), preferVisible, told: new Set() });
    },
  };
}
