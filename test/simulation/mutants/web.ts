import type { Mutant } from './mutant.ts';

/** Bugs between the cores and the wire: in the server's rooms, in discovery, in sessions and connections. */
export const mutants: readonly Mutant[] = [
  {
    name: 'late-close-removes-the-new-connection',
    file: 'signaling-server/room.ts',
    find: '      this.#seated.delete(member.seat);\n      this.#effects.push',
    replace: '      this.#effects.push',
  },
  {
    name: 'no-hello-in-time-is-final',
    file: 'signaling-server/connection.ts',
    find: "if (!this.#greeted) return close('heartbeat', `say",
    replace: "if (!this.#greeted) return close('protocol', `say",
  },
  {
    name: 'view-of-a-new-era-read-as-departures',
    file: 'src/discovery/signaling.ts',
    find: 'if (!sameEra) for (const id of members.keys()) this.#kept.add(id);',
    replace: '',
  },
  {
    name: 'missed-members-kept-for-no-time',
    file: 'src/discovery/signaling.ts',
    find: 'this.#timers.after(keepMs,',
    replace: 'this.#timers.after(keepMs / 100,',
  },
  {
    name: 'lost-session-not-told-of',
    file: 'src/links/session.ts',
    find: 'if (lossy) this.#options.events.onReset(this.#peer);',
    replace: '',
  },
  {
    name: 'frames-of-a-session-that-is-over-taken-in',
    file: 'src/links/pairing.ts',
    find: "if (from < Math.max(this.theirs, this.#floor)) return 'stale';",
    replace: "if (from < this.#floor) return 'stale';",
  },
  {
    name: 'piece-of-the-stream-taken-twice',
    file: 'src/links/receive-lane.ts',
    find: 'let rest = bytes.subarray(this.next - offset);',
    replace: 'let rest = bytes.subarray(0);',
  },
  {
    name: 'gap-in-the-stream-taken-for-its-end',
    file: 'src/links/receive-lane.ts',
    find: 'if (offset > this.next) return true;',
    replace: 'if (offset > this.next) this.next = offset;',
  },
  {
    name: 'late-news-of-an-old-socket-heard',
    file: 'src/signaling/connection.ts',
    find: 'socket.onopen = socket.onmessage = socket.onclose = null;',
    replace: 'socket.onopen = null;',
  },
  {
    name: 'dead-connection-not-noticed',
    file: 'src/signaling/connection.ts',
    find: 'else this.#lost(`the server did not answer for',
    replace: 'else if (heartbeatMs < 0) this.#lost(`the server did not answer for',
  },
  {
    name: 'what-was-under-way-not-sent-over-the-next-path',
    file: 'src/links/session.ts',
    find: 'if (best !== this.#via) for (const { out } of this.#streams) out.rewind();',
    replace: '',
  },
];
