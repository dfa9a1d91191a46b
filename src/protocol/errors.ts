/**
 * Everything that can go wrong at run time, by a name that stays the same. Programming errors (wrong options) throw a
 * `TypeError` or `RangeError` at once instead.
 *
 * - `connect-failed`: the signaling server cannot be reached, or a peer that was named. The cluster goes on trying; check
 *   the URL, and what is there.
 * - `rejected`: the server refused for good (wrong token, full room, banned origin); its reason is in the message.
 * - `options-differ`: this member's options are not those of the room; the message names the one. Give all the same.
 * - `superseded`: the room went on without this member, or its id is taken; it has joined again under a fresh one. Open
 *   its log again.
 * - `listen-failed`: no other member could reach this one, for it cannot listen at its address; see the cause.
 * - `protocol`: the server or a member speaks another version or sent what cannot be understood.
 * - `rate-limited`: the server asked to slow down; the cluster does so by itself.
 * - `too-large`: a message, an `info`, a published value or an entry of the log is over its stated limit.
 * - `peer-reset`: the session with a member ended; what was not yet confirmed may or may not have arrived.
 * - `unknown-peer`: no member has that id (any more).
 * - `init-failed`: the application's own `init` threw or rejected; it is the `cause`.
 * - `work-failed`: the function given to `whileLeader` threw or rejected; it is the `cause`.
 * - `not-leader`: what only the leader may do was asked of a member that does not lead.
 * - `no-successor`: leadership cannot be handed over to that member, or nobody is there to take it.
 * - `not-committed`: an entry was not committed to the log and never will be; append it again if it is still wanted.
 * - `unknown`: an entry may be committed, now or later; look into the log before appending it again.
 * - `left`: the cluster has been left; make a new one.
 * - `webrtc-failed`: a data channel could not be opened; traffic stays on the relay.
 * - `storage-locked`: somebody has the storage open already, or it belongs to another member; the message says who.
 * - `storage-full`: there is no room left on the disk. Make room and start again: nothing that was acknowledged is lost.
 * - `storage-failed`: the storage cannot be read or written, or a page may have none, nor what pages share (a sandbox,
 *   blocked cookies); what the system said is the `cause`.
 * - `storage-version`: a newer version of this package has written the storage: update this one.
 * - `bad-message`: a member sent a malformed message, which was dropped and counted.
 */
export type ClusterErrorCode =
  | 'connect-failed'
  | 'rejected'
  | 'options-differ'
  | 'superseded'
  | 'listen-failed'
  | 'protocol'
  | 'rate-limited'
  | 'too-large'
  | 'peer-reset'
  | 'unknown-peer'
  | 'init-failed'
  | 'work-failed'
  | 'not-leader'
  | 'no-successor'
  | 'not-committed'
  | 'unknown'
  | 'left'
  | 'webrtc-failed'
  | 'storage-locked'
  | 'storage-full'
  | 'storage-failed'
  | 'storage-version'
  | 'bad-message';

/** An error with a `code` to branch on, a message that says what to do, and the `cause` where there is one. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  readonly code: ClusterErrorCode;

  constructor(code: ClusterErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
