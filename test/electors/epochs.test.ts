import { describe, expect, it } from 'vitest';
import { Clocks } from '../../src/driver/clocks.ts';
import type { Election, ElectionEffect, Group } from '../../src/electors/elector.ts';
import { quorum } from '../../src/electors/quorum.ts';
import { type VirtualClock, virtualClock } from '../../src/platform/virtual.ts';

interface Member {
  readonly clock: VirtualClock;
  readonly election: Election;
  readonly effects: ElectionEffect[];
  of<Type extends ElectionEffect['type']>(type: Type): readonly Extract<ElectionEffect, { readonly type: Type }>[];
  /** What the discovery says, with a member `other` beside it. */
  hear(group: Partial<Group>): void;
  contact(): void;
}

const epoch = 200_000_000;

/** One member that is told of the discovery by hand, and hears nobody. */
function member(
  elector = quorum({ charterMs: 3_600_000 }),
  onEffect: (effect: ElectionEffect) => void = () => {},
): Member {
  const clock = virtualClock();
  const platform = clock.platform();
  const clocks = new Clocks(platform.clock);
  const effects: ElectionEffect[] = [];
  const election = elector.start({
    ...{ self: 'self', room: 'room', platform, clocks, priority: 0, minMembers: 1 },
    apply: (effect) => {
      effects.push(effect);
      onEffect(effect);
    },
  });
  const members = ['self', 'other'].map((id) => ({ id, host: id }));
  return {
    clock,
    election,
    effects,
    of: (type) => effects.filter((effect) => effect.type === type) as never,
    hear: (group) =>
      election.feed({
        ...{ type: 'group', members },
        group: { epoch, founder: 'other', continues: null, witness: null, ...group },
      }),
    contact: () => election.feed({ type: 'contact', askedAt: clocks.now().fast }),
  };
}

describe('a member that hears no leader', () => {
  it('says how it stands every 3 s, gives up its epoch when it is asked to, and stands by that', async () => {
    const { clock, election, of, hear } = member();
    hear({});
    await clock.advance(2_900);
    expect(of('standing')).toEqual([]);
    await clock.advance(6_500);
    const standing = { lastIndex: 0, lastTerm: 0, configuration: [], promisedMs: 0 };
    expect(of('standing')).toEqual(Array.from({ length: 3 }, () => ({ type: 'standing', epoch, standing })));
    election.feed({ type: 'ask-pledge', epoch: epoch - 1 });
    expect(of('pledge')).toEqual([]);
    election.feed({ type: 'ask-pledge', epoch });
    expect(of('pledge')).toEqual([{ type: 'pledge', epoch, standing }]);
    await clock.advance(60_000); // a server that has lost its memory is to see that it may ask
    expect(of('standing')).toEqual(Array.from({ length: 23 }, () => ({ type: 'standing', epoch, standing })));
    election.feed({ type: 'ask-pledge', epoch });
    expect(of('pledge')).toEqual(Array.from({ length: 2 }, () => ({ type: 'pledge', epoch, standing })));
    expect(election.leave()).toEqual({ epoch, standing });
    await clock.advance(10_000);
    expect(of('standing')).toHaveLength(23);
  });

  it('says with its goodbye that it never had a core, where the room was never founded', () => {
    const { election, hear } = member();
    hear({ epoch: 0, founder: null });
    expect(election.leave()).toBe(null);
  });

  it('leads by itself where it founds the room without a witness, for as long as it is in contact', async () => {
    const { clock, election, hear, contact } = member();
    contact();
    hear({ founder: 'self' });
    await clock.advance(1_000);
    expect(election.isLeader()).toBe(true);
    expect(election.leader()?.term).toBeGreaterThan(epoch * 2 ** 20);
    expect(election.leaseMs()).toBeGreaterThanOrEqual(250);
    await clock.advance(3_600_000);
    expect(election.isLeader()).toBe(false);
  });
});

describe('a later epoch', () => {
  it('is founded by a voter: it hears so before it hears that it leads', async () => {
    const { clock, effects, hear, contact } = member(quorum({ witness: 'none' }));
    contact();
    hear({ founder: 'self' });
    await clock.advance(1_000);
    const [first] = effects;
    expect(first).toEqual({ type: 'roles', roles: new Map([['self', 'voter']]) });
    expect(effects).toContainEqual({ type: 'leader', leader: expect.objectContaining({ id: 'self' }) });
  });

  it('is not gone into by one that leaves when it hears that the one before is over', async () => {
    let leftAt = Infinity;
    const made = member(quorum({ witness: 'none' }), (effect) => {
      if (effect.type !== 'leader' || effect.leader !== null) return;
      made.election.leave();
      leftAt = made.effects.length;
    });
    made.contact();
    made.hear({ founder: 'self' });
    await made.clock.advance(1_000);
    made.hear({ epoch: epoch + 1, continues: epoch });
    expect(made.effects.at(-1)).toEqual({ type: 'leader', leader: null });
    await made.clock.advance(60_000);
    expect(made.effects.length).toBe(leftAt);
  });

  it('is gone into under the same id by all who were in the one that it continues, and by its founder (E3, Q5)', async () => {
    for (const [hasPledged, later] of [
      [true, { continues: epoch }],
      [false, { continues: epoch }],
      [true, { founder: 'self' }],
    ] as const) {
      const { clock, election, of, hear, contact } = member();
      contact();
      hear({});
      await clock.advance(4_000);
      if (hasPledged) election.feed({ type: 'ask-pledge', epoch });
      hear({ epoch: epoch + 1, ...later });
      await clock.advance(1_000);
      expect(of('superseded')).toEqual([]);
      election.feed({ type: 'ask-pledge', epoch });
      expect(of('pledge')).toHaveLength(hasPledged ? 1 : 0);
      expect(election.isLeader()).toBe('founder' in later);
    }
  });

  it('has no place under the same id for those with whose log nothing goes on (E3)', async () => {
    for (const [hasPledged, continues] of [
      [false, null],
      [false, epoch - 1],
      [true, null],
      [true, epoch - 1],
    ] as const) {
      const { clock, election, of, hear } = member();
      hear({});
      await clock.advance(4_000);
      if (hasPledged) election.feed({ type: 'ask-pledge', epoch });
      hear({ epoch: epoch + 1, continues });
      expect(of('superseded')).toMatchObject([{ error: { code: 'superseded' } }]);
      hear({ epoch: epoch + 2, founder: 'self' });
      await clock.advance(10_000);
      expect([election.leader(), of('superseded').length]).toEqual([null, 1]);
    }
  });

  it('is hoped for, in contact with the server, for 60 s: then the others may go on without it', async () => {
    const { clock, election, of, hear, contact } = member();
    contact();
    hear({});
    await clock.advance(4_000);
    election.feed({ type: 'ask-pledge', epoch });
    await clock.advance(600_000); // the server is away: it may found the room when it is back
    for (let at = 0; at <= 50; at += 10) {
      contact();
      expect(of('superseded')).toEqual([]);
      await clock.advance(10_000);
    }
    contact();
    expect(of('superseded')).toHaveLength(1);
  });
});

describe('Q11: of the messages of another epoch', () => {
  const late = { type: 'message', from: 'other', message: { type: 'stale', term: (epoch - 1) * 2 ** 20 + 7 } } as const;

  it('those in a room that was founded anew are counted, and no error', () => {
    const { election, hear, effects, of } = member();
    hear({});
    effects.length = 0;
    election.feed(late);
    election.feed({ ...late, message: { ...late.message, term: (epoch + 1) * 2 ** 20 } });
    expect([of('other-epoch'), of('bad-message')]).toEqual([[{ type: 'other-epoch' }, { type: 'other-epoch' }], []]);
  });

  it('those among voters that are named, who know no epochs, are reported', () => {
    const { election, of } = member(quorum({ voters: ['self', 'other'] }));
    election.feed(late);
    expect(of('bad-message')).toMatchObject([{ from: 'other', code: 'other-epoch' }]);
  });
});
