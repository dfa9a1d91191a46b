import { openLine } from '../e2e/stage/line.ts';
import { agreement, reachEachOther, until } from '../e2e/stage/member.ts';
import type { PageMember } from '../e2e/stage/page.ts';
import { connectRaw } from '../e2e/stage/raw-client.ts';
import { openStage } from '../e2e/stage/stage.ts';
import type { BenchOptions, Figures } from './figures.ts';

export const title = 'Joining: a newly opened page joins two others, each in Chromium, signaling over loopback';

/** One way on the slow line, to tell round trips from the work in between. */
const oneWayMs = 50;

interface Samples {
  /** `createCluster` → leader known. */
  readonly created: number[];
  /** The socket opened → leader known. */
  readonly opened: number[];
  /** A ping to the server and its pong. */
  readonly roundTrip: number[];
}

export async function run({ runs, say }: BenchOptions): Promise<Figures> {
  say(`on loopback: ${runs} runs`);
  const near = await joins(runs, null);
  say(`on a line of ${2 * oneWayMs} ms: ${runs} runs`);
  const far = await joins(runs, oneWayMs);
  const trips = far.opened.map((ms, n) => ms / (far.roundTrip[n] as number));
  return {
    created: { what: 'createCluster → leader known', unit: 'ms', samples: near.created },
    opened: { what: 'socket open → leader known', unit: 'ms', samples: near.opened },
    roundTrip: { what: '  beside: one round trip to the server', unit: 'ms', samples: near.roundTrip },
    farCreated: {
      what: `createCluster → leader known, ${2 * oneWayMs} ms away from the server`,
      unit: 'ms',
      samples: far.created,
    },
    farOpened: { what: '  socket open → leader known', unit: 'ms', samples: far.opened },
    farRoundTrips: { what: '  the same, in round trips to the server', unit: 'count', samples: trips, beside: '≤ 3' },
  };
}

async function joins(runs: number, delayMs: number | null): Promise<Samples> {
  const samples: Samples = { created: [], opened: [], roundTrip: [] };
  const stage = openStage();
  stage.allow(/./);
  const room = await stage.room();
  const line = delayMs === null ? null : await openLine(room.signaling.url, { delayMs });
  const url = line?.url ?? room.signaling.url;
  try {
    const hosts = [await room.page('left', { url }), await room.page('right', { url })];
    const leader = await agreement(hosts);
    await reachEachOther(hosts);
    for (let n = 0; n < runs; n++) {
      const page = await room.page('right', { url });
      const knownAt = await leaderKnown(page, leader.id);
      const { createdAt, openedAt } = await page.ask('times');
      samples.created.push(knownAt - createdAt);
      samples.opened.push(knownAt - (openedAt[0] as number));
      samples.roundTrip.push(await roundTrip(url));
      await page.close();
      await reachEachOther(hosts);
    }
  } finally {
    await stage.close();
    await line?.close();
  }
  return samples;
}

/** When the page first knew who leads; that must be whom all the others follow. */
async function leaderKnown(page: PageMember, leader: string): Promise<number> {
  const events = await until(
    'the newcomer knows a leader',
    async () => (await page.ask('seen')).filter((event) => event.name === 'leader'),
    ({ length }) => length > 0,
  );
  const [first] = events;
  if (first?.leader?.id !== leader) throw new Error(`the newcomer first followed another: ${JSON.stringify(events)}`);
  return first.at;
}

async function roundTrip(url: string): Promise<number> {
  const raw = await connectRaw(url);
  await raw.join('round-trips', 'pinger');
  const times: number[] = [];
  for (let nonce = 0; nonce < 5; nonce++) {
    const sentAt = performance.now();
    await raw.answerTo(JSON.stringify({ type: 'ping', nonce }));
    times.push(performance.now() - sentAt);
  }
  raw.end();
  return times.toSorted((a, b) => a - b)[2] as number;
}
