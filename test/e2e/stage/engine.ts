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
  /** Where it is, without asking it. Left out: the driver cannot tell. */
  address?(): Promise<string>;
  reload(): Promise<void>;
  /** As a person would: `pagehide` runs. */
  close(): Promise<void>;
}

/** A page that can be out of sight, and duplicated. */
export interface TabPage extends EnginePage {
  /** In sight from now on: in front of all others of its window. */
  show(): Promise<void>;
  /** Out of sight from now on: behind another one of its window, or with its window. */
  hide(): Promise<void>;
  /** Another one, which begins with a copy of what this one keeps for its session: as one that is opened by it does. */
  duplicate(): Promise<TabPage>;
}

export interface TabEngine extends Engine {
  /** Where a person would see it: not each engine shows the tabs that its driver opens. */
  openInSight(url: string): Promise<TabPage>;
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
