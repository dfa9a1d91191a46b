import type { SocketConstructor } from '../../../src/platform/platform.ts';
import { type Participant, participate, type ParticipantOptions } from './participant.ts';

declare global {
  var participant: Participant;
  var start: (options: ParticipantOptions) => string;
}

/** Where a page leaves word for the next one of its browser, as nobody can ask it any more. */
const hiddenAtKey = 'hidden-at';

globalThis.start = (options) => {
  globalThis.participant = participate(options, { WebSocket: WebSocket as unknown as SocketConstructor });
  // Capturing on window runs before the library's own listener: the goodbye is part of what is measured.
  window.addEventListener(
    'pagehide',
    () => localStorage.setItem(hiddenAtKey, `${performance.timeOrigin + performance.now()}`),
    { capture: true },
  );
  return globalThis.participant.id;
};
