import { expect, test } from 'vitest';
import type { Fault, Schedule } from './schedule.ts';
import { simulationOf } from './simulation.ts';

type Of<Type extends Fault['type']> = Extract<Fault, { readonly type: Type }>;

const seeds = 400;
/** What happens within so much of each other happens at once. */
const atOnceMs = 60;
/** Less often than this a campaign of a few hundred seeds would miss it. */
const least = 3;

const drawn = (elector: string): readonly Schedule[] =>
  Array.from({ length: seeds }, (_, at) => simulationOf(elector).draw(at + 1));
const rooms = drawn('rooms');
const web = drawn('web').filter((schedule) => schedule.web?.elector === 'quorum');

function faultsOf<Type extends Fault['type']>({ faults }: Schedule, type: Type): readonly Of<Type>[] {
  return faults.filter((fault): fault is Of<Type> => fault.type === type);
}

/** Everybody to whom it happens within a moment of `atMs`. */
function together<One extends { readonly seat: number }>(
  all: readonly One[],
  atMs: number,
  when: (one: One) => number,
): ReadonlySet<number> {
  return new Set(all.filter((one) => Math.abs(when(one) - atMs) <= atOnceMs).map(({ seat }) => seat));
}

const membersOf = (schedule: Schedule): number => new Set(faultsOf(schedule, 'join').map(({ seat }) => seat)).size;

function groupGoes(schedule: Schedule): boolean {
  return (['leave', 'crash'] as const).some((type) => {
    const all = faultsOf(schedule, type);
    return all.some(({ atMs }) => together(all, atMs, (one) => one.atMs).size >= 2);
  });
}

/** When somebody comes in, for the first time or as somebody new. */
function arrivals(schedule: Schedule): readonly { readonly seat: number; readonly atMs: number }[] {
  const back = [...faultsOf(schedule, 'crash'), ...faultsOf(schedule, 'leave')].flatMap(
    ({ seat, atMs, backAfterMs }) => (backAfterMs === null ? [] : [{ seat, atMs: atMs + backAfterMs }]),
  );
  return [...faultsOf(schedule, 'join'), ...back];
}

const wakesMs = ({ atMs, forMs }: Of<'pause'>): number => atMs + (forMs ?? Infinity);

function pausesOf(schedule: Schedule): readonly Of<'pause'>[] {
  return faultsOf(schedule, 'pause').filter(({ forMs }) => forMs !== null);
}

/** Several stop and wake in the same moments, and somebody else comes in meanwhile. */
function frozenAndReplaced(schedule: Schedule): boolean {
  const pauses = pausesOf(schedule);
  const come = arrivals(schedule);
  return pauses.some((pause) => {
    const frozen = together(pauses, wakesMs(pause), wakesMs);
    const meanwhile = come.some(
      ({ seat, atMs }) => !frozen.has(seat) && atMs > pause.atMs && atMs < wakesMs(pause) - atOnceMs,
    );
    return frozen.size >= 2 && meanwhile;
  });
}

/** The server forgets everything, and somebody new is there within moments of its return. */
function racedToFreshServer(schedule: Schedule): boolean {
  const come = arrivals(schedule);
  return faultsOf(schedule, 'outage').some(({ atMs, forMs, forgets }) => {
    const backMs = atMs + forMs;
    return forgets === true && come.some((one) => one.atMs > atMs && one.atMs < backMs + 500);
  });
}

function blipsWhileMembersDie(schedule: Schedule): boolean {
  const crashes = faultsOf(schedule, 'crash');
  return faultsOf(schedule, 'blips').some(
    ({ atMs, forMs, everyMs }) =>
      everyMs <= 1_000 && crashes.some((crash) => crash.atMs > atMs && crash.atMs < atMs + forMs),
  );
}

/** All but one crash, while that one stands still or in the moment in which it wakes. */
function laggardIsLeft(schedule: Schedule): boolean {
  const crashes = faultsOf(schedule, 'crash');
  return faultsOf(schedule, 'pause').some(({ seat, atMs, forMs }) => {
    const gone = crashes.filter((one) => one.atMs > atMs && one.atMs < atMs + (forMs ?? 0) + atOnceMs);
    const others = new Set(gone.map((one) => one.seat));
    return !others.has(seat) && others.size === membersOf(schedule) - 1 && others.size > 0;
  });
}

const restarts =
  (is: (outage: Of<'outage'>) => boolean) =>
  (schedule: Schedule): boolean =>
    faultsOf(schedule, 'outage').some(is);

test.each<[string, (schedule: Schedule) => boolean]>([
  ['whole groups go at once', groupGoes],
  ['several are frozen together, others come, and all wake at once', frozenAndReplaced],
  ['the server is started again and remembers', restarts(({ forgets }) => forgets !== true)],
  ['the server is started again and has forgotten', restarts(({ forgets }) => forgets === true)],
  ['the clock of the server is set back', restarts(({ wallMs }) => wallMs < 0)],
  ['newcomers race old members to a server that has forgotten', racedToFreshServer],
  ['the server blips every second while members die', blipsWhileMembersDie],
])('%s, in the rooms and in the whole stack, again and again', (_, happens) => {
  expect(rooms.filter(happens).length).toBeGreaterThanOrEqual(least);
  expect(web.filter(happens).length).toBeGreaterThanOrEqual(least);
});

function allWake(schedule: Schedule): boolean {
  const pauses = pausesOf(schedule);
  const members = membersOf(schedule);
  return members > 1 && pauses.some((pause) => together(pauses, wakesMs(pause), wakesMs).size === members);
}

test('everybody in a room is frozen, and all wake at once, again and again', () => {
  expect(web.filter(allWake).length).toBeGreaterThanOrEqual(least);
});

test('of the members of a room all but the one that was frozen crash, again and again', () => {
  expect(web.filter(laggardIsLeft).length).toBeGreaterThanOrEqual(least);
  expect(web.filter((one) => membersOf(one) === 2 && laggardIsLeft(one)).length).toBeGreaterThanOrEqual(least);
});

test('sockets drop, stall, die half-open, and are closed behind the next one, again and again', () => {
  const socketFaults: readonly ((schedule: Schedule) => boolean)[] = [
    (schedule) => faultsOf(schedule, 'drop').some(({ memberMs, serverMs }) => memberMs !== null && serverMs !== null),
    (schedule) => faultsOf(schedule, 'drop').some(({ memberMs, serverMs }) => memberMs === null || serverMs === null),
    (schedule) => faultsOf(schedule, 'stall').length > 0,
    (schedule) => faultsOf(schedule, 'sever').length > 0,
    (schedule) => (schedule.web?.closeLateMs ?? 0) > 0,
  ];
  for (const happens of socketFaults) expect(web.filter(happens).length).toBeGreaterThanOrEqual(10 * least);
});
