import { type Member, until } from './member.ts';
import type { ParticipantOptions } from '../app/participant.ts';

/** A browser of another engine than Chromium's, in one process tree with one profile. */
export interface Engine {
  /** Of the process that all others of the browser come from. */
  readonly pid: number;
  open(url: string): Promise<EnginePage>;
  /** SIGKILL to the browser: no page of it says goodbye. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export interface EnginePage {
  /** Runs an expression in the page; resolves with what it resolves with, as JSON carries it. */
  evaluate(expression: string): Promise<unknown>;
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** As a person would: `pagehide` runs. */
  close(): Promise<void>;
}

/** A member in a tab of such a browser. */
export interface EngineMember extends Member {
  readonly page: EnginePage;
}

/** Opens the app of these tests in a tab, and joins. */
export async function joinIn(
  engine: Pick<Engine, 'open'>,
  site: string,
  options: ParticipantOptions,
): Promise<EngineMember> {
  return startIn(await engine.open(site), options);
}

/** Joins in a tab that shows, or is about to show, the app of these tests. */
export async function startIn(page: EnginePage, options: ParticipantOptions): Promise<EngineMember> {
  await until('the app is there', () => page.evaluate('typeof start'), isFunction);
  const id = await page.evaluate(`start(${JSON.stringify(options)})`);
  return {
    id: id as string,
    page,
    ask: ((name: string, ...args: readonly unknown[]) =>
      page.evaluate(`participant.${name}(...${JSON.stringify(args)})`)) as Member['ask'],
  };
}

function isFunction(type: unknown): boolean {
  return type === 'function';
}
