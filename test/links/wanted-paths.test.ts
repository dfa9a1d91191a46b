import { virtualClock } from 'bellwether/testing';
import { describe, expect, it } from 'vitest';
import { WantedPaths } from '../../src/links/wanted-paths.ts';

function stage(hasNear = false) {
  const clock = virtualClock();
  const wanted: string[] = [];
  const paths = new WantedPaths({
    timers: clock.platform().timers,
    self: 'self',
    hasNear,
    want: (peers) => wanted.push([...peers].join(' ')),
  });
  return { clock, wanted, paths };
}

describe('direct paths', () => {
  it('are asked for all at once, a moment after they are first wanted, however often that is said', async () => {
    const { clock, wanted, paths } = stage();
    paths.forElection(['a']);
    expect(wanted).toEqual([]);
    for (let count = 0; count < 8; count++) {
      await clock.advance(10);
      paths.forElection(['a', 'b']);
      paths.talked('c');
    }
    await clock.runUntil(() => wanted.length > 0);
    await clock.advance(1_000);
    expect(wanted).toEqual(['a b c']);
  });

  it('to those that the application talks to are wanted until a while after the last message', async () => {
    const { clock, wanted, paths } = stage();
    for (let minute = 0; minute < 5; minute++) {
      paths.talked('chatty');
      if (minute === 0) paths.talked('brief');
      await clock.advance(60_000);
    }
    expect(wanted.at(0)).toBe('chatty brief');
    expect(wanted.at(-1)).toBe('chatty');
    await clock.runUntil(() => wanted.at(-1) === '', { withinMs: 200_000 });
  });

  it('are left to those of each host that vote, or are alone there, where tabs of one host reach each other without', async () => {
    const { clock, wanted, paths } = stage(true);
    const hosts = { self: 'here', tab: 'here', voter: 'there', learner: 'there', alone: 'elsewhere' };
    paths.setMembers(Object.entries(hosts).map(([id, host]) => ({ id, host })));
    for (const peer of ['voter', 'learner', 'alone']) paths.talked(peer);
    const say = (...voters: string[]): void => paths.setRoles(new Map(voters.map((id) => [id, 'voter'])));
    await clock.runUntil(() => wanted.at(-1) === 'voter learner alone');
    say('tab', 'voter');
    await clock.runUntil(() => wanted.at(-1) === '');
    say('self', 'voter');
    await clock.runUntil(() => wanted.at(-1) === 'voter alone');
    say('voter');
    paths.setMembers(Object.entries(hosts).flatMap(([id, host]) => (id === 'tab' ? [] : [{ id, host }])));
    await clock.runUntil(() => wanted.at(-1) === 'voter alone');
  });

  it('are judged anew when somebody comes to a host, or goes', async () => {
    const { clock, wanted, paths } = stage(true);
    const hosts = { self: 'here', voter: 'there' };
    const all = (more: Record<string, string>) =>
      Object.entries({ ...hosts, ...more }).map(([id, host]) => ({ id, host }));
    paths.setRoles(new Map([['voter', 'voter']]));
    paths.setMembers(all({}));
    paths.forElection(['voter']);
    await clock.runUntil(() => wanted.at(-1) === 'voter');
    paths.setMembers(all({ tab: 'here' }));
    await clock.runUntil(() => wanted.at(-1) === '');
    paths.setMembers(all({}));
    await clock.runUntil(() => wanted.at(-1) === 'voter');
  });

  it('count no hosts where members of one do not reach each other without', async () => {
    const { clock, wanted, paths } = stage();
    const ids = ['self', 'tab', 'learner', 'other'];
    paths.setMembers(ids.map((id) => ({ id, host: id === 'self' || id === 'tab' ? 'here' : 'there' })));
    paths.setRoles(new Map([['tab', 'voter']]));
    paths.forElection(['tab', 'learner']);
    await clock.runUntil(() => wanted.length > 0);
    expect(wanted).toEqual(['tab learner']);
  });

  it('are not asked for any more once closed, and no timer stays behind', async () => {
    const { clock, wanted, paths } = stage();
    paths.talked('a');
    await clock.advance(1_000);
    paths.forElection(['b']);
    paths.close();
    await clock.advance(300_000);
    expect(wanted).toEqual(['a']);
  });
});
