import { platform } from '#platform';
import { now } from './diary.ts';

/** From that moment on, in milliseconds since 1970, nothing ran here for that long. */
export interface Pause {
  readonly at: number;
  readonly ms: number;
}

const lookEveryMs = 50;
/** Timers later than this were held up: sooner than what makes a member doubt itself or others. */
const lateMs = 200;

/** By timers that keep their time while a page is hidden. */
const onTime = (run: () => void): void => void platform.timers.after(lookEveryMs, run);

/** Nothing waits for these: a process ends with them under way. */
export const heldByNobody = (run: () => void): void => void setTimeout(run, lookEveryMs).unref();

/** Writes down when this page or process was held up, as long as `goesOn`; returns how to read it. */
export function notePauses(goesOn: () => boolean, afterAWhile = onTime): () => readonly Pause[] {
  const pauses: Pause[] = [];
  let dueAt = Number.POSITIVE_INFINITY;
  const underWay = (): Pause[] => {
    const ms = now() - dueAt;
    return ms > lateMs ? [{ at: dueAt, ms }] : [];
  };
  const look = (): void => {
    pauses.push(...underWay());
    dueAt = goesOn() ? now() + lookEveryMs : Number.POSITIVE_INFINITY;
    if (goesOn()) afterAWhile(look);
  };
  look();
  return () => [...pauses, ...underWay()];
}
