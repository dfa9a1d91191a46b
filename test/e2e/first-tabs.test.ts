import { expect, test } from 'vitest';
import { hostOf, pathTo, reports, until } from './stage/member.ts';
import { useStage } from './stage/use-stage.ts';

const stage = useStage();

/** Runs in the page: what it looks for first in its storage it does not find, as another page is about to store it. */
function lookTooEarly(): void {
  const { getItem } = Storage.prototype;
  let looks = 0;
  Storage.prototype.getItem = function (key) {
    return looks++ > 0 ? getItem.call(this, key) : null;
  };
}

test('tabs opened at one moment in a profile that knows of no host yet share one, and their broadcast path', async () => {
  stage.allow(/WebSocket connection to/);
  const context = await stage.context('left');
  await context.addInitScript(lookTooEarly);
  const room = await stage.room({ ownSignaling: true });
  await room.signaling.kill(); // by the time that they meet, each has stored one
  const tabs = [await room.page('left'), await room.page('left')];

  await room.signaling.restart();

  const read = await until(
    'both reach each other over the broadcast path',
    () => reports(tabs),
    ([one, two]) => pathTo(one!, two!.id) === 'broadcast' && pathTo(two!, one!.id) === 'broadcast',
  );
  expect(new Set(read.flatMap((report) => tabs.map(({ id }) => hostOf(report, id)))).size).toBe(1);
});
