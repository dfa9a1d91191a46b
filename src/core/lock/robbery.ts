import type { Look } from './looks.ts';
import type { Member } from './member.ts';
import { giveWayMs, jitterMs, lookMs, outlastMs, patience, speechlessMs } from './pace.ts';
import type { Watch } from './watch.ts';

/**
 * When to take the lock from a member that hangs: its claim has not been renewed for as long as it could be relied on,
 * by several looks of this member while it was awake itself. The lock's own keeper tells, and not the channel, so a
 * member that hears nobody robs nobody.
 */
export class Robbery {
  readonly #member: Member;
  readonly #watch: Watch;
  readonly #jitter: number;
  #lookAt = 0;
  /** Since somebody was last seen to renew a claim. */
  #robberies = 0;

  constructor(member: Member, watch: Watch, chance: number) {
    this.#member = member;
    this.#watch = watch;
    this.#jitter = jitterMs * chance;
  }

  /** The next look. */
  get dueAt(): number {
    return this.#lookAt;
  }

  lookSoon(): void {
    this.#lookAt = this.#member.now.fast;
  }

  /** A look was asked for. */
  noteLook(): void {
    this.#lookAt = this.#member.now.fast + this.#everyMs();
  }

  #everyMs(): number {
    if (this.#watch.silentMs === 0) return lookMs(this.#place());
    return this.#watch.lookWhileSilentMs;
  }

  noteRenewal(): void {
    this.#robberies = 0;
  }

  /** Returns true once it is time; the next time will be later. Not by a look that is older than looks are here. */
  isDue({ startedAt }: Look): boolean {
    const { top, silentMs, lookWhileSilentMs } = this.#watch;
    const { now, looks } = this.#member;
    if (now.fast - startedAt > Math.max(looks.ms, lookWhileSilentMs)) return false;
    const isMute = top === null || top.freshMs === 0;
    const silenceMs = isMute ? speechlessMs(looks.ms) : outlastMs(top.freshMs);
    const waitMs = silenceMs + this.#place() * giveWayMs + (this.#isInLine() ? 0 : this.#jitter);
    if (silentMs < waitMs * patience(this.#robberies)) return false;
    this.#robberies++;
    return true;
  }

  #isInLine(): boolean {
    return this.#member.line.includes(this.#member.id);
  }

  /** Whoever is in no line comes after all that are. */
  #place(): number {
    const { line, id } = this.#member;
    return this.#isInLine() ? line.indexOf(id) : line.length;
  }
}
