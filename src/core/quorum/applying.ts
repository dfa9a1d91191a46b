import type { CommittedEntry, Entry } from './entry.ts';
import type { Member } from './member.ts';
import { askAgainMs } from './pace.ts';
import type { Proposing } from './proposing.ts';
import { Sessions } from './sessions.ts';
import type { Session, Snapshot } from './state.ts';

interface Wanted {
  readonly index: number;
  readonly chars: number;
  readonly sessions: readonly Session[];
  /** On the fast clock. */
  readonly askedAt: number;
}

/** Turns committed entries into what takes effect, and keeps the log short. */
export class Applying {
  sessions: Sessions;
  readonly #member: Member;
  readonly #proposing: Proposing;
  /**
   * The snapshot that the application was asked for, with what the core itself adds as of that index. It may not think that
   * worth while, and is asked again when there is twice as much to put it in the place of; or, where a witness needs a
   * shorter one, after a while, for its state is another one by then.
   */
  #wanted: Wanted | null = null;

  /** The application has everything up to here from an earlier core. */
  readonly #known: number;

  constructor(member: Member, proposing: Proposing, known: number) {
    this.#member = member;
    this.#proposing = proposing;
    this.#known = known;
    this.sessions = new Sessions(member.disk.snapshot?.sessions ?? [], member.limits.maxSessions);
    this.#recall();
  }

  #recall(): void {
    const { log, commit } = this.#member;
    for (let at = commit + 1; at <= Math.min(this.#known, log.lastIndex); at++) {
      this.#takeEffect(log.entry(at) as Entry, at);
      this.#member.commit = at;
    }
  }

  /** Everything up to `index` is committed. */
  commitTo(index: number): void {
    const from = this.#member.commit + 1;
    if (index < from) return;
    this.#member.commit = index;
    const entries: CommittedEntry[] = [];
    this.#member.effects.push({ type: 'commit', upTo: index, entries });
    for (let at = from; at <= index; at++) this.#apply(this.#member.log.entry(at) as Entry, at, entries);
    this.#proposing.allApplied();
    this.#wantSnapshot();
  }

  #apply(entry: Entry, index: number, effective: CommittedEntry[]): void {
    if (!this.#takeEffect(entry, index)) return;
    if (entry.type === 'value') {
      effective.push({ index, term: entry.term, value: entry.value });
      this.#proposing.applied(entry.session, index);
    } else this.#proposing.sessionsChanged(this.sessions);
  }

  /** True if it changed anything. */
  #takeEffect(entry: Entry, index: number): boolean {
    switch (entry.type) {
      case 'value':
        return this.sessions.take(entry.session, entry.sequence, index);
      case 'register':
        this.sessions.register(index, entry.owner, entry.nonce);
        return true;
      case 'expire':
        this.sessions.expire(entry.session);
        return true;
      case 'empty':
      case 'configuration':
        return false;
    }
  }

  #wantSnapshot(): void {
    if (this.#member.isWitness) return;
    const chars = this.#charsBehindSnapshot();
    if (this.#wanted === null ? this.#isLong(chars) : this.#isLonger(chars, this.#wanted.chars)) this.#want(chars);
  }

  #isLong(chars: number): boolean {
    const { disk, limits, commit } = this.#member;
    return commit - (disk.snapshot?.index ?? 0) >= limits.snapshotEntries || this.#member.outweighsSnapshot(chars);
  }

  #isLonger(chars: number, askedAt: number): boolean {
    return this.#isLong(chars) && chars - askedAt >= Math.max(askedAt, this.#member.limits.snapshotChars);
  }

  #charsBehindSnapshot(): number {
    const { log, disk, commit } = this.#member;
    return log.charsUpTo(commit) - log.charsUpTo(disk.snapshot?.index ?? 0);
  }

  #want(chars: number): void {
    const { commit: index, effects, now } = this.#member;
    this.#wanted = { index, chars, sessions: this.sessions.list(), askedAt: now.fast };
    effects.push({ type: 'snapshot-wanted', index, chars });
  }

  /**
   * One that goes beyond that index, for a witness: sooner than this member needs it itself; or, if the one that there is
   * goes as far and is too long, as soon as the application has a shorter one, though nothing is committed meanwhile.
   */
  wantSnapshotAfter(index: number | null): void {
    const { commit, disk } = this.#member;
    if (index === null || commit <= index) return;
    const isTooLong = disk.snapshot !== null && disk.snapshot.index > index;
    if (this.#wanted === null) this.#want(isTooLong ? 0 : this.#charsBehindSnapshot());
    else if (isTooLong && this.#isOutdated(this.#wanted)) this.#want(this.#wanted.chars);
  }

  #isOutdated({ index, askedAt }: Wanted): boolean {
    const { commit, now } = this.#member;
    return commit > index && now.fast - askedAt >= askAgainMs;
  }

  /** The application's answer to `snapshot-wanted`; one that was overtaken by a snapshot from the leader is not needed. */
  takeSnapshot(index: number, data: string): void {
    const { log, disk, limits } = this.#member;
    if (this.#wanted?.index !== index) return;
    const { sessions } = this.#wanted;
    this.#wanted = null;
    disk.snapshot = {
      index,
      term: log.term(index) as number,
      configuration: log.configurationAt(index),
      sessions,
      data,
    };
    log.compact(Math.max(0, index - limits.keptEntries));
    this.#wantSnapshot(); // the application may have taken so long that it is time for the next one
  }

  /** From the leader: takes the place of the entries up to there, which this member has. */
  keep(snapshot: Snapshot): void {
    this.commitTo(snapshot.index);
    this.#member.disk.snapshot = snapshot;
    this.#member.log.compact(snapshot.index);
  }

  /** From the leader: takes the place of everything that this member had. */
  install(snapshot: Snapshot): void {
    const { log, disk, limits } = this.#member;
    this.#wanted = null;
    log.restore(snapshot);
    disk.snapshot = snapshot;
    this.sessions = new Sessions(snapshot.sessions, limits.maxSessions);
    this.#member.commit = snapshot.index;
    this.#tellInstalled(snapshot);
    this.#proposing.installed(this.sessions);
  }

  /** After a restart the application starts from the snapshot that was stored. */
  start(): void {
    const { snapshot } = this.#member.disk;
    if (snapshot !== null && snapshot.index > this.#known) this.#tellInstalled(snapshot);
  }

  #tellInstalled({ index, data }: Snapshot): void {
    this.#member.effects.push({ type: 'snapshot-installed', index, data });
  }
}
