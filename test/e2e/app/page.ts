import { platform } from '../../../src/platform/browser.ts';
import type { SocketConstructor } from '../../../src/platform/platform.ts';
import type { ToldWork } from './diary.ts';
import { type Participant, participate, type ParticipantOptions } from './participant.ts';

declare global {
  /** The one that was started last. */
  var participant: Participant;
  /** All that were started in this page. */
  var participants: Participant[];
  var start: (options: ParticipantOptions) => string;
  /** Side by side, timers of `delayMs` one after the other: the page's own, and the library's, until one has run `times`. */
  var raceTimers: (delayMs: number, times: number) => Promise<{ readonly own: number; readonly ours: number }>;
}

/** Where a page leaves word for the next one of its browser, as nobody can ask it any more. */
const hiddenAtKey = 'hidden-at';

globalThis.participants = [];

globalThis.start = (options) => {
  globalThis.participant = participate(options, {
    WebSocket: WebSocket as unknown as SocketConstructor,
    keep: (work) => tell({ room: options.room, work }),
  });
  // Capturing on window runs before the library's own listener: the goodbye is part of what is measured.
  window.addEventListener(
    'pagehide',
    () => localStorage.setItem(hiddenAtKey, `${performance.timeOrigin + performance.now()}`),
    { capture: true },
  );
  globalThis.participants.push(globalThis.participant);
  return globalThis.participant.id;
};

/** By a beacon: it outlives a page that closes. */
function tell(word: ToldWork): void {
  const isOnItsWay = navigator.sendBeacon('works', JSON.stringify(word));
  if (!isOnItsWay) console.error(`nobody is told of the work in term ${word.work.term}: too much else is on its way`);
}

globalThis.raceTimers = (delayMs, times) =>
  new Promise((resolve) => {
    const ran = { own: 0, ours: 0 };
    const count = (which: 'own' | 'ours', again: (run: () => void) => void): void => {
      if (ran[which] === times) return resolve({ ...ran });
      again(() => {
        ran[which]++;
        count(which, again);
      });
    };
    count('own', (run) => setTimeout(run, delayMs));
    count('ours', (run) => platform.timers.after(delayMs, run));
  });
