import { agreement, until } from './member.ts';
import type { PageMember } from './page.ts';

const mostPages = 3;

interface Page {
  evaluate(script: string): Promise<unknown>;
  /** Where its driver sees it without asking the page: some never hear an answer that was under way as the page changed. */
  address?(): Promise<string>;
}

/**
 * Whether a page goes into the back/forward cache, and stays there, is up to the browser, whatever the page does: where it
 * was loaded anew, another one is tried. `attempt` is given the number of tries before, and resolves with why its page was
 * not kept, or with null.
 */
export async function whereKept(attempt: (tries: number) => Promise<string | null>): Promise<void> {
  const reasons: string[] = [];
  while (reasons.length < mostPages) {
    const reason = await attempt(reasons.length);
    if (reason === null) return;
    reasons.push(reason);
  }
  throw new Error(`of ${mostPages} pages that went none was kept: ${reasons.join(' ')}`);
}

/** What a page's address ends with while it is away. */
export const elsewhere = '?elsewhere';

/** Back from elsewhere: resolves when the page is there, with why it was loaded anew, or with null. */
export async function comeBack(page: Page): Promise<string | null> {
  await page.evaluate('void setTimeout(() => history.back())'); // not at once: the page that is asked is gone then
  const address = (): Promise<unknown> => page.address?.() ?? page.evaluate('location.href');
  await until(
    'the page is back',
    () => address().catch(() => elsewhere),
    (href) => !String(href).endsWith(elsewhere),
  );
  const why = "JSON.stringify(performance.getEntriesByType('navigation')[0]?.notRestoredReasons ?? 'no reason given')";
  const [participant, reason] = (await until(
    'it says whether it was kept',
    () => page.evaluate(`[typeof participant, ${why}]`).catch(() => []) as Promise<string[]>,
    (said) => said.length > 0,
  )) as [string, string];
  return participant === 'undefined' ? reason : null;
}

/**
 * The leader's page goes elsewhere, and comes back when another one leads: resolves with who leads meanwhile, and with what
 * the page says as soon as it follows that one, or why it was loaded anew.
 */
export async function awayAndBack(leader: PageMember, heir: PageMember) {
  await leader.page.goto(`${leader.page.url()}${elsewhere}`);
  const meanwhile = await agreement([heir]);
  const reason = await comeBack(leader.page);
  if (reason !== null) return { meanwhile, reason };
  const [back] = await until(
    'the page is back, and follows',
    () => leader.page.evaluate(() => [globalThis.participant?.report()]).catch(() => []),
    ([report]) => report?.leader?.id === heir.id,
  );
  return { meanwhile, reason, back };
}
