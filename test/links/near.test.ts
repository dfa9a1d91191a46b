import { expect, test } from 'vitest';
import { seeded } from '../../src/platform/seeded.ts';
import { Member, Time, Wire } from './world.ts';

/** Two pages of one browser, `a` and `b`, and a page of another one. All would like direct paths to all. */
function mixed() {
  const time = new Time();
  const wires = {
    broadcast: new Wire('broadcast', time),
    webrtc: new Wire('webrtc', time),
    relay: new Wire('relay', time),
  };
  const join = (id: string, near: readonly string[]): Member => {
    const member = new Member(id, time, Object.values(wires), seeded(id.charCodeAt(0)));
    member.meet(['a', 'b', 'far'], near);
    member.links.want(new Set(['a', 'b', 'far']));
    return member;
  };
  const [a, b, far] = [join('a', ['b']), join('b', ['a']), join('far', [])] as const;
  const [broadcast, webrtc] = a.ends as [(typeof a.ends)[0], (typeof a.ends)[0]];
  return { time, wires, a, b, far, broadcast, webrtc };
}

test('members of one host talk over the broadcast path, and nobody opens a data channel to its own host', async () => {
  const { time, a, b, far, broadcast, webrtc } = mixed();
  void a.links.send('b', 't', 'near', 'urgent');
  void a.links.send('far', 't', 'far', 'urgent');
  await time.run(1_000);
  expect([a.links.state('b')?.path, a.links.state('far')?.path]).toEqual(['broadcast', 'webrtc']);
  expect([...broadcast.wanted]).toEqual(['b']);
  expect([...webrtc.wanted]).toEqual(['far']);
  expect([b.heard[0]?.value, far.heard[0]?.value]).toEqual(['near', 'far']);
  expect(a.links.state('b')?.rttMs).toBe(2);
});

test('a host counts for nothing where no transport is for those who share it', async () => {
  const time = new Time();
  const wires = [new Wire('webrtc', time), new Wire('relay', time)];
  const a = new Member('a', time, wires, seeded(1));
  a.meet(['b'], ['b']);
  a.links.want(new Set(['b']));
  expect([...a.ends[0]!.wanted]).toEqual(['b']);
});

test('T1: a path to a page that was closed or frozen without a word is not taken for one, and taken again when it lives', async () => {
  const { time, wires, a, b } = mixed();
  const sent: number[] = [];
  const beat = async (seconds: number): Promise<void> => {
    for (const endMs = time.nowMs + seconds * 1_000; time.nowMs < endMs; await time.run(50)) {
      void a.links.send('b', 'beat', sent.length, 'urgent');
      sent.push(sent.length);
    }
  };
  await beat(2);
  expect(a.links.state('b')?.path).toBe('broadcast');
  wires.broadcast.direction('a', 'b').dead = wires.broadcast.direction('b', 'a').dead = true;
  await beat(2);
  expect(a.links.state('b')?.path).toBe('relay');
  wires.broadcast.direction('a', 'b').dead = wires.broadcast.direction('b', 'a').dead = false;
  await beat(4);
  expect(a.links.state('b')?.path).toBe('broadcast');
  expect(b.heard.map(({ value }) => value)).toEqual(sent);
  expect([...a.resets, ...b.resets]).toEqual([]);
});

test('a host that two browsers have, as of a copied profile, keeps them on the relay: the first words are not late', async () => {
  const { time, wires, a, b } = mixed();
  for (const [from, to] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    wires.broadcast.direction(from, to).dead = true;
    wires.relay.direction(from, to).delayMs = () => 20;
  }
  void a.links.send('b', 't', 'hello', 'urgent');
  await time.run(60);
  expect(b.heard.map(({ value }) => value)).toEqual(['hello']);
  await time.run(1_000);
  expect(a.links.state('b')?.path).toBe('relay');
});

test('a frame on the broadcast channel from a member of another host is dropped and counted, and no path to it comes of it', async () => {
  const { time, a, far, broadcast } = mixed();
  await time.run(1_000);
  broadcast.arrive('far', new Uint8Array(100));
  const [farBroadcast] = far.ends;
  farBroadcast!.open('a');
  void far.links.send('a', 't', 'by the right way', 'urgent');
  await time.run(1_000);
  expect(a.bad).toEqual(['far: a frame by a way that only members of one host have']);
  expect(a.links.state('far')?.path).toBe('webrtc');
  expect(far.links.state('a')?.path).toBe('webrtc');
  expect(a.heard.map(({ value }) => value)).toEqual(['by the right way']);
});

test('first words by the broadcast path of a page that is not known yet are kept for a moment; those of strangers are counted', async () => {
  const time = new Time();
  const wire = new Wire('broadcast', time);
  const [a, b, c] = ['a', 'b', 'c'].map((id) => new Member(id, time, [wire], seeded(7))) as [Member, Member, Member];
  a.meet(['b'], ['b']);
  void a.links.send('b', 't', 'early', 'urgent');
  await time.run(50);
  b.meet(['a'], ['a']);
  await time.run(0);
  expect(b.heard.map(({ value }) => value)).toEqual(['early']);

  c.meet(['b'], ['b']);
  void c.links.send('b', 't', 'from another room', 'urgent');
  await time.run(20_000);
  expect(b.bad[0]).toContain('c: a frame from somebody who is not a member');
  expect(b.heard).toHaveLength(1);
});

test('where the server is gone, a page that died without a word has no path soon; one that lives keeps it, and hears a question now and then', async () => {
  const { time, wires, a } = mixed();
  await time.run(1_000);
  for (const end of [a.ends[1]!, a.ends[2]!]) end.setUp(false);
  const before = wires.broadcast.carried;
  await time.run(60_000);
  expect(a.links.state('b')?.path).toBe('broadcast');
  expect(wires.broadcast.carried - before).toBeLessThan(60);
  wires.broadcast.direction('a', 'b').dead = wires.broadcast.direction('b', 'a').dead = true;
  await time.run(25_000);
  expect(a.links.state('b')?.path).toBeNull();
  wires.broadcast.direction('a', 'b').dead = wires.broadcast.direction('b', 'a').dead = false;
  await time.run(6_000);
  expect(a.links.state('b')?.path).toBe('broadcast');
});

test('with the server there, nobody is asked by the broadcast path whether it lives: that is told', async () => {
  const { time, wires } = mixed();
  await time.run(1_000);
  const before = wires.broadcast.carried;
  await time.run(60_000);
  expect(wires.broadcast.carried).toBe(before);
});
