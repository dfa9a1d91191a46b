import type { CommittedEntry, Entry } from './entry.ts';
import type { Member } from './member.ts';
import type { Proposing } from './proposing.ts';
import { Sessions } from './sessions.ts';
import type { Session, Snapshot } from './state.ts';

/** Turns committed entries into what takes effect, and keeps the log short. */
export class Applying {
  sessions: Sessions;
  readonly #member: Member;
  readonly #proposing: Proposing;
  /** The snapshot that the application was asked for, with what the core itself adds as of that index. */
  #wanted: { readonly index: number; readonly sessions: readonly Session[] } | null = null;

  constructor(member: Member, proposing: Proposing) {
    this.#member = member;
    this.#proposing = proposing;
    this.sessions = new Sessions(member.disk.snapshot?.sessions ?? [], member.limits.maxSessions);
  }

  /** Everything up to `index` is committed. */
  commitTo(index: number): void {
    const from = this.#member.commit + 1;
    if (index < from) return;
    this.#member.commit = index;
    const entries: CommittedEntry[] = [];
    this.#member.effects.push({ type: 'commit', upTo: index, entries });
    for (let at = from; at <= index; at++) this.#apply(this.#member.log.entry(at) as Entry, at, entries);
    this.#wantSnapshot();
  }

  #apply(entry: Entry, index: number, effective: CommittedEntry[]): void {
    switch (entry.type) {
      case 'value':
        if (!this.sessions.take(entry.session, entry.sequence, index)) return;
        effective.push({ index, term: entry.term, value: entry.value });
        return this.#proposing.applied(entry.session, index);
      case 'register':
        this.sessions.register(index, entry.owner, entry.nonce);
        return this.#proposing.sessionsChanged(this.sessions);
      case 'expire':
        this.sessions.expire(entry.session);
        return this.#proposing.sessionsChanged(this.sessions);
      case 'empty':
      case 'configuration':
    }
  }

  #wantSnapshot(): void {
    const { log, disk, limits, commit, effects } = this.#member;
    if (this.#wanted !== null) return;
    const last = disk.snapshot?.index ?? 0;
    const chars = log.charsUpTo(commit) - log.charsUpTo(last);
    if (commit - last < limits.snapshotEntries && chars < limits.snapshotChars) return;
    this.#wanted = { index: commit, sessions: this.sessions.list() };
    effects.push({ type: 'snapshot-wanted', index: commit });
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
    if (snapshot !== null) this.#tellInstalled(snapshot);
  }

  #tellInstalled({ index, data }: Snapshot): void {
    this.#member.effects.push({ type: 'snapshot-installed', index, data });
  }
}
