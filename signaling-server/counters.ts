/** What happened since the server started, and (the first five) how things stand. */
export interface Counters {
  connections: number;
  rooms: number;
  members: number;
  /** Witnesses that run: those of rooms that nobody has come back to since the server started do not. */
  witnesses: number;
  /** What they store, and those that do not run yet, in characters of JSON. */
  witnessChars: number;
  /** Connections taken. */
  accepted: number;
  /** Refused at the door: too many from one address, a wrong origin, or a server that is stopping. */
  refused: number;
  /** Frames answered with a typed error because they made no sense, and messages that a witness could not make out. */
  malformed: number;
  /** Frames dropped because a client sent too much. */
  rateLimited: number;
  /** Joins refused by `authorize`. */
  unauthorised: number;
  /** Relay frames passed on. */
  relayed: number;
  /** Relay frames dropped because their receiver read too slowly. */
  droppedSlow: number;
  /** Connections that the server ended, by the name of their close code. */
  closed: Record<string, number>;
  /** Errors of the sockets themselves: frames too large, broken framing, resets. */
  socketErrors: number;
  /** Errors that should not be: each ended one connection and nothing else, or one witness. */
  errors: number;
}

export function freshCounters(): Counters {
  return {
    connections: 0,
    rooms: 0,
    members: 0,
    witnesses: 0,
    witnessChars: 0,
    accepted: 0,
    refused: 0,
    malformed: 0,
    rateLimited: 0,
    unauthorised: 0,
    relayed: 0,
    droppedSlow: 0,
    closed: {},
    socketErrors: 0,
    errors: 0,
  };
}
