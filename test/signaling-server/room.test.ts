import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../src/protocol/limits.ts';
import { ports } from '../../src/protocol/relay-frame.ts';
import type { RoomMessage } from '../../signaling-server/room-events.ts';
import { ReferenceClient, RoomHarness, type Joined } from './room-harness.ts';

const idsOf = (message: RoomMessage | Joined | undefined) =>
  message && 'members' in message ? message.members?.map(({ id }) => id) : null;
const resumeOf = (joined: Joined) => joined.resume ?? '';
const bytes = (...values: number[]) => new Uint8Array(values);
const relay = (seat: string, ...peers: string[]) =>
  ({ type: 'relay', seat, entries: peers.map((peer, i) => ({ peer, port: ports.link, payload: bytes(i) })) }) as const;

describe('founding', () => {
  test('the first to join founds the room, and everyone is told the same founder and epoch', () => {
    const harness = new RoomHarness();
    const ada = harness.join('ada');
    const bob = harness.join('bob');
    expect(ada).toMatchObject({ type: 'welcome', founder: 'ada', from: 0, n: 1 });
    expect(bob).toMatchObject({ type: 'welcome', founder: 'ada', n: 2, epoch: ada.epoch });
  });

  test('the epoch is the seconds since 2020, so that a server without memory founds upward', () => {
    const harness = new RoomHarness();
    harness.wallMs = Date.UTC(2020, 0, 1, 0, 1, 40, 500);
    expect(harness.join('ada')).toMatchObject({ epoch: 100 });
  });

  test('a room founded anew within the same second has a higher epoch all the same', () => {
    const harness = new RoomHarness();
    harness.wallMs = Date.UTC(2020, 0, 1, 0, 1, 40);
    harness.join('ada');
    harness.step({ type: 'leave', seat: 'ada@1' });
    expect(harness.room.forgettable(harness.wallMs)).toBe(false);
    expect(harness.join('bob')).toMatchObject({ founder: 'bob', epoch: 101 });
  });

  test('an empty room is forgotten only once the clock alone would name a higher epoch', () => {
    const harness = new RoomHarness();
    harness.wallMs = Date.UTC(2020, 0, 1, 0, 1, 40);
    harness.join('ada');
    harness.step({ type: 'leave', seat: 'ada@1' });
    harness.pass(999);
    expect(harness.room.forgettable(harness.wallMs)).toBe(false);
    harness.pass(1);
    expect(harness.room.forgettable(harness.wallMs)).toBe(true);
  });

  test('a room whose last member does not come back within the grace is empty, and its next founding has a higher epoch', () => {
    const harness = new RoomHarness({ graceMs: 30_000 });
    const first = harness.join('ada');
    harness.step({ type: 'closed', seat: 'ada@1' });
    harness.pass(29_999);
    expect(harness.room.size).toBe(1);
    harness.pass(1);
    expect(harness.room.forgettable(harness.wallMs)).toBe(true);
    expect(harness.join('bob').epoch).toBeGreaterThan(first.epoch ?? Infinity);
  });
});

describe('the charter', () => {
  test('whoever differs from the first member is refused with the option that differs, and the room is unharmed', () => {
    const harness = new RoomHarness();
    harness.join('ada', { charter: { elector: 'lock' } });
    const message = 'give all members the same options: elector is available here, and lock in the room';
    expect(harness.join('bob')).toEqual({ type: 'error', code: 'charter-differs', message });
    expect(harness.join('cyd', { charter: { elector: 'lock' } })).toMatchObject({ type: 'welcome', n: 2 });
    expect(harness.room.size).toBe(2);
  });

  test('a room that nobody has asked to pledge takes none, and hears where its members stand without a word', () => {
    const harness = new RoomHarness();
    const { epoch = 0 } = harness.join('ada', { charter: { elector: 'quorum' } });
    harness.read('ada@1');
    const said = { epoch, standing: { lastIndex: 0, lastTerm: 0, configuration: [], promisedMs: 0 } };
    harness.step({ type: 'standing', seat: 'ada@1', said });
    expect(harness.read('ada@1')).toEqual([]);
    harness.step({ type: 'pledge', seat: 'ada@1', said });
    expect(harness.read('ada@1')).toEqual([expect.objectContaining({ type: 'error', code: 'not-asked' })]);
    harness.step({ type: 'leave', seat: 'ada@1', pledge: said });
    expect(harness.room.size).toBe(0);
  });

  test('where no witness votes, nothing is passed on to one, or from one', () => {
    const harness = new RoomHarness();
    harness.join('ada');
    harness.join('bob');
    const payload = bytes(1);
    const said = harness.step({
      type: 'relay',
      seat: 'ada@1',
      entries: [{ peer: 'bob', port: ports.witness, payload }],
    });
    expect(said).toEqual([]);
    expect(harness.step({ type: 'from-witness', to: 'ada', payloads: [payload] })).toEqual([]);
  });

  test('an empty room has none', () => {
    const harness = new RoomHarness();
    harness.join('ada', { charter: { elector: 'lock' } });
    harness.step({ type: 'leave', seat: 'ada@1' });
    expect(harness.join('bob', { charter: { elector: 'available' } })).toMatchObject({ type: 'welcome' });
    expect(harness.join('cyd', { charter: { elector: 'lock' } })).toMatchObject({ code: 'charter-differs' });
  });
});

describe('views', () => {
  test('D2: a joiner is welcomed with the whole view, and the others hear of it at once', () => {
    const harness = new RoomHarness();
    harness.join('ada');
    harness.read('ada@1');
    harness.pass(1000);
    expect(idsOf(harness.join('bob', { info: 'Bob' }))).toEqual(['ada', 'bob']);
    expect(harness.read('ada@1')).toEqual([
      {
        type: 'view',
        era: 'secret-0',
        from: 1,
        n: 2,
        founder: 'ada',
        epoch: expect.any(Number),
        witness: null,
        continues: null,
        bye: [],
        gone: [],
        members: [{ id: 'bob', info: 'Bob', host: 'h' }],
        more: false,
      },
    ]);
    expect(harness.read('bob@1').map(({ type }) => type)).toEqual(['welcome', 'view']);
  });

  test('D2: changes within 50 ms of the one before are one view, and each receives it from where it stands', () => {
    const harness = new RoomHarness();
    harness.join('ada');
    harness.pass(1000);
    harness.join('bob');
    harness.read('ada@1');
    harness.pass(10);
    harness.join('cyd');
    harness.step({ type: 'info', seat: 'ada@1', info: 'Ada' });
    harness.pass(10);
    harness.join('dan');
    harness.step({ type: 'leave', seat: 'cyd@1' });
    expect(harness.read('ada@1')).toEqual([]);
    harness.pass(29);
    expect(harness.read('ada@1')).toEqual([]);
    harness.pass(1);
    expect(harness.read('ada@1')).toMatchObject([
      { type: 'view', from: 2, n: 6, members: [{ id: 'ada', info: 'Ada' }, { id: 'dan' }], gone: [] },
    ]);
    expect(harness.read('dan@1')).toMatchObject([
      { type: 'welcome' },
      { type: 'view', from: 0, n: 5, members: [{ id: 'ada' }, { id: 'bob' }, { id: 'cyd' }, { id: 'dan' }] },
      { type: 'view', from: 5, n: 6, members: [], gone: [], bye: ['cyd'] },
    ]);
  });

  test('D2: who leaves and comes back within one view is told of as it is then', () => {
    const harness = new RoomHarness();
    harness.join('ada');
    harness.join('bob');
    harness.pass(1000);
    harness.join('cyd');
    harness.read('ada@1');
    harness.step({ type: 'leave', seat: 'bob@1' });
    harness.join('bob', { connection: 2, info: 'again' });
    harness.pass(50);
    expect(harness.read('ada@1')).toMatchObject([{ bye: [], gone: [], members: [{ id: 'bob', info: 'again' }] }]);
  });

  test('D2: sync brings the whole view, and what is held back is not told twice', () => {
    const harness = new RoomHarness();
    harness.join('ada');
    harness.join('bob');
    harness.read('ada@1');
    harness.step({ type: 'sync', seat: 'ada@1' });
    expect(harness.read('ada@1')).toMatchObject([
      { type: 'view', from: 0, n: 2, members: [{ id: 'ada' }, { id: 'bob' }], founder: 'ada' },
    ]);
    harness.pass(1000);
    expect(harness.read('ada@1')).toEqual([]);
  });

  test('the room asks again for its wake when a timer fires early', () => {
    const harness = new RoomHarness();
    harness.join('ada');
    harness.join('bob');
    const atMs = harness.wakeMs;
    harness.wakeMs = null;
    harness.step({ type: 'tick' });
    expect(harness.wakeMs).toBe(atMs);
  });
});

describe('coming and going', () => {
  test('a socket that closes without a goodbye is a hint at once, and a departure after the grace', () => {
    const harness = new RoomHarness({ graceMs: 5000 });
    harness.join('ada');
    harness.join('bob');
    harness.pass(1000);
    harness.read('ada@1');
    harness.step({ type: 'closed', seat: 'bob@1' });
    expect(harness.read('ada@1')).toEqual([{ type: 'hint', id: 'bob' }]);
    harness.pass(4999);
    expect(harness.read('ada@1')).toEqual([]);
    harness.pass(1);
    expect(harness.read('ada@1')).toMatchObject([{ type: 'view', gone: ['bob'], bye: [] }]);
  });

  test('a socket that the server itself ended for its member to come right back is no hint', () => {
    const harness = new RoomHarness({ graceMs: 5000 });
    harness.join('ada');
    const secret = resumeOf(harness.join('bob'));
    harness.pass(1000);
    harness.read('ada@1');
    harness.step({ type: 'closed', seat: 'bob@1', ending: 'expected' });
    expect(harness.join('bob', { connection: 2, resume: secret })).toMatchObject({ type: 'welcome', n: 2 });
    harness.step({ type: 'closed', seat: 'bob@2', ending: 'expected' });
    harness.pass(5000);
    expect(harness.read('ada@1')).toMatchObject([{ type: 'view', gone: ['bob'] }]);
  });

  test('a goodbye is a departure at once, and no hint follows when the socket closes', () => {
    const harness = new RoomHarness();
    harness.join('ada');
    harness.join('bob');
    harness.pass(1000);
    harness.read('ada@1');
    harness.step({ type: 'leave', seat: 'bob@1' });
    harness.step({ type: 'closed', seat: 'bob@1' });
    expect(harness.read('ada@1')).toMatchObject([{ type: 'view', bye: ['bob'], gone: [] }]);
  });

  test('a blink of the network changes no view: who comes back within the grace is where it was', () => {
    const harness = new RoomHarness();
    harness.join('ada');
    const secret = resumeOf(harness.join('bob'));
    harness.pass(1000);
    harness.read('ada@1');
    harness.step({ type: 'closed', seat: 'bob@1' });
    harness.pass(29_000);
    expect(harness.join('bob', { connection: 2, resume: secret })).toMatchObject({ type: 'welcome', n: 2 });
    harness.pass(100_000);
    expect(harness.read('ada@1')).toEqual([{ type: 'hint', id: 'bob' }]);
    harness.step({ type: 'sync', seat: 'ada@1' });
    expect(idsOf(harness.last('ada@1'))).toEqual(['ada', 'bob']);
  });

  test('a page that goes is out of the view after the shorter grace, and hinted at as any other', () => {
    const harness = new RoomHarness({ graceMs: 30_000, goingAwayMs: 5000 });
    harness.join('ada');
    harness.join('bob');
    harness.join('cyd');
    harness.pass(1000);
    harness.read('ada@1');
    harness.step({ type: 'closed', seat: 'bob@1' });
    harness.step({ type: 'closed', seat: 'cyd@1', ending: 'going-away' });
    expect(harness.read('ada@1')).toEqual(['bob', 'cyd'].map((id) => ({ type: 'hint', id })));
    harness.pass(4999);
    expect(harness.read('ada@1')).toEqual([]);
    harness.pass(1);
    expect(harness.read('ada@1')).toMatchObject([{ type: 'view', gone: ['cyd'], bye: [] }]);
    harness.pass(25_000);
    expect(harness.read('ada@1')).toMatchObject([{ type: 'view', gone: ['bob'], bye: [] }]);
  });

  test('a page that lives on, though its browser took it to go, is back in its place within the shorter grace', () => {
    const harness = new RoomHarness({ goingAwayMs: 5000 });
    harness.join('ada');
    const secret = resumeOf(harness.join('bob'));
    harness.pass(1000);
    harness.read('ada@1');
    harness.step({ type: 'closed', seat: 'bob@1', ending: 'going-away' });
    harness.pass(4999);
    const again = harness.join('bob', { connection: 2, resume: secret });
    expect(again).toMatchObject({ type: 'welcome', n: 2 });
    harness.step({ type: 'closed', seat: 'bob@2' }); // this time without a word
    harness.pass(29_999);
    expect(harness.read('ada@1').map(({ type }) => type)).toEqual(['hint', 'hint']);
    expect(harness.room.size).toBe(2);
  });

  test.each(['available', 'quorum'] as const)(
    'under %s a page that lives on and comes later than that is missing from a view, and comes in again under its id',
    (elector) => {
      const charter = { elector };
      const harness = new RoomHarness({ goingAwayMs: 5000 });
      harness.join('ada', { charter });
      const secret = resumeOf(harness.join('bob', { charter }));
      harness.step({ type: 'closed', seat: 'bob@1', ending: 'going-away' });
      harness.pass(6000);
      expect(harness.last('ada@1')).toMatchObject({ type: 'view', gone: ['bob'], bye: [] });
      const again = harness.join('bob', { charter, connection: 2, resume: secret });
      expect(again).toMatchObject({ type: 'welcome', founder: 'ada' });
      expect(idsOf(again)).toEqual(['ada', 'bob']);
    },
  );

  test('who comes back with another info has changed', () => {
    const harness = new RoomHarness();
    harness.join('ada');
    const secret = resumeOf(harness.join('bob', { info: 'old' }));
    harness.pass(1000);
    harness.read('ada@1');
    harness.join('bob', { connection: 2, resume: secret, info: 'new' });
    expect(harness.read('ada@1')).toMatchObject([{ type: 'view', members: [{ id: 'bob', info: 'new' }] }]);
  });

  test('the late close of a half-open socket does not remove the member that came back over another', () => {
    const harness = new RoomHarness({ graceMs: 1000 });
    const secret = resumeOf(harness.join('ada'));
    harness.join('ada', { connection: 2, resume: secret });
    expect(harness.replaced).toEqual(['ada@1']);
    for (const type of ['closed', 'leave', 'sync', 'arrived'] as const) harness.step({ type, seat: 'ada@1' });
    harness.step(relay('ada@1', 'ada'));
    harness.pass(60_000);
    expect(harness.room.size).toBe(1);
    expect(harness.room.holds('ada@2')).toBe(true);
    expect(harness.frames.size).toBe(0);
  });

  test('a member that never got its welcome leaves with its socket, and can join again at once', () => {
    const harness = new RoomHarness();
    harness.join('ada');
    harness.step({ type: 'join', seat: 'bob@1', id: 'bob', info: null, host: 'h' });
    harness.step({ type: 'closed', seat: 'bob@1' });
    expect(harness.join('bob', { connection: 2 })).toMatchObject({ type: 'welcome', n: 4 });
  });
});

describe('resume secrets', () => {
  test('an id in the room is not given to whoever comes without its secret', () => {
    const harness = new RoomHarness();
    harness.join('ada');
    expect(harness.join('ada', { connection: 2 })).toMatchObject({ type: 'error', code: 'id-taken' });
    expect(harness.join('ada', { connection: 3, resume: 'a guess' })).toMatchObject({
      type: 'error',
      code: 'id-taken',
    });
    expect(harness.room.holds('ada@1')).toBe(true);
    expect(harness.replaced).toEqual([]);
  });

  test("another member's secret opens only that member's place", () => {
    const harness = new RoomHarness();
    harness.join('ada');
    const secret = resumeOf(harness.join('bob'));
    expect(harness.join('ada', { connection: 2, resume: secret })).toMatchObject({ type: 'error', code: 'id-taken' });
  });

  test('a secret works once: its replay is refused', () => {
    const harness = new RoomHarness();
    const first = resumeOf(harness.join('ada'));
    const second = resumeOf(harness.join('ada', { connection: 2, resume: first }));
    expect(second).not.toBe(first);
    expect(harness.join('ada', { connection: 3, resume: first })).toMatchObject({ type: 'error', code: 'id-taken' });
    expect(harness.join('ada', { connection: 4, resume: second })).toMatchObject({ type: 'welcome', n: 1 });
  });

  test('a welcome that is lost with its connection does not lock the member out', () => {
    const harness = new RoomHarness();
    const first = resumeOf(harness.join('ada'));
    harness.step({ type: 'join', seat: 'ada@2', id: 'ada', info: null, host: 'h', resume: first });
    harness.step({ type: 'closed', seat: 'ada@2' });
    expect(harness.join('ada', { connection: 3, resume: first })).toMatchObject({ type: 'welcome', n: 1 });
  });

  test('a secret is worth nothing after the grace: its bearer joins as anybody would', () => {
    const harness = new RoomHarness({ graceMs: 1000 });
    harness.join('ada');
    const secret = resumeOf(harness.join('bob'));
    harness.step({ type: 'closed', seat: 'bob@1' });
    harness.pass(1000);
    expect(harness.join('bob', { connection: 2, resume: secret })).toMatchObject({ type: 'welcome', n: 4 });
  });

  test('no secret is kept as it is', () => {
    const harness = new RoomHarness();
    const secret = resumeOf(harness.join('ada'));
    expect(secret).not.toBe('');
    expect(inspect(harness.room, { depth: null, showHidden: true })).not.toContain(secret);
  });
});

describe('relay', () => {
  test("T2: a relayed entry carries the sender's id, and those for one receiver are one frame", () => {
    const harness = new RoomHarness();
    for (const id of ['ada', 'bob', 'cyd']) harness.join(id);
    harness.step(relay('ada@1', 'bob', 'cyd', 'bob'));
    expect(harness.frames.get('bob@1')).toEqual([
      [
        { peer: 'ada', port: ports.link, payload: bytes(0) },
        { peer: 'ada', port: ports.link, payload: bytes(2) },
      ],
    ]);
    expect(harness.frames.get('cyd@1')).toEqual([[{ peer: 'ada', port: ports.link, payload: bytes(1) }]]);
  });

  test('what is relayed to members without a connection is dropped, and hinted once to who does not know yet', () => {
    const harness = new RoomHarness();
    let secret = resumeOf(harness.join('bob'));
    harness.join('ada');
    harness.step({ type: 'closed', seat: 'bob@1' });
    harness.join('cyd');
    harness.pass(1000);
    for (const seat of ['ada@1', 'cyd@1']) harness.read(seat);
    for (const seat of ['ada@1', 'cyd@1', 'cyd@1']) harness.step(relay(seat, 'bob', 'nobody', '__proto__', 'bob'));
    expect(harness.read('ada@1')).toEqual([]); // it heard when the socket closed
    expect(harness.read('cyd@1')).toEqual([{ type: 'hint', id: 'bob' }]);
    expect(harness.frames.size).toBe(0);

    secret = resumeOf(harness.join('bob', { connection: 2, resume: secret }));
    harness.step(relay('cyd@1', 'bob'));
    expect(harness.frames.size).toBe(1);
    harness.step({ type: 'closed', seat: 'bob@2', ending: 'expected' });
    for (const seat of ['ada@1', 'ada@1', 'cyd@1']) harness.step(relay(seat, 'bob'));
    for (const seat of ['ada@1', 'cyd@1']) expect(harness.read(seat)).toEqual([{ type: 'hint', id: 'bob' }]);
    expect(secret).not.toBe('');
  });

  test('a frame that grew by longer ids is shared out to frames within the limit, in order', () => {
    const harness = new RoomHarness({ limits: { maxFrameBytes: 100 } });
    const sender = 'a'.repeat(40);
    harness.join(sender);
    harness.join('b');
    harness.step(relay(`${sender}@1`, 'b', 'b', 'b'));
    expect(harness.frames.get('b@1')?.map((entries) => entries.map(({ payload }) => payload[0]))).toEqual([
      [0, 1],
      [2],
    ]);
  });
});

describe('views and the size of a frame', () => {
  const wire = (message: RoomMessage) => Buffer.byteLength(JSON.stringify({ ...message, channel: 255 }));
  const views = (harness: RoomHarness, seat: string) => harness.read(seat).filter(({ type }) => type === 'view');

  test('a view that is just as large as a frame is one, and with a byte more it is two', () => {
    const measure = new RoomHarness();
    for (const id of ['ada', 'bob']) measure.join(id, { info: 'é' });
    const maxFrameBytes = wire(views(measure, 'bob@1')[0]!);
    for (const [info, frames] of [
      ['é', 1],
      ['éx', 2],
    ] as const) {
      const harness = new RoomHarness({ limits: { maxFrameBytes } });
      harness.join('ada', { info: 'é' });
      harness.join('bob', { info });
      const got = views(harness, 'bob@1');
      expect(got.map((view) => view.type === 'view' && view.more)).toEqual(frames === 1 ? [false] : [true, false]);
      for (const view of got) expect(wire(view)).toBeLessThanOrEqual(maxFrameBytes);
      expect(got.flatMap((view) => idsOf(view))).toEqual(['ada', 'bob']);
    }
  });

  test('D2: the fullest room that the limits allow is told of in frames within the limit, whole and changed', () => {
    const harness = new RoomHarness({ graceMs: 1000 });
    const { maxFrameBytes, maxInfoBytes, maxMembersPerRoom } = defaultLimits;
    const longest = (text: string) => text.repeat(maxInfoBytes - 2);
    const ids = Array.from({ length: maxMembersPerRoom }, (_, i) => `${i}-`.padEnd(64, 'x'));
    for (const id of ids) {
      harness.step({ type: 'join', seat: `${id}@1`, id, info: longest('a'), host: '\u0001'.repeat(128) });
      harness.step({ type: 'arrived', seat: `${id}@1` });
      harness.pass(100);
    }
    const [first, last] = [`${ids[0]}@1`, `${ids.at(-1)}@1`];
    const client = new ReferenceClient();
    const take = (seat: string) => {
      const frames = views(harness, seat);
      for (const view of frames) {
        expect(wire(view)).toBeLessThanOrEqual(maxFrameBytes);
        client.take(view);
      }
      return frames.length;
    };
    expect(take(last)).toBeGreaterThan(1);
    expect([...client.members.keys()]).toEqual(ids);
    harness.step({ type: 'info', seat: first, info: longest('b') });
    for (const id of ids) harness.step({ type: 'info', seat: `${id}@1`, info: longest('c') });
    for (const id of ids.slice(1, 30)) harness.step({ type: 'leave', seat: `${id}@1` });
    for (const id of ids.slice(30, -1)) harness.step({ type: 'closed', seat: `${id}@1` });
    harness.pass(2000);
    expect(take(last)).toBeGreaterThan(2);
    expect(client.gaps).toBe(0);
    expect(client.members).toEqual(
      new Map([ids[0]!, ids.at(-1)!].map((id) => [id, { info: longest('c'), host: '\u0001'.repeat(128) }])),
    );
  });
});

describe('limits', () => {
  test('the last free place is given, the next join is refused, members in their grace count', () => {
    const harness = new RoomHarness({ limits: { maxMembersPerRoom: 2 }, graceMs: 1000 });
    harness.join('ada');
    expect(harness.join('bob')).toMatchObject({ type: 'welcome' });
    expect(harness.join('cyd')).toMatchObject({ type: 'error', code: 'room-full' });
    harness.step({ type: 'closed', seat: 'bob@1' });
    expect(harness.join('cyd', { connection: 2 })).toMatchObject({ type: 'error', code: 'room-full' });
    harness.pass(1000);
    expect(harness.join('cyd', { connection: 3 })).toMatchObject({ type: 'welcome' });
  });
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])('%s is an id like any other', (id) => {
  const harness = new RoomHarness();
  harness.join('ada');
  expect(idsOf(harness.join(id))).toEqual(['ada', id]);
  expect(harness.join(id, { connection: 2 })).toMatchObject({ code: 'id-taken' });
  harness.step(relay('ada@1', id));
  expect(harness.frames.get(`${id}@1`)).toHaveLength(1);
  harness.step({ type: 'leave', seat: `${id}@1` });
  expect(harness.room.size).toBe(1);
});
