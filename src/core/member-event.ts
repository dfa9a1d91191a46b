/** What a member hears whose group is whoever is there, as under `available()` and `lock()`. */
export type MemberEvent =
  | { readonly type: 'tick' }
  /** `message` is whatever arrived: the core checks it. */
  | { readonly type: 'message'; readonly from: string; readonly message: unknown }
  /** The members that discovery knows, this one included. */
  | { readonly type: 'members'; readonly peers: readonly string[] }
  /** That member said goodbye. */
  | { readonly type: 'departed'; readonly peer: string }
  /** Something says that this member may be gone: probe it now. */
  | { readonly type: 'hint'; readonly peer: string }
  /** The session with this member began anew; what was sent before may be lost. */
  | { readonly type: 'reset'; readonly peer: string }
  | { readonly type: 'visible'; readonly visible: boolean }
  | { readonly type: 'priority'; readonly priority: number }
  | { readonly type: 'publish'; readonly value: unknown }
  | { readonly type: 'transfer'; readonly to?: string }
  | { readonly type: 'leave' };
