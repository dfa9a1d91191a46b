import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { reactVersions } from '../react/versions.ts';
import type { ReactApp, Rendered } from './app/react.ts';
import { until } from './stage/member.ts';
import { listen } from './stage/page.ts';
import { useSite } from './stage/use-site.ts';
import { useStage } from './stage/use-stage.ts';

const stage = useStage();
const site = useSite();

/** The app of these tests with React of that major version. */
function appUnder(version: string) {
  const open = async (): Promise<Page> => {
    const page = await (await stage.context('react')).newPage();
    listen(page, stage.complain);
    await page.goto(`${site.url}react-${version}.html`);
    await page.waitForFunction(() => typeof globalThis.reactApp === 'object');
    expect((await page.evaluate(() => globalThis.reactApp.version)).split('.')[0]).toBe(version);
    return page;
  };
  /** Opens a page that shows the room. */
  const show = async (props: Parameters<ReactApp['show']>[0]): Promise<Page> => {
    const page = await open();
    await page.evaluate((given) => globalThis.reactApp.show(given), props);
    return page;
  };
  /** Opens a page that goes on joining. */
  const joining = async (): Promise<Page> => {
    stage.allow(/WebSocket connection to 'ws:\/\/127\.0\.0\.1:1/); // the browser's, about a port where nobody listens
    stage.allow(/no error listener/);
    const page = await show({ room: 'nowhere', url: 'ws://127.0.0.1:1' });
    await until(
      'it is joining',
      () => clusters(page),
      ([one]) => one?.state === 'joining',
    );
    return page;
  };
  return { open, show, joining };
}

const shown = (page: Page): Promise<Rendered | null> => page.evaluate(() => globalThis.reactApp.shown());
const clusters = (page: Page): Promise<readonly { id: string; room: string; state: string }[]> =>
  page.evaluate(() => globalThis.reactApp.clusters());

/** Waits until all pages show the same leader, and that so many are there. */
async function agreed(pages: readonly Page[], members: number): Promise<string> {
  const all = await until(
    `all show one leader of ${members}`,
    () => Promise.all(pages.map(shown)),
    (seen) => seen.every((one) => one?.members === members && one.leader !== null && one.leader === seen[0]?.leader),
  );
  return all[0]?.leader ?? '';
}

async function place(): Promise<{ room: string; url: string }> {
  const { name, signaling } = await stage.room();
  return { room: name, url: signaling.url };
}

const versions = Object.keys(reactVersions);

describe.each(versions)('a component that uses a cluster, under React %s, in StrictMode', (version) => {
  const { open, show, joining } = appUnder(version);

  test('shows the leader and the members, with the one cluster that its second mounting found', async () => {
    const where = await place();
    const pages = [await show(where), await show(where)];
    const leader = await agreed(pages, 2);
    const made = await Promise.all(pages.map(clusters));
    expect(made.map(({ length }) => length)).toEqual([1, 1]);
    expect(made.flat().map(({ id }) => id)).toContain(leader);

    const leading = pages[made.findIndex(([one]) => one?.id === leader)] as Page;
    const follower = pages.find((page) => page !== leading) as Page;
    await leading.evaluate(() => globalThis.reactApp.publish('hello'));
    await until(
      'the follower shows it',
      () => shown(follower),
      (seen) => seen?.published === 'hello',
    );

    await leading.close();
    const next = await agreed([follower], 1);
    expect(next).not.toBe(leader);
    expect((await shown(follower))?.published).toBe('hello');
    const { leaderAlone } = await follower.evaluate(() => globalThis.reactApp.renders());
    expect(leaderAlone.filter((one) => one !== null)).toEqual([leader, next]); // whatever else changed meanwhile
  });

  test('leaves the old room for the new one, and never shows one as the other', async () => {
    const [first, second] = [await place(), await place()];
    const stays = await show(first);
    const moves = await show(first);
    await agreed([stays, moves], 2);

    await moves.evaluate((given) => globalThis.reactApp.show(given), second);
    await agreed([stays], 1);
    await agreed([moves], 1);
    expect((await shown(moves))?.room).toBe(second.room);
    await until(
      'the old cluster is left',
      () => clusters(moves),
      ([old]) => old?.state === 'left',
    );
    expect((await clusters(moves)).map(({ room }) => room)).toEqual([first.room, second.room]);
    const { room } = await moves.evaluate(() => globalThis.reactApp.renders());
    expect(room.filter((one) => one.clusterRoom !== null && one.clusterRoom !== one.room)).toEqual([]);
  });

  test('leaves when it is gone: the others go on without it at once', async () => {
    const where = await place();
    const [stays, goes] = [await show(where), await show(where)];
    await agreed([stays, goes], 2);
    await goes.evaluate(() => globalThis.reactApp.hide());
    await agreed([stays], 1);
    expect((await clusters(goes)).map(({ state }) => state)).toEqual(['left']);
    expect(await shown(goes)).toBeNull();

    await goes.evaluate((given) => globalThis.reactApp.show(given), where);
    await agreed([stays, goes], 2);
    expect((await clusters(goes)).map(({ state }) => state)).toEqual(['left', 'online']);
  });

  test('that is mounted and gone within a moment leaves nothing behind', async () => {
    const where = await place();
    const stays = await show(where);
    await agreed([stays], 1);
    const hasty = await open();
    await hasty.evaluate((given) => {
      for (let time = 0; time < 20; time++) globalThis.reactApp.showAndHide(given);
    }, where);
    await hasty.evaluate((given) => globalThis.reactApp.show(given), where);
    await until(
      'it joins',
      () => clusters(hasty),
      (made) => made.length > 0,
    );
    await hasty.evaluate(() => globalThis.reactApp.hide());
    await until(
      'whatever it made is left',
      () => clusters(hasty),
      (made) => made.every(({ state }) => state === 'left'),
    );
    await agreed([stays], 1);
  });

  test('that goes while it is joining leaves without a complaint of its own', async () => {
    const page = await joining();
    expect(await shown(page)).toMatchObject({ leader: null, clusterRoom: 'nowhere' });
    await page.evaluate(() => globalThis.reactApp.hide());
    await until(
      'it is left',
      () => clusters(page),
      ([one]) => one?.state === 'left',
    );
  });

  test('that goes to another room while it is joining leaves the first, and is in the other', async () => {
    const page = await joining();
    await page.evaluate((given) => globalThis.reactApp.show(given), await place());
    await agreed([page], 1);
    expect((await clusters(page)).map(({ state }) => state)).toEqual(['left', 'online']);
  });

  test('that waits for something else joins when it is there, and stays where it is when it waits again', async () => {
    const where = await place();
    const page = await show({ ...where, waits: true });
    await page.getByText('waiting').waitFor();
    expect(await clusters(page)).toEqual([]);
    await page.evaluate((given) => globalThis.reactApp.show(given), where);
    const id = await agreed([page], 1);

    await page.evaluate((given) => globalThis.reactApp.show({ ...given, waits: true }), where);
    await page.getByText('waiting').waitFor();
    await page.evaluate((given) => globalThis.reactApp.show(given), where);
    await page.getByText('waiting').waitFor({ state: 'detached' });
    expect(await agreed([page], 1)).toBe(id);
    expect((await clusters(page)).map(({ state }) => state)).toEqual(['online']);
  });

  test('whose other room cannot be made leaves the first, and what was thrown goes to the error boundary', async () => {
    // React 18 tells the console as well what a boundary caught.
    if (version === '18') stage.allow(/The above error occurred in the <Room> component|it is "no plain name"/);
    const where = await place();
    const [stays, goes] = [await show(where), await show(where)];
    await agreed([stays, goes], 2);
    await goes.evaluate((given) => globalThis.reactApp.show({ ...given, room: 'no plain name' }), where);
    await until(
      'the error is shown',
      () => goes.evaluate(() => globalThis.reactApp.caught()),
      (caught) => caught !== null && caught.includes('"room"'),
    );
    await agreed([stays], 1);
    expect((await clusters(goes)).map(({ state }) => state)).toEqual(['left']);
  });
});

test('a component that is set aside by Activity, which React 18 has not, leaves, holds on to nothing that is left, and joins again when it is shown', async () => {
  const { show } = appUnder('19');
  const where = await place();
  const [stays, goes] = [await show(where), await show(where)];
  await agreed([stays, goes], 2);
  await goes.evaluate((given) => globalThis.reactApp.setAside(given), where);
  await agreed([stays], 1);
  await until(
    'it has no cluster',
    () => shown(goes),
    (seen) => seen?.clusterRoom === null && seen.leader === null,
  );
  await goes.evaluate((given) => globalThis.reactApp.show(given), where);
  await agreed([stays, goes], 2);
  expect((await clusters(goes)).map(({ state }) => state)).toEqual(['left', 'online']);
});
