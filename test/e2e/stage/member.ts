import type { Leadership } from '../app/diary.ts';
import type { Participant, Report } from '../app/participant.ts';

type Answer<Name extends keyof Participant> = Participant[Name] extends (...args: never[]) => infer Result
  ? Awaited<Result>
  : never;
type Arguments<Name extends keyof Participant> = Participant[Name] extends (...args: infer Args) => unknown
  ? Args
  : never;

/** A participant somewhere else, in a page or in a process. */
export interface Member {
  readonly id: string;
  ask<Name extends Exclude<keyof Participant, 'id'>>(name: Name, ...args: Arguments<Name>): Promise<Answer<Name>>;
}

/** Reads until `done` holds for what was read; fails after `withinMs` with the last reading. */
export async function until<Reading>(
  what: string,
  read: () => Promise<Reading>,
  done: (reading: Reading) => boolean,
  withinMs = 60_000,
): Promise<Reading> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const reading = await read();
    if (done(reading)) return reading;
    if (performance.now() > deadline) {
      throw new Error(`not within ${withinMs} ms: ${what}\n${JSON.stringify(reading, null, 1)}`);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 15);
    });
  }
}

export function reports(members: readonly Member[]): Promise<Report[]> {
  return Promise.all(members.map((member) => member.ask('report')));
}

/** Waits until exactly one of these members leads and all of them say so; returns its leadership. */
export async function agreement(members: readonly Member[], withinMs?: number): Promise<Leadership> {
  const ids = new Set(members.map(({ id }) => id));
  const all = await until('all agree on one leader among them', () => reports(members), agreed, withinMs);
  return all[0]?.leader as Leadership;

  function agreed(read: Report[]): boolean {
    const [first] = read;
    return (
      first?.leader !== null &&
      first?.leader !== undefined &&
      ids.has(first.leader.id) &&
      read.filter(({ isLeader }) => isLeader).length === 1 &&
      read.every(
        ({ state, leader, isLeader, id }) =>
          state === 'online' &&
          leader?.id === first.leader?.id &&
          leader?.term === first.leader?.term &&
          isLeader === (leader?.id === id),
      )
    );
  }
}

/** Waits until each of these members reaches exactly these members, itself included. */
export async function reachEachOther(members: readonly Member[], withinMs?: number): Promise<void> {
  const wanted = members.map(({ id }) => id).toSorted();
  await until(
    'all reach all and nobody else',
    () => reports(members),
    (read) =>
      read.every(({ members: known }) => {
        const reached = known.filter(({ reachable }) => reachable).map(({ id }) => id);
        return JSON.stringify(reached.toSorted()) === JSON.stringify(wanted);
      }),
    withinMs,
  );
}

/** Waits until the leader's links, seen from both ends, are on `path`: to other hosts. In its own it needs none. */
export async function linkedToLeader(members: readonly Member[], path: string, withinMs?: number): Promise<void> {
  await until(
    `the leader's links are on ${path}`,
    () => reports(members),
    (read) => {
      const leader = read.find(({ isLeader }) => isLeader);
      if (!leader) return false;
      const others = read.filter(({ id }) => id !== leader.id);
      return others.every((other) => {
        const wanted = hostOf(leader, leader.id) === hostOf(leader, other.id) ? 'broadcast' : path;
        return pathTo(leader, other.id) === wanted && pathTo(other, leader.id) === wanted;
      });
    },
    withinMs,
  );
}

export function pathTo(report: Report, id: string): string | null {
  return report.members.find((member) => member.id === id)?.path ?? null;
}

export function hostOf(report: Report, id: string): string | undefined {
  return report.members.find((member) => member.id === id)?.host;
}

/** The member that leads, and the others. */
export function splitByLeader<M extends Member>(members: readonly M[], leader: Leadership): [leader: M, others: M[]] {
  const leading = members.find(({ id }) => id === leader.id);
  if (!leading) throw new Error(`no member here has the id ${leader.id}`);
  return [leading, members.filter((member) => member !== leading)];
}

/** Waits until the path from one member to the other is `path`, as the first one sees it. */
export async function linkedOn(from: Member, to: Member, path: string): Promise<void> {
  await until(
    `${from.id} reaches ${to.id} on ${path}`,
    () => from.ask('report'),
    (report) => pathTo(report, to.id) === path,
  );
}
