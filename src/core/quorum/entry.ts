import { configurationChars } from './configuration.ts';
import type { Configuration } from './configuration.ts';

/** What the application appended: the `sequence`th of that session, counted from 1. `value` is opaque to the core. */
export interface ValueEntry {
  readonly type: 'value';
  readonly term: number;
  readonly session: number;
  readonly sequence: number;
  readonly value: string;
}

/** The first of every leader but the founder: what stands before it can be committed only together with an entry of its own term. */
export interface EmptyEntry {
  readonly type: 'empty';
  readonly term: number;
}

/** In force from the moment it is in a log, committed or not (Ongaro §4.1). The first of the founder. */
export interface ConfigurationEntry {
  readonly type: 'configuration';
  readonly term: number;
  readonly configuration: Configuration;
}

/** Opens a session for `owner`, named by this entry's index (Ongaro §6.3). `nonce` tells its lives apart. */
export interface RegisterEntry {
  readonly type: 'register';
  readonly term: number;
  readonly owner: string;
  readonly nonce: number;
}

/** Ends a session: nothing that names it applies after this. */
export interface ExpireEntry {
  readonly type: 'expire';
  readonly term: number;
  readonly session: number;
}

/** An entry of the log. Its index is its place, counted from 1. */
export type Entry = ValueEntry | EmptyEntry | ConfigurationEntry | RegisterEntry | ExpireEntry;

/** What the leader adds the term to. */
export type Proposal = Entry extends infer One ? (One extends Entry ? Omit<One, 'term'> : never) : never;

/** A value that took effect, as told to the application. */
export interface CommittedEntry {
  readonly index: number;
  readonly term: number;
  readonly value: string;
}

/** What an entry counts for in limits: its characters, and something for the rest. A configuration names everybody. */
export function entryChars(entry: Entry): number {
  if (entry.type === 'value') return entry.value.length + overheadChars;
  return entry.type === 'configuration' ? configurationChars(entry.configuration) + overheadChars : overheadChars;
}

const overheadChars = 64;
