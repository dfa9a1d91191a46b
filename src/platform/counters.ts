/**
 * So far ahead of the seconds since 1970 no clock was ever set: 136 years. A number beyond that was raised by nobody, and is
 * what somebody else made of it.
 */
export const mostAhead: number = 2 ** 32;

/** Numbers that outlive all pages of an origin, as far as the runtime lets them. */
export interface Counters {
  /**
   * Raises the number of that name to the next one above itself and `above`: in one transaction, so that no two calls by
   * whatever page get the same one. Tells when it is durable. Where storages can be slow, or cleared, the number is above
   * the seconds since 1970 as well: then it is above those that were told without it.
   *
   * `problem`: nothing can be stored. The number then is one above `above`, or the seconds since 1970 if that is more:
   * it is above all before it only as far as `above` and the wall clock are.
   */
  raise(name: string, above: number, tell: (value: number, problem?: unknown) => void): void;
  /** Lets go of what it holds; raising one later takes it up again. */
  close(): void;
}
