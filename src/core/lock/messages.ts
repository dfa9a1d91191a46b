/** Which published value: of the leadership in that term, the `version`-th. */
export interface Edition {
  readonly term: number;
  readonly version: number;
}

/** The leader to all: "I lead, and this is the line." When it begins to, when the line has changed, and as an answer. */
export interface Beat {
  readonly type: 'beat';
  readonly term: number;
  /** Counts the changes of the line. */
  readonly version: number;
  /** Who comes next, in order. */
  readonly line: readonly string[];
  readonly edition: Edition | null;
  /** True: answer at once. */
  readonly ask: boolean;
}

/** To the leader, or, while none is known, to all: "I am in line." */
export interface Hello {
  readonly type: 'hello';
  readonly priority: number;
  readonly visible: boolean;
  /** The newest beat that the sender has heard; zeros if none. */
  readonly term: number;
  readonly version: number;
  readonly edition: Edition | null;
}

/** The leader to its heir: "I lead no more in this term. Take the lock from me." */
export interface Yield {
  readonly type: 'yield';
  /** Of the leadership that was given up. */
  readonly term: number;
  /** How often in short order leadership was handed to a better leader. */
  readonly restless: number;
  /** False: the sender leaves. */
  readonly stays: boolean;
}

/** The published value. */
export interface Value {
  readonly type: 'value';
  readonly edition: Edition;
  readonly value: unknown;
}

/** "Your published value is newer than mine: send it." */
export interface Fetch {
  readonly type: 'fetch';
}

export type Message = Beat | Hello | Yield | Value | Fetch;

/** The highest term that it speaks of; 0 if none. */
export function termOf(message: Message): number {
  const { term = 0, edition } = message as Partial<Beat>;
  return Math.max(term, edition?.term ?? 0);
}
