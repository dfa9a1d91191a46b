import { expect, test } from 'vitest';
import { encodeFrame } from '../../src/links/frame.ts';
import { SessionLinks } from '../../src/links/session-links.ts';
import { seeded } from '../../src/platform/seeded.ts';
import { noFrame } from './no-word.ts';
import { Member, platformOn, Station, Time, Wire } from './world.ts';

function pair(wire: Wire): [Member, Member] {
  const members = ['a', 'b'].map((id) => new Member(id, wire.time, [wire], seeded(1))) as [Member, Member];
  for (const member of members) member.meet(['a', 'b']);
  return members;
}

const valuesOf = ({ heard }: Station): unknown[] => heard.map(({ value }) => value);

/** Processes whose clocks may be behind, on one wire. */
function processes(): { time: Time; come: (id: string, behindMs: number) => Station<SessionLinks> } {
  const time = new Time();
  const wire = new Wire('relay', time);
  const random = seeded(1);
  const come = (id: string, behindMs: number): Station<SessionLinks> => {
    const { clock, ...others } = platformOn(time, random);
    const platform = { ...others, clock: { ...clock, wallMs: () => clock.wallMs() - behindMs } };
    const transports = [wire.end(id)];
    const station = new Station(id, time, (parts) => new SessionLinks({ ...parts, platform, transports }));
    station.meet(['a', 'b']);
    return station;
  };
  return { time, come };
}

test('T1: who was no member for a while, and does not know it, loses nothing of what it says once it is one again', async () => {
  const time = new Time();
  const [a, b] = pair(new Wire('relay', time));
  void a.links.send('b', 't', 'before', 'urgent');
  await time.run(1_000);
  b.meet(['b']);
  await time.run(1_000);
  b.meet(['a', 'b']);
  await time.run(1_000);
  void a.links.send('b', 't', 'after', 'urgent');
  await time.run(1_000);
  expect(b.heard.map(({ value }) => value)).toEqual(['before', 'after']);
  expect([a.resets, b.resets]).toEqual([['b'], []]);
});

test('T1: also who was never heard in the session before is told that it is over', async () => {
  const time = new Time();
  const wire = new Wire('relay', time);
  const [a, b] = pair(wire);
  void b.links.send('a', 't', 'before', 'urgent');
  await time.run(0);
  wire.direction('a', 'b').dead = true; // no answer comes
  await time.run(1_000);
  b.meet(['b']);
  wire.direction('a', 'b').dead = false;
  await time.run(1_000);
  b.meet(['a', 'b']);
  await time.run(1_000);
  void a.links.send('b', 't', 'after', 'urgent');
  await time.run(1_000);
  expect(a.heard.map(({ value }) => value)).toEqual(['before']);
  expect(b.heard.map(({ value }) => value)).toEqual(['after']);
});

test('T1: a process that comes back under its id, with its clock set back, begins anew once, and is heard', async () => {
  const { time, come } = processes();
  const a = come('a', 0);
  const before = come('b', 0);
  void a.links.send('b', 't', 'hello', 'urgent');
  void before.links.send('a', 't', 'before', 'urgent');
  await time.run(1_000);
  before.links.close();
  const after = come('b', 100_000);
  after.onReset = () => void after.links.send('a', 't', 'anew', 'urgent').catch(() => undefined);
  void after.links.send('a', 't', 'lost', 'urgent').catch(() => undefined);
  await time.run(1_000);
  expect(after.resets).toEqual(['a']);
  void after.links.send('a', 't', 'after', 'urgent');
  await time.run(1_000);
  expect(a.heard.map(({ value }) => value)).toEqual(['before', 'anew', 'after']);
});

test('T1: a process that comes back so hears at once, and once, what is said to it first', async () => {
  const { time, come } = processes();
  const a = come('a', 0);
  const before = come('b', 0);
  void a.links.send('b', 't', 'hello', 'urgent');
  await time.run(1_000);
  before.links.close();
  a.meet(['a']);
  await time.run(1_000);
  a.meet(['a', 'b']);
  const after = come('b', 100_000);
  void a.links.send('b', 't', 'first', 'urgent');
  await time.run(1_000);
  expect([valuesOf(after), a.resets, after.resets]).toEqual([['first'], [], []]);
});

test('T1: what makes the other side begin anew is heard at once', async () => {
  const time = new Time();
  const wire = new Wire('relay', time);
  const [a, b] = pair(wire);
  wire.direction('b', 'a').dead = true; // so that it knows of no session of the other side that is over
  void a.links.send('b', 't', 'before', 'urgent');
  await time.run(1_000);
  wire.direction('b', 'a').dead = false;
  a.meet(['a']);
  a.meet(['a', 'b']);
  void a.links.send('b', 't', 'after', 'urgent');
  await time.run(1);
  expect([valuesOf(b), b.resets]).toEqual([['before', 'after'], ['a']]);
});

test('T1: who is given up is told so as soon as it can be, also if nothing more is said', async () => {
  const time = new Time();
  const wire = new Wire('relay', time);
  const [a, b] = pair(wire);
  void a.links.send('b', 't', 'before', 'urgent');
  await time.run(1_000);
  wire.direction('b', 'a').dead = true;
  void a.links.send('b', 't', 'never confirmed', 'urgent');
  await time.run(32_000);
  expect([a.resets, b.resets]).toEqual([['b'], ['a']]);
});

test('who said goodbye is told nothing more, until it speaks again under its id', async () => {
  const time = new Time();
  const wire = new Wire('relay', time);
  const [a, b] = pair(wire);
  void b.links.send('a', 't', 'before', 'urgent');
  await time.run(1_000);
  b.links.goodbye();
  await time.run(1_000);
  await expect(a.links.send('b', 't', 'too late', 'urgent')).rejects.toMatchObject({ code: 'unknown-peer' });
  const { carried } = wire;
  wire.carry('b', 'a', encodeFrame({ ...noFrame, from: 1 })); // late, of a session before
  await time.run(60_000);
  expect(wire.carried - carried).toBe(1);
  const again = new Member('b', time, [wire], seeded(2));
  again.meet(['a', 'b']);
  void again.links.send('a', 't', 'again', 'urgent');
  await time.run(1_000);
  void a.links.send('b', 't', 'welcome', 'urgent');
  await time.run(1_000);
  expect([valuesOf(a), valuesOf(again)]).toEqual([['before', 'again'], ['welcome']]);
});

test('who is given up by whoever hears it is heard no further', async () => {
  const time = new Time();
  const [a, b] = pair(new Wire('relay', time));
  b.onMessage = () => b.meet(['b']);
  for (const value of ['one', 'two']) void a.links.send('b', 't', value, 'urgent');
  await time.run(1_000);
  expect(valuesOf(b)).toEqual(['one']);
});

test('what was said in the turn of a goodbye leaves with it, as far as it may be under way', async () => {
  const time = new Time();
  const [a, b] = pair(new Wire('relay', time));
  void a.links.send('b', 't', 'large', 'bulk').catch(() => undefined);
  a.links.goodbye();
  await time.run(1_000);
  expect([valuesOf(b), b.goodbyes]).toEqual([['large'], ['a']]);
});

test('nothing runs on after a goodbye', async () => {
  const time = new Time();
  const a = new Member('a', time, [new Wire('relay', time)], seeded(1));
  a.meet(['a', 'b']);
  void a.links.send('b', 't', 'to nobody', 'urgent').catch(() => undefined);
  await time.run(1_000);
  expect(time.pending).toBeGreaterThan(0);
  a.links.goodbye();
  await time.run(1);
  expect(time.pending).toBe(0);
});
