import { expect, test } from 'vitest';
import { defaultLimits } from '../../src/protocol/limits.ts';
import { ports, type RelayEntry } from '../../src/protocol/relay-frame.ts';
import { type Watch, whereCalm } from './stage/calm.ts';
import { agreement, linkedToLeader, type Member, reachEachOther, reports, until } from './stage/member.ts';
import type { PageMember } from './stage/page.ts';
import { connectRaw } from './stage/raw-client.ts';
import type { Room } from './stage/stage.ts';
import { useStage } from './stage/use-stage.ts';

const stage = useStage();

const nesting = 30_000;
const deep = `${'['.repeat(nesting)}${']'.repeat(nesting)}`;

test('an unreachable server: the cluster stays joining, says what was tried, and tries on until it is aborted', async () => {
  stage.allow(/WebSocket connection to/);
  const room = await stage.room({ ownSignaling: true });
  await room.signaling.kill();
  const page = await room.page('left');
  const errors = await connectErrors(page, 2);
  expect(errors[0]).toMatchObject({ code: 'connect-failed', message: expect.stringContaining(room.signaling.url) });
  expect(await page.ask('report')).toMatchObject({ state: 'joining', leader: null, isLeader: false });

  await page.ask('abort');

  expect(await page.ask('report')).toMatchObject({ state: 'left' });
});

test('a server that comes up late is found', async () => {
  stage.allow(/WebSocket connection to/);
  const room = await stage.room({ ownSignaling: true });
  await room.signaling.kill();
  const pages = await Promise.all([room.page('left'), room.page('right')]);
  await Promise.all(pages.map((page) => connectErrors(page, 1)));

  await room.signaling.restart();

  expect((await agreement(pages)).term).toBeGreaterThan(0);
  await reachEachOther(pages);
});

const malformedFrames = [
  ['no JSON', '{"type":', 'malformed'],
  ['JSON that is no object', '[1]', 'malformed'],
  ['an unknown type', '{"type":"become-leader"}', 'malformed'],
  ['a type named like what every object has', '{"type":"constructor"}', 'malformed'],
  ['what only the server may say', '{"type":"hint","channel":0,"id":"ada"}', 'malformed'],
  ['30,000 levels', deep, 'malformed'],
  ['30,000 levels of info', `{"type":"info","channel":0,"info":${deep}}`, 'malformed'],
  ['__proto__ in info', '{"type":"info","channel":0,"info":{"__proto__":{"polluted":true}}}', 'malformed'],
  ['__proto__ deep in info', '{"type":"info","channel":0,"info":[{"a":{"__proto__":1}}]}', 'malformed'],
  ['an info over the limit', JSON.stringify({ type: 'info', channel: 0, info: 'x'.repeat(1024) }), 'too-large'],
  ['bytes that are no relay frame', new Uint8Array([1, 0, 200, 1, 2]), 'malformed'],
  ['an empty binary frame', new Uint8Array(0), 'malformed'],
] as const;

test('frames that make no sense are answered with a typed error, and harm neither the server nor any page', () =>
  whereCalm(async (watch) => {
    const room = await stage.room();
    const { pages, unharmed } = await threeCalmPages(room, watch);
    const raw = await connectRaw(room.signaling.url);
    expect(await raw.join(room.name, 'mallory')).toMatchObject({ type: 'welcome' });

    for (const [what, frame, code] of malformedFrames) {
      const answer = await raw.answerTo(frame);
      expect({ what, answer }).toMatchObject({ what, answer: { type: 'error', code } });
    }
    raw.end();

    await unharmed();
    await expectRoomToWork(room, pages);
  }));

test('a frame over the limit closes the socket that sent it, and no other', () =>
  whereCalm(async (watch) => {
    const room = await stage.room();
    const { pages, unharmed } = await threeCalmPages(room, watch);
    const raw = await connectRaw(room.signaling.url);
    await raw.join(room.name, 'mallory');

    raw.send('x'.repeat(defaultLimits.maxFrameBytes + 1));

    expect(await raw.closed).toBe(1009);
    await unharmed();
    await expectRoomToWork(room, pages);
  }));

test('T2: nobody can join or send under the id of another member', () =>
  whereCalm(async (watch) => {
    const room = await stage.room();
    const { pages, unharmed } = await threeCalmPages(room, watch);
    const [victim] = pages as [PageMember];
    const thief = await connectRaw(room.signaling.url);
    expect(await thief.join(room.name, victim.id)).toMatchObject({ type: 'error', code: 'id-taken' });

    const [mallory, listener] = [await connectRaw(room.signaling.url), await connectRaw(room.signaling.url)];
    await mallory.join(room.name, 'mallory');
    await listener.join(room.name, 'listener');
    const payload = new TextEncoder().encode(`from ${victim.id}`);
    mallory.relay({ peer: 'listener', port: ports.link, payload });
    await until(
      'the frame arrives',
      async () => listener.relayed.filter((entry) => Buffer.from(entry.payload).equals(payload)),
      ({ length }) => length > 0,
    );
    const senders = listener.relayed
      .filter((entry) => Buffer.from(entry.payload).equals(payload))
      .map(({ peer }) => peer);
    expect(senders).toEqual(['mallory']);

    for (const raw of [thief, mallory, listener]) raw.end();
    await unharmed();
  }));

test('a member that sends rubbish to pages is counted and ignored, also when it is called __proto__', () =>
  whereCalm(async (watch) => {
    const room = await stage.room();
    const { pages, unharmed } = await threeCalmPages(room, watch);
    const badBefore = (await reports(pages)).map(({ badMessages }) => badMessages);
    const text = new TextEncoder();
    const rubbish: Uint8Array[] = [
      new Uint8Array(0),
      new Uint8Array([255]),
      new Uint8Array(1_000).fill(7),
      text.encode('{"type":'),
      text.encode('{"__proto__":{"polluted":true}}'),
      text.encode(`{"type":"beat","leader":${deep.slice(0, 20_000)}`),
    ];

    for (const id of ['mallory', '__proto__', 'constructor']) {
      const raw = await connectRaw(room.signaling.url);
      await raw.join(room.name, id, { name: id });
      for (const payload of rubbish) {
        const entries = pages.flatMap((page): RelayEntry[] => [
          { peer: page.id, port: ports.link, payload },
          { peer: page.id, port: ports.signal, payload },
        ]);
        for (const entry of entries) raw.relay(entry);
      }
      await until(
        `${id} is known, and its rubbish counted`,
        () => reports(pages),
        (read) =>
          read.every(
            ({ members, badMessages }, n) =>
              badMessages > (badBefore[n] as number) && members.some((member) => member.id === id),
          ),
      );
      raw.end();
    }

    for (const page of pages) {
      expect(await page.page.evaluate(() => 'polluted' in Object.prototype || 'polluted' in {})).toBe(false);
    }
    await unharmed();
    await expectRoomToWork(room, pages);
  }));

/** Three pages with a leader, and a check that nothing happened to their leadership since. */
async function threeCalmPages(
  room: Room,
  watch: Watch,
): Promise<{ pages: PageMember[]; unharmed: () => Promise<void> }> {
  const pages = await Promise.all(['left', 'right', 'left'].map((browser) => room.page(browser)));
  const leader = await agreement(pages);
  await reachEachOther(pages);
  await linkedToLeader(pages, 'webrtc');
  const calm = watch(pages);
  const before = await leaderEventCounts(pages);
  const { pid } = room.signaling;
  return {
    pages,
    unharmed: async () => {
      expect(process.kill(pid, 0), 'the server lives').toBe(true);
      const after = await agreement(pages);
      const counts = await leaderEventCounts(pages);
      await calm.check(() => {
        expect(after).toEqual(leader);
        expect(counts, 'no leader came or went').toEqual(before);
      });
    },
  };
}

/** A newcomer is welcome, and messages get through. */
async function expectRoomToWork(room: Room, pages: readonly PageMember[]): Promise<void> {
  const late = await room.page('right');
  await agreement([...pages, late]);
  const [first] = pages as [PageMember];
  await late.ask('send', 'chat', first.id, 'all is well');
  await until(
    'the message arrives',
    () => first.ask('received'),
    (received) => received.some(({ from, value }) => from === late.id && value === 'all is well'),
  );
}

async function leaderEventCounts(members: readonly Member[]): Promise<number[]> {
  const all = await Promise.all(members.map((member) => member.ask('seen')));
  return all.map((seen) => seen.filter(({ name }) => name === 'leader').length);
}

function connectErrors(member: Member, count: number): Promise<unknown[]> {
  return until(
    `${count} errors tell that the server cannot be reached`,
    async () => (await member.ask('seen')).filter(({ name }) => name === 'error'),
    ({ length }) => length >= count,
  );
}
