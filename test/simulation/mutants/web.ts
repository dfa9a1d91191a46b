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
    find: 'this.#platform.timers.after(keepMs,',
    replace: 'this.#platform.timers.after(keepMs / 100,',
  },
  {
    name: 'lost-session-not-told-of',
    file: 'src/links/session.ts',
    find: 'if (lossy) this.#options.events.onReset(this.#peer);',
    replace: '',
  },
];
