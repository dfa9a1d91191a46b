import type { Host } from '../../../signaling-server/host.ts';
import { settle } from '../../../signaling-server/options.ts';
import { Switchboard } from '../../../signaling-server/switchboard.ts';
import { Violation } from '../checker.ts';
import type { MachineClock } from '../machine-clock.ts';
import { hashText, mix, unit } from '../random.ts';
import type { Tenant } from '../tenant.ts';
import type { World } from '../world.ts';
import { runJobs } from './jobs.ts';

/** A text that the server sent to one of its sockets. */
export interface Said {
  readonly to: Tenant;
  readonly text: string;
}

/** One life of the signaling server: the real one, on its machine's clock. */
export class Process {
  readonly board: Switchboard;
  /** What it said in the event of the moment. */
  said: Said[] = [];
  isRunning = true;
  readonly #world: World<Tenant>;
  readonly #clock: MachineClock;
  readonly #state: number;
  readonly #onSaid: (said: readonly Said[]) => void;
  #drawn = 0;
  #errors: unknown[] = [];

  constructor(world: World<Tenant>, clock: MachineClock, number: number, onSaid: (said: readonly Said[]) => void) {
    const { heartbeatMs, graceMs } = world.schedule.web!;
    this.#world = world;
    this.#clock = clock;
    this.#state = world.draw(number, 87);
    this.#onSaid = onSaid;
    const onError = (error: unknown): void => void this.#errors.push(error);
    this.board = new Switchboard(settle({ heartbeatMs, graceMs, onError }), this.#host());
  }

  /** Something happens to it. */
  run(what: string, happen: () => void): void {
    if (!this.isRunning) return;
    this.#world.note(() => `server: ${what}`);
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
    if (said.length > 0) this.#onSaid(said);
  }

  /** It is gone, without a word. */
  end(): void {
    this.isRunning = false;
  }

  #host(): Host {
    const world = this.#world;
    const clock = this.#clock;
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
