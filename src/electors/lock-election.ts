import type { Leadership } from '../core/leadership.ts';
import type { Claim } from '../core/lock/claim.ts';
import type { LockEffect, LockEvent } from '../core/lock/events.ts';
import { Lock } from '../core/lock/lock.ts';
import { Driver, type ToldEffect } from '../driver/driver.ts';
import { type Counters, mostAhead } from '../platform/counters.ts';
import type { Locks } from '../platform/locks.ts';
import { countersOf, locksOf } from '../platform/origin.ts';
import type { Undo } from '../platform/platform.ts';
import { sha256 } from '../platform/sha256.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Election, ElectionEffect, ElectionEvent, ElectionOptions, Elector } from './elector.ts';
import type { ElectByLock, LockParts } from './lock-elector.ts';
import { isTooLong, LockNames, ownVersion, type RoomDigest } from './lock-names.ts';
import { rehearse } from './lock-rehearsal.ts';
import { isMemberEvent } from './member-events.ts';

/** What `lock()` elects by, once it has it: under a name that is too long for locks, by what stands for that. */
export const electByLock: ElectByLock = (elector, room, { platform, opening, ...parts }) => {
  const locks = locksOf(platform) as Locks;
  const counters = countersOf(platform, opening) as Counters;
  const of = (name: string | RoomDigest): Elector => {
    const names = new LockNames(name);
    return { ...elector, start: (options) => new LockElection({ ...options, ...parts, locks, counters, names }) };
  };
  return isTooLong(room) ? sha256(JSON.stringify(room)).then((digest) => of({ sha256: digest })) : of(room);
};

interface LockElectionOptions extends ElectionOptions, Pick<LockParts, 'preferVisible' | 'told'> {
  readonly locks: Locks;
  readonly counters: Counters;
  readonly names: LockNames;
}

class LockElection implements Election {
  readonly #options: LockElectionOptions;
  readonly #names: LockNames;
  readonly #core: Lock;
  readonly #driver: Driver<LockEvent, LockEffect>;
  #release: Undo = () => {};
  #unclaim: Undo = () => {};
  /** Lets go of what shows that this member is there: held before all else, so that it is missed before all else. */
  readonly #vanish: Undo;
  readonly #awaited = new Map<string, Undo>();
  #isOver = false;

  constructor(options: LockElectionOptions) {
    const { self, platform, clocks, priority, minMembers, preferVisible, names } = options;
    this.#options = options;
    this.#names = names;
    const maxTerm = mostAhead + Math.floor((platform.clock.wallMs() - clocks.now().fast) / 1_000);
    const chance = (platform.randomBytes(1)[0] as number) / 256;
    this.#core = new Lock({ id: self, chance, priority, minMembers, preferVisible, maxTerm });
    this.#driver = new Driver<LockEvent, LockEffect>({
      core: this.#core,
      tick: { type: 'tick' },
      clocks,
      timers: platform.timers,
      // What the core says of values is `unknown`: they are JSON, as they came in.
      send: (to, message) => options.apply({ type: 'send', to, message: message as Json, lane: 'urgent' }),
      apply: (effect) => this.#apply(effect),
    });
    this.#vanish = this.#have(names.member(self));
    this.#driver.feed({ type: 'tick' });
  }

  isLeader(): boolean {
    return !this.#isOver && this.#core.isLeader(this.#driver.now());
  }

  leader(): Leadership | null {
    return this.#core.leader();
  }

  published(): Json | undefined {
    return this.#core.published() as Json | undefined;
  }

  canTransfer(to?: PeerId): boolean {
    return this.isLeader() && this.#core.canTransfer(to);
  }

  leaseMs(): null {
    return null;
  }

  feed(event: ElectionEvent): void {
    if (isMemberEvent(event)) this.#driver.feed(event);
  }

  /** The heir hears of it before the lock is let go, so that it may be there first. */
  leave(): undefined {
    this.#isOver = true;
    this.#driver.close({ type: 'leave' });
    this.#letGo();
  }

  close(): void {
    this.#isOver = true;
    this.#driver.close();
    this.#letGo();
  }

  #letGo(): void {
    this.#await([]);
    this.#vanish();
    this.#unclaim();
    this.#release();
    this.#options.counters.close();
  }

  #apply(effect: ToldEffect<LockEffect>): void {
    switch (effect.type) {
      case 'request':
        return this.#request(effect);
      case 'claim':
        return this.#claim(effect.claim);
      case 'look':
        return this.#options.locks.held(this.#names.claims, (names) => this.#looked(effect.look, names));
      case 'await':
        return this.#await(effect.claims);
      case 'evict':
        return this.#evict(effect.claim);
      case 'raise':
        return this.#options.counters.raise(this.#names.main, effect.above, (term, problem) =>
          this.#raised(effect, term, problem),
        );
      default:
        return this.#options.apply(effect as ElectionEffect);
    }
  }

  #request({ request, steal, until }: Extract<LockEffect, { readonly type: 'request' }>): void {
    if (this.#driver.now().fast > until) return this.#driver.feed({ type: 'lost', request });
    const before = this.#release;
    this.#release = this.#options.locks.request(
      this.#names.main,
      { steal },
      {
        granted: () => this.#driver.feed({ type: 'granted', request }),
        lost: () => this.#driver.feed({ type: 'lost', request }),
        refused: (cause) => this.#fail(cause),
      },
    );
    before();
  }

  /** There is no moment without one while one replaces the other. */
  #claim(claim: Claim | null): void {
    const before = this.#unclaim;
    this.#unclaim = claim === null ? () => {} : this.#have(this.#names.claim(claim));
    before();
    const isNewHeir = claim !== null && claim.after > 0 && claim.beat === 0;
    if (isNewHeir) rehearse();
  }

  #have(name: string): Undo {
    return this.#options.locks.request(name, {}, { granted: () => {} });
  }

  /** Whoever has a share of a lock got it when its owner had let it go. */
  #await(claims: readonly Claim[]): void {
    const events = new Map<string, LockEvent>();
    for (const claim of claims) {
      events.set(this.#names.member(claim.id), { type: 'gone', id: claim.id });
      events.set(this.#names.claim(claim), { type: 'changed' });
    }
    for (const [name, undo] of this.#awaited) {
      if (events.has(name)) continue;
      undo();
      this.#awaited.delete(name);
    }
    for (const [name, event] of events) {
      if (this.#awaited.has(name)) continue;
      const granted = (): void => {
        this.#awaited.get(name)?.();
        this.#awaited.delete(name);
        this.#driver.feed(event);
      };
      this.#awaited.set(name, this.#options.locks.request(name, { shared: true }, { granted }));
    }
  }

  #evict(claim: Claim): void {
    const undo = this.#options.locks.request(this.#names.claim(claim), { steal: true }, { granted: () => undo() });
  }

  #looked(look: number, names: readonly string[]): void {
    const { claims, otherVersions } = this.#names.read(names);
    const [version] = otherVersions;
    if (version !== undefined) {
      const what = `claims to lead in words of version ${version}, and this one speaks ${ownVersion}: load both again`;
      this.#degrade(new ClusterError('protocol', `a page of this room ${what}`));
    }
    this.#driver.feed({ type: 'looked', look, claims, hasStrange: version !== undefined });
  }

  #raised({ raise }: { readonly raise: number }, term: number, problem: unknown): void {
    const message = 'nothing can be stored here: once all pages are closed, terms go by the wall clock';
    if (problem !== undefined) this.#degrade(new ClusterError('storage-failed', message, { cause: problem }));
    this.#driver.feed({ type: 'raised', raise, term });
  }

  /** Said once. */
  #degrade(error: ClusterError): void {
    const { told, apply } = this.#options;
    if (this.#isOver || told.has(error.code)) return;
    told.add(error.code);
    apply({ type: 'degraded', error });
  }

  #fail(cause: unknown): void {
    if (this.#isOver) return;
    this.close();
    const message = 'this page may have no locks: is it sandboxed, or are its cookies blocked? Take available() there';
    this.#options.apply({ type: 'failed', error: new ClusterError('storage-failed', message, { cause }) });
  }
}
