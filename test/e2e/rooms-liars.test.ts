import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import type { ClientMessage, ServerMessage } from '../../src/protocol/messages.ts';
import type { Standing } from '../../src/protocol/standing.ts';
import { type Line, openLine } from './stage/line.ts';
import { until } from './stage/member.ts';
import { connectRaw, type RawClient } from './stage/raw-client.ts';
import {
  appendAll,
  led,
  linkedDirectly,
  type ProcessRoom,
  readsAll,
  reportsOf,
  type RoomMember,
  useRooms,
  voting,
} from './stage/rooms.ts';

vi.setConfig({ testTimeout: 240_000 });

const rooms = useRooms();

/** Half of it, which is over when a lease is renewed, is longer than a busy machine holds a process up. */
const calm = { minLeaseMs: 10_000, maxLeaseMs: 10_000 };
const termsPerEpoch = 2 ** 20;
/** What no liar is told of: a later epoch, or that its word is wanted. */
type Told = Extract<ServerMessage, { readonly type: 'view' | 'ask-pledge' }>;
type Claims = Parameters<RawClient['join']>[3];

let liars: Liar[] = [];
let lines: Line[] = [];
afterEach(async () => {
  for (const liar of liars.splice(0)) liar.raw.end();
  await Promise.all(lines.splice(0).map((line) => line.close()));
});

/** A socket in the room that says what no member would. */
class Liar {
  readonly id: string;
  readonly raw: RawClient;

  constructor(id: string, raw: RawClient) {
    this.id = id;
    this.raw = raw;
  }

  get told(): readonly Told[] {
    return this.raw.heard.filter(
      (message): message is Told => message.type === 'view' || message.type === 'ask-pledge',
    );
  }

  /** Of the newest view. */
  get view(): Extract<Told, { readonly type: 'view' }> {
    return this.told.findLast((message) => message.type === 'view') as Extract<Told, { readonly type: 'view' }>;
  }

  say(message: Omit<Extract<ClientMessage, { readonly type: 'standing' | 'pledge' }>, 'channel'> | object): void {
    this.raw.send(JSON.stringify({ channel: 0, ...message }));
  }

  answerTo(message: object): Promise<ServerMessage> {
    return this.raw.answerTo(JSON.stringify({ channel: 0, ...message }));
  }
}

async function knock(room: ProcessRoom, id: string, claims: Claims = {}): Promise<[Liar, ServerMessage]> {
  const liar = new Liar(id, await connectRaw(room.server.url));
  liars.push(liar);
  return [liar, await liar.raw.join(room.name, id, null, { charter: room.charter, ...claims })];
}

async function intrude(room: ProcessRoom, id: string, claims: Claims = {}): Promise<Liar> {
  const [liar, answer] = await knock(room, id, claims);
  expect(answer).toMatchObject({ type: 'welcome' });
  await until(
    `${id} sees the room`,
    async () => liar.view,
    (view) => view !== undefined,
  );
  return liar;
}

const voter = (id: string, weight = 1) => ({ id, weight, witness: false });

/** A log that goes farther than that of anybody in the epoch. */
function longest(epoch: number, configuration: readonly (readonly object[])[]): Standing {
  const lastTerm = epoch * termsPerEpoch + termsPerEpoch - 1;
  return { lastIndex: 1_000_000, lastTerm, configuration, promisedMs: 0 } as Standing;
}

/** Members that agree on a leader, and a check that it leads in the same term still, and that nobody ever led besides. */
async function calmly(members: readonly RoomMember[]): Promise<{ epoch: number; unharmed: () => Promise<void> }> {
  await voting(members);
  const { id, term } = await led(members);
  const heard = await leadersHeard(members);
  return {
    epoch: Math.floor(term / termsPerEpoch),
    unharmed: async () => {
      expect(await led(members)).toMatchObject({ id, term });
      expect(await leadersHeard(members), 'no leader came').toEqual(heard);
    },
  };
}

async function leadersHeard(members: readonly RoomMember[]): Promise<number[]> {
  return (await reportsOf(members)).map(({ leaders }) => leaders);
}

/** Nobody was asked to pledge, and the room was founded once. */
function expectOneEpoch(epoch: number): void {
  for (const { id, told } of liars) {
    const others = told.filter((message) => message.epoch !== epoch || message.type === 'ask-pledge');
    expect({ id, others }).toEqual({ id, others: [] });
  }
}

/** All of them say so again and again, for as long as it takes a server to believe those who are free. */
async function insist(crowd: readonly Liar[], said: (liar: Liar) => object, forMs = 8_000): Promise<void> {
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    for (const liar of crowd) {
      liar.say({ type: 'standing', ...said(liar) });
      liar.say({ type: 'pledge', ...said(liar) });
    }
    await setTimeout(250);
  }
}

test('E6: what no core of the epoch can say, claim or pledge is told so, and changes neither leader nor term', async () => {
  const room = await rooms.open(calm);
  const pair = await room.start(2);
  const { epoch, unharmed } = await calmly(pair);
  const victim = pair[0]?.program.id ?? '';
  const liar = await intrude(room, 'mallory');
  const { witness } = liar.view;
  const good = longest(epoch, [[voter('mallory')]]);

  const lies: readonly (readonly [string, object, string])[] = [
    ['an epoch that never was', { type: 'standing', epoch: epoch + 1, standing: good }, 'malformed'],
    ['one of the far future', { type: 'standing', epoch: Number.MAX_SAFE_INTEGER, standing: good }, 'malformed'],
    [
      'a term above the epoch',
      { type: 'standing', epoch, standing: { ...good, lastTerm: (epoch + 1) * termsPerEpoch } },
      'malformed',
    ],
    [
      'a voter that is there twice',
      { type: 'standing', epoch, standing: longest(epoch, [[voter('mallory'), voter('mallory')]]) },
      'malformed',
    ],
    ['a half without voters', { type: 'standing', epoch, standing: longest(epoch, [[]]) }, 'malformed'],
    [
      'three halves',
      { type: 'standing', epoch, standing: longest(epoch, [[voter('a')], [voter('b')], [voter('c')]]) },
      'malformed',
    ],
    ['no weight', { type: 'standing', epoch, standing: longest(epoch, [[voter('mallory', 0)]]) }, 'malformed'],
    ['all the weight', { type: 'standing', epoch, standing: longest(epoch, [[voter('mallory', 1e9)]]) }, 'malformed'],
    ['a log before its beginning', { type: 'standing', epoch, standing: { ...good, lastIndex: -1 } }, 'malformed'],
    ['a promise of less than none', { type: 'standing', epoch, standing: { ...good, promisedMs: -1 } }, 'malformed'],
    ['a pledge that nobody asked for', { type: 'pledge', epoch, standing: good }, 'not-asked'],
    ['one in the name of another', { type: 'pledge', epoch, standing: good, id: victim }, 'not-asked'],
    ['one of a later epoch', { type: 'pledge', epoch: epoch + 1, standing: good }, 'malformed'],
    ['a configuration that cannot be', { type: 'pledge', epoch, standing: longest(epoch, [[], []]) }, 'malformed'],
  ];
  for (const [what, lie, code] of lies) {
    expect({ what, answer: await liar.answerTo(lie) }).toMatchObject({ what, answer: { type: 'error', code } });
  }
  const claims: readonly (readonly [string, string, Claims, string])[] = [
    ['the id of a member', victim, {}, 'id-taken'],
    ['that of the witness', witness ?? '', {}, 'id-taken'],
    ['a secret that is none', victim, { resume: 'open sesame' }, 'id-taken'],
    ['a core of an epoch that never was', 'eve', { epoch: epoch + 1 }, 'epoch-refused'],
    ['one of the far future, and lapsed', 'eve', { epoch: epoch + 1e6, lapsed: true }, 'epoch-refused'],
    ['another elector', 'eve', { charter: { elector: 'available' } }, 'charter-differs'],
  ];
  for (const [what, id, claim, code] of claims) {
    const [, answer] = await knock(room, id, claim);
    expect({ what, answer }).toMatchObject({ what, answer: { type: 'error', code } });
  }
  await insist([liar], () => ({ epoch, standing: good }), 4_000);

  await unharmed();
  expectOneEpoch(epoch);
});

test('E2: while all who vote are frozen, a crowd that claims a newer configuration founds nothing', async () => {
  const room = await rooms.open({ maxLeaseMs: 1_000, charterMs: 60_000 });
  const pair = await room.start(2);
  await voting(pair);
  const before = await led(pair);
  const epoch = Math.floor(before.term / termsPerEpoch);
  await appendAll(before.member, ['before']);
  const crowd = await Promise.all(['l1', 'l2', 'l3', 'l4', 'l5'].map((id) => intrude(room, id)));
  const standing = longest(epoch, [crowd.map(({ id }) => voter(id))]);

  room.stop(...pair);
  await insist(crowd, () => ({ epoch, standing }));
  room.go(...pair);

  const after = await led(pair);
  expect(Math.floor(after.term / termsPerEpoch)).toBe(epoch);
  await appendAll(after.member, ['after']);
  await Promise.all(pair.map((member) => readsAll(member, ['before', 'after'])));
  expectOneEpoch(epoch);
});

/** Two that are linked directly, and lead on when their way to the server is cut. */
async function pairBehindLine(): Promise<{ room: ProcessRoom; pair: readonly RoomMember[]; line: Line }> {
  const room = await rooms.open(calm);
  const line = await openLine(room.server.url);
  lines.push(line);
  const pair = await room.start(2, { wrtc: true, url: line.url });
  await voting(pair);
  await linkedDirectly(pair);
  return { room, pair, line };
}

test('E6, Q2: nobody pledges under the ids of those who lead on where the server does not reach them', async () => {
  const { room, pair, line } = await pairBehindLine();
  const { epoch, unharmed } = await calmly(pair);
  const ids = pair.map(({ program }) => program.id);
  const watcher = await intrude(room, 'watcher');

  line.cut();
  const isGone = (id: string): boolean => watcher.told.some((told) => told.type === 'view' && told.gone.includes(id));
  await until(
    'both are given up',
    async () => ids.filter(isGone),
    (gone) => gone.length === ids.length,
  );
  const answers = await Promise.all(ids.map((id) => knock(room, id, { epoch })));
  const impostors = answers.map(([impostor]) => impostor);
  const standing = longest(epoch, [ids.map((id) => voter(id))]);
  await insist([watcher, ...impostors], () => ({ epoch, standing }));
  line.heal();

  for (const [, answer] of answers) expect(answer).toMatchObject({ type: 'error', code: 'id-taken' });
  await until(
    'both are back',
    () => reportsOf(pair),
    (reports) => reports.every(({ discovery }) => discovery === 'online'),
    90_000,
  );
  await unharmed();
  expectOneEpoch(epoch);
});

test('E5, Q2: a server is started again, and whoever comes first under the ids of others gets nothing for it', async () => {
  const { room, pair, line } = await pairBehindLine();
  const { epoch, unharmed } = await calmly(pair);
  const ids = pair.map(({ program }) => program.id);
  const standing = longest(epoch, [ids.map((id) => voter(id))]);
  const before = await intrude(room, 'mallory');
  const pledge = { type: 'pledge', epoch, standing };
  expect(await before.answerTo(pledge)).toMatchObject({ code: 'not-asked' });

  line.cut();
  await room.server.kill();
  await room.server.restart();
  const impostors = await Promise.all([...ids, 'mallory'].map((id) => intrude(room, id, { epoch })));
  // What was said before is no better for being said again.
  for (const impostor of impostors) expect(await impostor.answerTo(pledge)).toMatchObject({ code: 'not-asked' });
  await insist(impostors, () => ({ epoch, standing }));
  line.heal();

  // They come in by the secrets of before, and whoever sat in their places is out.
  await until(
    'both are back under their ids',
    () => reportsOf(pair),
    (reports) => reports.every(({ id, discovery }) => discovery === 'online' && ids.includes(id)),
    90_000,
  );
  expect(await Promise.all(impostors.slice(0, 2).map(({ raw }) => raw.closed))).toEqual([4502, 4502]);
  await unharmed();
  expectOneEpoch(epoch);
});
