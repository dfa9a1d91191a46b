/**
 * Locks by name that all pages of one origin share. Calls take effect in their order, and whoever closes, crashes or
 * navigates away loses all it had. A page that hangs keeps them.
 */
export interface Locks {
  /**
   * Asks for a lock, and tells when it is granted: in the order of asking. Returns what gives it back, or the request.
   * Nothing is told after that.
   */
  request(name: string, how: LockRequest, events: LockEvents): () => void;
  /**
   * The names of all exclusive locks that are held at one moment after the call, and that begin so; in no order. Never
   * answers where that cannot be found out.
   */
  held(prefix: string, tell: (names: readonly string[]) => void): void;
}

export interface LockRequest {
  /** Any number may have a shared lock, while nobody has it for himself. Default: exclusive. */
  readonly shared?: boolean;
  /** At once, from whoever has it. */
  readonly steal?: boolean;
}

export interface LockEvents {
  granted(): void;
  /** Somebody stole it. */
  lost?(): void;
  /** It will never be granted: such as where the page may have no locks. Default: nobody cares. */
  refused?(cause: unknown): void;
}
