/**
 * The two clocks, in milliseconds, never going back. What one may still rely on (a leader's own lease) runs on `fast`;
 * what one has promised to others runs on `slow`.
 */
export interface Instant {
  readonly fast: number;
  readonly slow: number;
}

export type Timed<Event> = Event & { readonly at: Instant };

/** One event in, all effects out, in order; then the next event. Never throws for what came from another member. */
export interface Core<Event, Effect> {
  step(event: Timed<Event>): readonly Effect[];
}

/** What every core can ask of its driver. */
export type DriverEffect<Message> =
  | { readonly type: 'send'; readonly to: string; readonly message: Message }
  /** Step a `tick` when `fast` reaches this; replaces the wake before. A late or extra tick is harmless. */
  | { readonly type: 'wake'; readonly at: number };

/**
 * What a core that keeps state asks as well: make this durable, after all that came before, and then step `persisted` with its
 * number. Numbers rise by one. Later effects do not wait for it: what must not be said before it is durable, the core keeps
 * back itself.
 */
export interface PersistEffect<State> {
  readonly type: 'persist';
  readonly number: number;
  readonly state: State;
}
