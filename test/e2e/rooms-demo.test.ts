import type { Page } from 'playwright';
import { expect, test, vi } from 'vitest';
import { termInWords } from '../../demo/term.ts';
import { counting, idOf, leaders, led, nameOf, useDemo } from './stage/demo.ts';
import { coverings, faintTexts } from './stage/look.ts';
import { until } from './stage/member.ts';

// Six pages of a busy machine take their time.
vi.setConfig({ testTimeout: 240_000 });

const { openTabs } = useDemo();

test('the demo shows who votes, the witness apart from the flock, the lease and the term', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy']);
  const [leader] = await led(tabs);
  for (const tab of tabs) {
    await tab.getByTestId('voters').getByText('three voters').waitFor();
    await tab.locator('[data-testid="witness"][data-witness="there"]').waitFor();
    await tab
      .getByTestId('lease')
      .getByText(/^[\d.]+ m?s$/)
      .waitFor();
    await tab.getByTestId('agreement').getByText('all 3 agree').waitFor();
    await until(
      'three are drawn, each as one that votes',
      () => tab.locator('[data-testid="member"][data-role="voter"] .tag:visible').count(),
      (count) => count === 3,
    );
    expect(await tab.getByTestId('member').count()).toBe(3);
  }
  await until('the term is told with its epoch, and whole beside that', () => leader.evaluate(termShown), isTermShown);
});

/** Runs in the page. */
function termShown(): { term: number; text: string; title: string } {
  const shown = document.querySelector<HTMLElement>('[data-testid="term"]');
  return { term: window.cluster.leader?.term ?? 0, text: shown?.textContent ?? '', title: shown?.title ?? '' };
}

function isTermShown({ term, text, title }: ReturnType<typeof termShown>): boolean {
  return term > 0 && text === termInWords(term) && title.includes(String(term));
}

test('a sixth member learns, drawn as a lamb, until one that votes leaves', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy', 'Dan', 'Eve', 'Finn']);
  const [leader, [other]] = (await led(tabs)) as [Page, [Page]];
  await leader.getByTestId('voters').getByText('five voters').waitFor();
  await leader.getByTestId('learners').getByText('one learner').waitFor();
  const lamb = leader.locator('[data-testid="member"][data-role="learner"]');
  expect(await lamb.getAttribute('aria-label')).toContain('learns, without a vote');
  const learner = await lamb.getAttribute('data-id');
  const voter = (await idOf(other)) === learner ? tabs.find((tab) => tab !== leader && tab !== other) : other;

  await voter?.getByTestId('button-leave').click();

  await leader.locator(`[data-testid="member"][data-role="voter"][data-id="${learner}"]`).waitFor();
  await leader.getByTestId('learners').waitFor({ state: 'hidden' });
});

test('Q2: cut in two there is one leader, on the side of the witness; the naive way beside it has two hosts', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy']);
  const [leader, others] = await led(tabs);
  await leader.getByTestId('voters').getByText('three voters').waitFor();
  await leader.getByTestId('switch-naive').check();
  await leader.locator(`[data-testid="member"][data-id="${await idOf(leader)}"]`).press('Enter');

  await leader.getByTestId('button-cut').click();

  await led(others);
  await leader.locator('[data-testid="naive-hosts"][data-count="2"]').waitFor();
  expect(await leaders(tabs)).not.toContain(leader);
  await counting(others);
  await leader.getByTestId('witness-note').getByText('out of reach').waitFor();

  await leader.getByTestId('button-heal').click();

  await led(tabs);
  await leader.locator('[data-testid="witness"][data-witness="there"]').waitFor();
});

test('Q8: of two members either may freeze, and the other leads', async () => {
  const tabs = await openTabs(['Ada', 'Bob']);
  const [first, [second]] = (await led(tabs)) as [Page, [Page]];
  await first.getByTestId('voters').getByText('two voters').waitFor();

  await first.getByTestId('button-freeze').click();
  await led([second]);
  expect(await first.evaluate(() => window.cluster.isLeader)).toBe(false);

  await first.getByTestId('button-freeze').click();
  await led(tabs);
});

test('the way of electing is chosen by a select: those who elect otherwise meet in a room of their own', async () => {
  const [ada, bob] = (await openTabs(['Ada', 'Bob'])) as [Page, Page];
  await led([ada, bob]);

  await ada.getByTestId('elector').selectOption('available');

  await ada.waitForURL(/elector=available/);
  await led([ada]);
  await led([bob]);
  expect(await ada.evaluate(() => window.cluster.members.size)).toBe(1);
  expect(await ada.getByTestId('witness').isVisible()).toBe(false);
  await bob.getByTestId('elector').selectOption('available');
  await bob.waitForURL(/elector=available/);
  await led([ada, bob]);
  expect(await nameOf(bob)).toBe('Bob');
  await ada.getByTestId('elector').selectOption('quorum');
  await ada.locator('[data-testid="witness"][data-witness="there"]').waitFor();
});

test('where others elect in another way, the page says so in words, and the room is unharmed', async () => {
  const [ada] = (await openTabs(['Ada'], { elector: 'available' })) as [Page];
  await led([ada]);
  const url = new URL(ada.url());
  const room = `${url.searchParams.get('room')}.available`;

  const [bob] = (await openTabs(['Bob'], { room })) as [Page];

  await bob.getByTestId('headline').getByText('elect in another way here').waitFor();
  const hint = (await bob.getByTestId('hint').textContent()) ?? '';
  expect(hint).toMatch(/elector.*available.*quorum|elector.*quorum.*available/);
  expect(hint).toContain('options-differ');
  expect(await bob.getByTestId('button-leave').textContent()).toBe('Rejoin');
  await led([ada]);
  await counting([ada]);
});

test('nothing covers another, reaches over the edge of a phone or is faint, with learners and the witness', async () => {
  const tabs = await openTabs(['Wensleydale', 'Bob', 'Cy', 'Hebridean', 'Eve', 'Finn']);
  const [page] = tabs as [Page];
  await led(tabs);
  await page.getByTestId('learners').getByText('one learner').waitFor();
  await page.bringToFront();
  for (const size of [
    { width: 1000, height: 620 },
    { width: 360, height: 640 },
  ]) {
    await page.setViewportSize(size);
    await until(
      `nothing covers another at ${size.width} pixels`,
      () => page.evaluate(coverings),
      ({ drawn, covering }) => drawn === 6 && covering.length === 0,
    );
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(sideways).toBeLessThanOrEqual(0);
    const cut = await page.evaluate(() => {
      const row = document.querySelector('.electorate');
      return row ? row.scrollWidth - row.clientWidth : Number.NaN;
    });
    expect(cut).toBeLessThanOrEqual(0);
  }
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect((await page.evaluate(faintTexts)).faint).toEqual([]);
  }
});
