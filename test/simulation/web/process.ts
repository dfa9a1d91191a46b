import type { Host } from '../../../signaling-server/host.ts';
import { settle } from '../../../signaling-server/options.ts';
import { Store } from '../../../signaling-server/store.ts';
import { Switchboard } from '../../../signaling-server/switchboard.ts';
import { ClusterError } from '../../../src/protocol/errors.ts';
import { Violation } from '../checker.ts';
import type { MachineClock } from '../machine-clock.ts';
import { hashText, mix, unit } from '../random.ts';
import type { Tenant } from '../tenant.ts';
import type { World } from '../world.ts';
import type { Disk } from './disk.ts';
import { runJobs } from './jobs.ts';

/** A text that the server sent to one of its sockets. */
export interface Said {
  readonly to: Tenant;
  readonly text: string;
}

export interface ProcessParts {
  readonly world: World<Tenant>;
  readonly clock: MachineClock;
  /** Its place among all processes of the run. The first knows that nothing came before it. */
  readonly number: number;
  /** `null`: what it knows ends with it. */
  readonly disk: Disk | null;
  onSaid(said: readonly Said[]): void;
}

/** One life of the signaling server: the real one, on its machine's clock. */
export class Process {
  /** `null`: it does not listen yet. */
  board: Switchboard | null = null;
  /** What it said in the event of the moment. */
  said: Said[] = [];
  isRunning = true;
  readonly #parts: ProcessParts;
  readonly #state: number;
  #drawn = 0;
  #errors: unknown[] = [];

  constructor(parts: ProcessParts) {
    this.#parts = parts;
    this.#state = parts.world.draw(parts.number, 87);
    this.run('starts', () => this.#start());
  }

  #start(): void {
    const { number, disk, world } = this.#parts;
    const { heartbeatMs, graceMs, room } = world.schedule.web!;
    const onError = (error: unknown): void => {
      const isOfDisk = error instanceof ClusterError && error.code.startsWith('storage-');
      if (!(isOfDisk && disk?.isFull === true)) this.#errors.push(error);
    };
    const settings = settle({ heartbeatMs, graceMs, fresh: number === 1, maxCharterMs: room?.charterMs ?? 1, onError });
    const host = this.#host();
    const open = (store: Store | null): void => {
      this.board = new Switchboard(settings, host, store);
    };
    if (disk === null) return open(null);
    Store.open(disk.open(host)).then(open, onError);
  }

  /** Something happens to it. */
  run(what: string, happen: () => void): void {
    if (!this.isRunning) return;
    this.#parts.world.note(() => `server: ${what}`);
    try {
      happen();
      runJobs();
    } catch (error) {
      this.#errors.push(error);
    }
    const [error] = this.#errors;
    if (error !== undefined)
      throw new Violation('the server never throws', `at "${what}": ${(error as Error).stack ?? String(error)}`);
    const { said } = this;
    this.said = [];
    if (said.length > 0) this.#parts.onSaid(said);
  }

  /** It is gone, without a word. */
  end(): void {
    this.isRunning = false;
  }

  #host(): Host {
    const { world, clock } = this.#parts;
    return {
      nowMs: () => clock.monotonicMs(),
      wallMs: () => clock.wallMs(),
      after: (delayMs, run) => {
        let isOver = false;
        world.at(world.nowMs + clock.trueDurationMs(delayMs) + 1e-6, () => {
          if (!isOver) this.run('timer', run);
        });
        return () => void (isOver = true);
      },
      random: () => unit(this.#draw()),
      secret: () => Array.from({ length: 4 }, () => this.#draw().toString(36)).join(''),
      hash: (secret) => `${hashText(secret).toString(36)}${mix(hashText(secret), 1).toString(36)}`,
    };
  }

  #draw(): number {
    return mix(this.#state, ++this.#drawn);
  }
}
