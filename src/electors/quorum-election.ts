import type { Leadership } from '../core/leadership.ts';
import { foundedBy } from '../core/quorum/configuration.ts';
import type { RaftEffect, RaftEvent } from '../core/quorum/events.ts';
import type { ToldBesideState } from '../driver/persisting-driver.ts';
import type { Charter, QuorumCharter } from '../protocol/charter.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Neighbour } from '../protocol/members.ts';
import type { Pledge } from '../protocol/standing.ts';
import type { Election, ElectionEvent, ElectionOptions, Group } from './elector.ts';
import { Lanes } from './lanes.ts';
import { QuorumCore, type QuorumCoreOptions } from './quorum-core.ts';
import { QuorumLog } from './quorum-log.ts';
import type { QuorumOptions } from './quorum-options.ts';
import type { ReplicatedLog } from './replicated-log.ts';
import { pathsOf } from './roles.ts';

/**
 * Without a leader for so long, a member says how it stands; and again after as much. It goes on to when it has pledged: a
 * server that lost its memory has not asked for that, and has to see that it may.
 */
const standingEveryMs = 3_000;
/** So long after it gave up an epoch, in contact with whoever asked for that, a member expects no later one any more. */
const hopeMs = 60_000;

/**
 * One member's part in electing by a quorum. Where members come and go, a core runs for one epoch of the room: it begins when
 * the room is founded, and gives way to the next one when the room is founded anew.
 */
export class QuorumElection implements Election {
  readonly #options: ElectionOptions;
  readonly #limits: Pick<QuorumOptions, 'minLeaseMs' | 'maxLeaseMs'>;
  /** `undefined`: who votes is named, and stays. */
  readonly #charter: QuorumCharter | undefined;
  readonly #log: QuorumLog;
  readonly #lanes = new Lanes();
  #core: QuorumCore | null = null;
  #leader: Leadership | null = null;
  /** What each core is told when it begins: the last of each of these. */
  readonly #news = new Map<'visible' | 'priority' | 'contact', RaftEvent>();
  #neighbours: readonly Neighbour[] = [];
  #group: Group = { epoch: 0, founder: null, continues: null, witness: null };
  /** Whose leadership has begun, as the core told it; whether the application may hear of it yet. */
  #known: Leadership | null = null;
  #isGathered: boolean;
  /** So many answer the leader, as the core told last. */
  #heard = 0;
  /** On the fast clock: since when there is hope for the next epoch. `null`: this one is not given up. */
  #pledgedAt: number | null = null;
  #contactAt = -Infinity;
  #superseded: ClusterError | null = null;
  #isOver = false;
  #paths = '';
  #cancelStanding = (): void => {};

  /** By this charter, which says all but who votes where that is named. */
  constructor({ quorum }: Charter, elector: QuorumOptions, options: ElectionOptions) {
    const { minLeaseMs, maxLeaseMs, voters } = elector;
    this.#options = options;
    this.#limits = { ...(minLeaseMs && { minLeaseMs }), ...(maxLeaseMs && { maxLeaseMs }) };
    this.#charter = quorum;
    // Voters that are named wait for each other in their core. Who comes and goes elects at once, and keeps it quiet.
    this.#isGathered = voters !== undefined || options.minMembers === 1;
    this.#log = new QuorumLog({
      feed: (event) => this.#core?.feed(event),
      onPublished: (value) => options.apply({ type: 'published', value }),
    });
    if (voters) this.#begin({ epoch: 0, founding: foundedBy(voters.toSorted()), minMembers: options.minMembers });
  }

  get log(): ReplicatedLog {
    return this.#log;
  }

  /** From the moment on that this member has applied all that was committed before it led. */
  isLeader(): boolean {
    return this.#leader?.id === this.#options.self && this.#core?.isLeader() === true;
  }

  leader(): Leadership | null {
    return this.#leader;
  }

  published(): Json | undefined {
    return (this.isLeader() ? this.#log.publishing : undefined) ?? this.#log.published;
  }

  canTransfer(to?: PeerId): boolean {
    return this.isLeader() && this.#core?.canTransfer(to) === true;
  }

  leaseMs(): number | null {
    return this.#leader && (this.#core?.leaseMs() ?? null);
  }

  feed(event: ElectionEvent): void {
    if (this.#superseded) return;
    switch (event.type) {
      case 'publish':
        return this.#log.publish(event.value);
      case 'hint':
      case 'members':
        return; // only its own silence, or its goodbye, tells that a member is gone
      case 'group':
        return this.#charter && this.#hearGroup(event.group, event.members);
      case 'departed':
        return this.#charter && this.#core?.feed(event);
      case 'ask-pledge':
        return this.#askedToPledge(event.epoch);
      case 'contact':
        this.#noteContact(event.askedAt);
        return this.#hearNews(event.type, event);
      case 'visible':
      case 'priority':
        return this.#hearNews(event.type, event);
      case 'message':
        this.#lanes.heard(event.from, event.message);
        return this.#core?.feed(event);
      case 'reset':
        this.#lanes.reset(event.peer);
        return this.#core?.feed(event);
      case 'transfer':
        return this.#core?.feed(event);
    }
  }

  /** What the core says of appends at last is heard: those that were never sent are not committed for certain (Q5). */
  leave(): Pledge | null | undefined {
    const core = this.#core;
    if (core) this.#answerAppends(core.close({ type: 'leave' }));
    this.#end();
    if (!this.#charter) return undefined;
    if (!core) return null;
    const standing = core.standing();
    return standing ? { epoch: core.epoch, standing } : undefined;
  }

  close(): void {
    this.#core?.close();
    this.#end();
  }

  #answerAppends(lastWords: readonly RaftEffect[]): void {
    for (const effect of lastWords) if (effect.type === 'append-failed') this.#log.apply(effect);
  }

  #end(): void {
    this.#isOver = true;
    this.#cancelStanding();
    this.#log.close(this.#superseded ?? new ClusterError('left', 'the cluster has been left'));
  }

  // From one epoch to the next

  #hearGroup(group: Group, neighbours: readonly Neighbour[]): void {
    this.#neighbours = neighbours;
    this.#group = group;
    this.#lanes.keep([...neighbours.map(({ id }) => id), group.witness]);
    if (this.#core && group.epoch > this.#core.epoch) this.#goOn(this.#core, group);
    else if (this.#core) this.#nameMembers();
    else if (group.epoch > 0) this.#begin(this.#foundingOf(group));
    this.#gather();
  }

  /**
   * With what it had, if all that is committed goes on, whether this member pledged or not; or if it is this log that does,
   * which only one that pledged can know.
   */
  #goOn(core: QuorumCore, group: Group): void {
    const isOwn = group.founder === this.#options.self && this.#pledgedAt !== null;
    if (group.continues !== core.epoch && !isOwn)
      return this.#supersede(`the room was founded anew, in epoch ${group.epoch}`);
    this.#log.shut();
    this.#setLeader(null);
    if (this.#isOver) return; // whoever heard that has left
    this.#answerAppends(core.close({ type: 'give-up' }));
    this.#begin({ ...this.#foundingOf(group), before: core });
  }

  #foundingOf({ epoch, founder, witness }: Group): Pick<QuorumCoreOptions, 'epoch' | 'founding'> {
    const { self } = this.#options;
    return { epoch, ...(founder === self && { founding: foundedBy([self], witness) }) };
  }

  #begin(begins: Pick<QuorumCoreOptions, 'epoch' | 'founding' | 'before' | 'minMembers'>): void {
    this.#pledgedAt = null;
    const core = new QuorumCore({
      ...begins,
      election: this.#options,
      limits: this.#limits,
      charter: this.#charter,
      laneOf: (to, message) => this.#lanes.laneOf(to, message),
      apply: (effect) => this.#apply(effect),
      failed: (error) => this.#fail(error),
    });
    this.#core = core;
    this.#tellRoles();
    this.#awaitLeader();
    this.#log.open();
    for (const event of this.#news.values()) core.feed({ ...event });
    this.#nameMembers();
    // One that founds alone leads within this.
    core.feed({ type: 'tick' });
  }

  /** What each core has to know, and the next one as well. */
  #hearNews(type: 'visible' | 'priority' | 'contact', event: RaftEvent): void {
    this.#news.set(type, event);
    this.#core?.feed({ ...event });
  }

  #nameMembers(): void {
    const { epoch, witness } = this.#group;
    if (!this.#charter || this.#core?.epoch !== epoch) return;
    const peers = this.#neighbours.map(({ id, host }) => ({ id, host, witness: false }));
    if (witness !== null) peers.push({ id: witness, host: witness, witness: true });
    this.#core.feed({ type: 'members', peers });
  }

  // Without a leader

  /** Says how this member stands for as long as it knows none. */
  #awaitLeader(): void {
    this.#cancelStanding();
    if (!this.#charter) return;
    this.#cancelStanding = this.#options.platform.timers.after(standingEveryMs, () => {
      const core = this.#core;
      const standing = core?.leader() === null ? core.standing() : null;
      if (core && standing) this.#options.apply({ type: 'standing', epoch: core.epoch, standing });
      if (core?.leader() === null) this.#awaitLeader();
    });
  }

  /** Whoever asks for it again gets the same answer. */
  #askedToPledge(epoch: number): void {
    const core = this.#core;
    if (core?.epoch !== epoch) return;
    if (this.#pledgedAt === null) return core.feed({ type: 'pledge' });
    const standing = core.standing();
    if (standing) this.#options.apply({ type: 'pledge', epoch, standing });
  }

  #pledged({ standing }: Extract<RaftEffect, { readonly type: 'pledged' }>): void {
    this.#pledgedAt = this.#options.clocks.now().fast;
    this.#awaitLeader();
    this.#log.shut();
    this.#setLeader(null);
    this.#options.apply({ type: 'pledge', epoch: this.#core?.epoch ?? 0, standing });
  }

  /** The others may go on in the epoch that this member has given up: then it has no part in it any more. */
  #noteContact(askedAt: number): void {
    const wasAway = askedAt - this.#contactAt >= hopeMs;
    this.#contactAt = Math.max(this.#contactAt, askedAt);
    if (this.#pledgedAt === null) return;
    if (wasAway) this.#pledgedAt = askedAt;
    else if (askedAt - this.#pledgedAt >= hopeMs) this.#supersede('no later epoch came than the one it had given up');
  }

  #supersede(what: string): void {
    if (this.#superseded) return;
    this.#cancelStanding();
    const message = `${what}: this member goes on as a new one, under a fresh id; open its log again`;
    this.#superseded = new ClusterError('superseded', message);
    this.#setLeader(null);
    this.#options.apply({ type: 'superseded', error: this.#superseded });
  }

  // What the core says

  #apply(effect: ToldBesideState<RaftEffect>): void {
    const { self, apply } = this.#options;
    switch (effect.type) {
      case 'leader':
        // A leadership begins when it is ready; until then the one before goes on, but not this member's before another's.
        if (effect.leader === null || (effect.leader.id !== self && this.#known?.id === self)) this.#setLeader(null);
        if (effect.leader === null) return this.#awaitLeader();
        return this.#tellPaths();
      case 'ready':
        return this.#setLeader(effect.leader);
      case 'configuration':
        return this.#tellRoles();
      case 'reachable':
        this.#heard = effect.peers.filter((id) => id !== this.#group.witness).length;
        apply({ type: 'reachable', peers: effect.peers });
        return this.#gather();
      case 'pledged':
        return this.#pledged(effect);
      case 'bad-message':
        // Not all come into a later epoch at the same moment.
        return apply(this.#charter && effect.code === 'other-epoch' ? { type: 'other-epoch' } : effect);
      default:
        try {
          this.#log.apply(effect);
          if (this.#log.isIdle) this.#lanes.settled();
        } catch (error) {
          return this.#fail(error);
        }
    }
  }

  #tellRoles(): void {
    this.#options.apply({ type: 'roles', roles: this.#core?.roles() ?? new Map() });
    this.#tellPaths();
  }

  #tellPaths(): void {
    const { self, apply } = this.#options;
    const peers = pathsOf(self, this.#core?.leader()?.id ?? null, this.#core?.roles() ?? new Map()).toSorted();
    if (this.#paths === peers.join()) return;
    this.#paths = peers.join();
    apply({ type: 'paths', peers });
  }

  /** Whoever cannot keep its word stops giving it: this member leads and votes no more. */
  #fail(cause: unknown): void {
    const error =
      cause instanceof ClusterError ? cause : new ClusterError('storage-failed', 'the storage failed', { cause });
    this.close();
    this.#setLeader(null);
    this.#options.apply({ type: 'failed', error });
  }

  /** There are enough for a first leader, who has to hear them; whoever follows it need only know of them. */
  #gather(): void {
    if (this.#isGathered || this.#known === null) return;
    const count = this.#known.id === this.#options.self ? this.#heard : this.#neighbours.length;
    this.#isGathered = count >= this.#options.minMembers;
    this.#tellLeader();
  }

  #setLeader(leader: Leadership | null): void {
    this.#known = leader;
    this.#gather();
    this.#tellLeader();
  }

  #tellLeader(): void {
    const leader = this.#isGathered ? this.#known : null;
    if (this.#leader?.id === leader?.id && this.#leader?.term === leader?.term) return;
    this.#leader = leader;
    this.#options.apply({ type: 'leader', leader });
  }
}
