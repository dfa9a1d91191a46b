import { Session } from 'node:inspector/promises';
import { electedGroup, type Group } from './group.ts';

export const entryBytes = 100;

const warmUpMs = 300;
const measureMs = 700;

/** Per second by the clock, and per second of the processor, which does not mind what else runs. */
export interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/** How often `count` goes up by one while `work` runs again and again, for so much of the processor's time. */
export async function rate(work: () => void | Promise<void>, count: () => number, ms = measureMs): Promise<Rate> {
  const [before, beganMs, cpuBefore] = [count(), performance.now(), process.cpuUsage()];
  const wallMs = (): number => performance.now() - beganMs;
  const cpuMs = (): number => {
    const { user, system } = process.cpuUsage(cpuBefore);
    return (user + system) / 1000;
  };
  while (cpuMs() < ms && wallMs() < 4 * ms) await work(); // whoever mostly waits is not waited for
  const done = count() - before;
  return { perSecond: (done / wallMs()) * 1000, perCpuSecond: (done / cpuMs()) * 1000 };
}

/** A leader whose client has always so many appends in flight: each that is answered makes room for the next. */
class Load {
  committed = 0;
  readonly #clock = { nowMs: 0 };
  readonly #group: Group;
  #lastTicket = 0;
  #lastIndex = 0;
  #answered: number;

  constructor(size: number, inFlight: number) {
    this.#group = electedGroup(size, this.#clock, ({ ticket, index }) => this.#appended(ticket, index));
    this.#answered = inFlight;
  }

  /** What came in this turn is answered in the next: new appends of one turn come together, as they do from a program. */
  turn(): void {
    this.#clock.nowMs += 0.01;
    this.#append();
    this.#group.tick();
    this.#group.settle(() => this.#answered > 0);
  }

  #append(): void {
    const { leader } = this.#group;
    if (this.#answered === 0) return;
    if (leader === undefined) throw new Error('the leader was lost');
    const values = Array.from({ length: this.#answered }, (_, at) => valueOf(this.#lastTicket + at));
    this.#group.post(leader, { type: 'append', first: this.#lastTicket + 1, values });
    this.#lastTicket += this.#answered;
    this.#answered = 0;
  }

  #appended(ticket: number, index: number | null): void {
    this.committed++;
    this.#answered++;
    if (ticket !== this.committed || index === null || index <= this.#lastIndex) throw new Error('out of order');
    this.#lastIndex = index;
  }
}

const values = Array.from({ length: 4096 }, (_, at) => String(at).padEnd(entryBytes, 'x'));
export const valueOf = (ticket: number): string => values[ticket % values.length] as string;

/** Entries committed in process. */
export async function committed(size: number, inFlight: number): Promise<Rate> {
  const load = new Load(size, inFlight);
  const turns = (): void => {
    for (let turn = 0; turn < 64; turn++) load.turn();
  };
  await rate(turns, () => load.committed, warmUpMs);
  return rate(turns, () => load.committed);
}

/** Bytes that all members of the group allocate together for one entry, freed soon or not. */
export async function bytesPerEntry(size: number, inFlight: number): Promise<number> {
  const load = new Load(size, inFlight);
  const entries = 100_000;
  const until = (count: number): void => {
    while (load.committed < count) load.turn();
  };
  until(entries);
  const before = load.committed;
  const bytes = await allocatedBytes(() => until(before + entries));
  return bytes / (load.committed - before);
}

/** By sampling all allocations, also those that are long collected. */
async function allocatedBytes(work: () => void): Promise<number> {
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 4096,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  } as object);
  work();
  const { profile } = await session.post('HeapProfiler.stopSampling');
  session.disconnect();
  return sizeOf(profile.head);
}

interface Allocations {
  readonly selfSize: number;
  readonly children: readonly Allocations[];
}

function sizeOf({ selfSize, children }: Allocations): number {
  return children.reduce((size, child) => size + sizeOf(child), selfSize);
}

/** Steps of a group that does nothing but keep its leader. */
export async function steps(size: number): Promise<Rate> {
  const clock = { nowMs: 0 };
  const group = electedGroup(size, clock);
  const beats = (): void => {
    for (let count = 0; count < 1000; count++) {
      clock.nowMs = group.wakesAt;
      group.tick();
      group.settle();
    }
    if (group.leader === undefined) throw new Error('the leader was lost');
  };
  await rate(beats, () => group.steps, warmUpMs);
  return rate(beats, () => group.steps);
}
