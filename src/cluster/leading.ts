import type { Election, Leadership } from '../electors/elector.ts';
import type { Timers } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lead, Leader } from './cluster.ts';
import { noSuccessor, notLeader, unknownPeer } from './failures.ts';
import { LeaderWork } from './leader-work.ts';
import type { MemberTable } from './member-table.ts';

export interface LeadingOptions {
  readonly self: PeerId;
  readonly timers: Timers;
  readonly table: MemberTable;
  readonly handoverMs: number;
  /** None before the cluster is online. */
  election(): Election | undefined;
  published(): Json | undefined;
  onError(error: ClusterError): void;
}

/** How often a leader that is to hand over looks whether anyone has come into line. */
const lookEveryMs = 10;

/** Who leads, what this member does while it is the one, and how it hands over. */
export class Leading {
  readonly #options: LeadingOptions;
  readonly #work: LeaderWork;
  #leadership: Leadership | null = null;
  #leader: Leader | null = null;
  #handover: Promise<void> | undefined;

  constructor(options: LeadingOptions) {
    this.#options = options;
    this.#work = new LeaderWork({
      timers: options.timers,
      leadsIn: (term) => this.isLeader && options.election()?.leader()?.term === term,
      published: options.published,
      onFailure: (cause) => this.#workFailed(cause),
    });
  }

  /** Reads the lease. */
  get isLeader(): boolean {
    return this.#options.election()?.isLeader() ?? false;
  }

  /** Work is running, or was told to stop and has not yet. */
  get isWorking(): boolean {
    return this.#work.isRunning;
  }

  get leadership(): Leadership | null {
    return this.#leadership;
  }

  /** The same object until something changes in it. */
  get leader(): Leader | null {
    if (!this.#leadership) return null;
    const { id, term } = this.#leadership;
    const info = this.#options.table.infoOf(id);
    const last = this.#leader;
    if (last?.id === id && last.term === term && last.info === info) return last;
    return (this.#leader = { id, term, info, isSelf: id === this.#options.self });
  }

  whileLeader(work: (lead: Lead) => unknown, signal: AbortSignal | undefined): Promise<void> {
    return this.#work.add(work, signal);
  }

  /** `tell` lets the application know, after the old work was told to stop and before the new begins. */
  changed(leadership: Leadership | null, tell: () => void): void {
    const had = this.#leadership;
    this.#leadership = leadership;
    if (had?.id === this.#options.self) this.#work.stop(notLeader(`leadership of term ${had.term} is over`));
    tell();
    this.#resume();
  }

  async transfer(to?: PeerId): Promise<void> {
    if (!this.isLeader) throw notLeader('transfer');
    if (to !== undefined && !this.#options.table.has(to)) throw unknownPeer(to);
    return (this.#handover ??= this.#handOver(to).finally(() => {
      this.#handover = undefined;
      this.#resume();
    }));
  }

  /** Tells the work to stop for good; resolves when it has, or after `handoverMs`. */
  async finish(reason: ClusterError): Promise<void> {
    this.#work.stopForGood(reason);
    await this.#work.settled(this.#options.handoverMs);
  }

  /** For good. */
  end(reason: ClusterError): void {
    this.#work.end(reason);
  }

  /** Work begins where this member leads, unless it is about to hand over. */
  #resume(): void {
    if (!this.#handover && this.#leadership?.id === this.#options.self) this.#work.begin(this.#leadership.term);
  }

  /** The work has its time to flush while this member still leads; then another one does. */
  async #handOver(to: PeerId | undefined): Promise<void> {
    await this.#untilInLine(to);
    if (!this.isLeader) return;
    this.#work.stop(notLeader('leadership is being handed over'));
    await this.#work.settled(this.#options.handoverMs);
    if (this.isLeader && !this.#options.election()?.transfer(to)) throw noSuccessor(to);
  }

  /** A follower knows its leader some trips before it is in line to follow it: the work goes on meanwhile. */
  async #untilInLine(to: PeerId | undefined): Promise<void> {
    const { table, timers, handoverMs } = this.#options;
    const candidates = table.others().filter((peer) => to === undefined || peer === to);
    const isOver = (): boolean => !this.isLeader || this.#options.election()?.canTransfer(to) === true;
    for (let waitedMs = 0; !isOver(); waitedMs += lookEveryMs) {
      if (waitedMs >= handoverMs || !candidates.some((peer) => table.hasPath(peer))) throw noSuccessor(to);
      await new Promise<void>((resolve) => timers.after(lookEveryMs, resolve));
    }
  }

  #workFailed(cause: unknown): void {
    this.#options.onError(new ClusterError('work-failed', 'the work of whileLeader threw: see the cause', { cause }));
    // Alone, this member goes on leading, and the work is tried again after its backoff.
    this.transfer().catch(() => {});
  }
}
