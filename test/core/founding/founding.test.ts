import { describe, expect, test } from 'vitest';
import type { FoundingEffect, FoundingEvent, FoundingOptions } from '../../../src/core/founding/events.ts';
import { Founding } from '../../../src/core/founding/founding.ts';
import type { Pledge } from '../../../src/core/founding/group.ts';
import type { Standing } from '../../../src/core/quorum/state.ts';

const charterMs = 120_000;
const start = Date.UTC(2026, 0, 1);
const epochNow = Math.floor((start - Date.UTC(2020, 0, 1)) / 1000);
const yearS = 31_557_600;
const voter = (id: string, weight = 1, witness = false) => ({ id, weight, witness });
const withWitness = [[voter('a'), voter('b'), voter('w', 1, true)]];

/** A room's founding in virtual time. What is founded is durable at once. */
class World {
  readonly founding: Founding;
  readonly asked: string[] = [];
  readonly closed: number[] = [];
  readonly refused: string[] = [];
  witness: { id: string; epoch: number; standing: Standing | null } | null = null;
  nowMs = 0;

  constructor(options: Partial<FoundingOptions> = {}) {
    let ids = 0;
    this.founding = new Founding({
      ...{ hasWitness: true, charterMs, past: null, contactMs: Number.NEGATIVE_INFINITY, highestEpoch: 0 },
      freshId: () => (ids++ === 0 ? 'w' : `w${ids}`),
      witness: () => this.witness,
      canFound: () => true,
      ...options,
    });
  }

  get group() {
    return this.founding.group;
  }

  step(event: FoundingEvent): void {
    const at = { nowMs: this.nowMs, wallMs: start + this.nowMs };
    for (const effect of this.founding.step(event, at)) this.#perform(effect);
  }

  seat(...ids: string[]): this {
    for (const id of ids) this.step({ type: 'seated', id });
    return this;
  }

  refusal(id: string, epoch: number): string | null {
    return this.founding.refusal({ id, epoch }, { nowMs: this.nowMs, wallMs: start + this.nowMs });
  }

  say(type: 'standing' | 'pledge', id: string, said: Partial<Standing> = {}, epoch: number = this.group.epoch): void {
    this.step({ type, id, said: pledgeOf(epoch, said) });
  }

  goodbye(id: string, said: Partial<Standing> = {}): void {
    this.step({ type: 'goodbye', id, pledge: pledgeOf(this.group.epoch, said) });
  }

  /** Waking it when it asks for it. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const nextMs = this.founding.nextMs(this.nowMs);
      if (nextMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      this.step({ type: 'tick' });
    }
    this.nowMs = untilMs;
  }

  #perform(effect: FoundingEffect): void {
    if (effect.type === 'ask-pledge') this.asked.push(...effect.to);
    else if (effect.type === 'closed') this.closed.push(effect.epoch);
    else if (effect.type === 'refused') this.refused.push(`${effect.id} ${effect.code}`);
    else if (effect.type === 'found') {
      const { epoch, witness } = effect.group;
      const standing = { ...empty, ...this.witness?.standing };
      this.witness = witness === null ? null : { id: witness, epoch, standing };
      this.step({ type: 'founded', epoch });
    }
  }
}

const empty: Standing = { lastIndex: 0, lastTerm: 0, configuration: [], promisedMs: 0 };
const pledgeOf = (epoch: number, said: Partial<Standing>): Pledge => ({ epoch, standing: { ...empty, ...said } });
const log = (world: World, lastIndex: number, configuration: Standing['configuration'] = withWitness) => ({
  lastIndex,
  lastTerm: world.group.epoch * 2 ** 20 + 1,
  configuration,
});
/** Two members and the witness lead, which is busy. */
function leading(): World {
  const world = new World().seat('a', 'b');
  world.witness = { id: 'w', epoch: world.group.epoch, standing: null };
  return world;
}
const free = (world: World, standing: Partial<Standing> = log(world, 5)): void => {
  world.witness = { id: 'w', epoch: world.group.epoch, standing: { ...empty, ...standing } };
};

describe('a new room', () => {
  test('is founded by its first member at once, where nothing can have been before', () => {
    expect(new World().seat('a', 'b').group).toEqual({ epoch: epochNow, founder: 'a', witness: 'w', continues: null });
  });

  test('of a server without memory waits for the length of the charter, and says for how long', () => {
    const world = new World({ contactMs: 0 });
    world.nowMs = 1_000;
    world.seat('a');
    expect(world.group).toEqual({ epoch: 0, founder: null, witness: null, continues: null });
    expect(world.founding.foundsInMs(1_000)).toBe(charterMs - 1_000);
    world.pass(charterMs - 1_001);
    expect(world.group.epoch).toBe(0);
    world.pass(1);
    expect(world.group).toMatchObject({ founder: 'a', epoch: epochNow + charterMs / 1000 });
  });

  test('E3: is founded by one who is there when the wait is over, and not by one who came first and is away', () => {
    const world = new World({ contactMs: 0 }).seat('a');
    world.step({ type: 'away', id: 'a' });
    world.seat('b').pass(charterMs);
    expect(world.group.founder).toBe('b');
  });

  test.each([77, epochNow + 9 * yearS])(
    'Q10: is adopted from whoever comes back with an epoch, though the clock be years behind, and its witness is a new one (%i)',
    (epoch) => {
      const world = new World({ contactMs: 0 });
      world.step({ type: 'seated', id: 'a', claim: { epoch, lapsed: false } });
      expect(world.group).toEqual({ epoch, founder: null, witness: 'w', continues: null });
    },
  );

  test.each([
    ['further ahead than any clock', { contactMs: 0 }, epochNow + 11 * yearS],
    ['of which a server that knows better knows nothing', {}, epochNow + 5],
  ])('is not adopted at an epoch %s', (_, options, epoch) => {
    const world = new World(options);
    expect(world.refusal('a', epoch)).toMatch(/epoch/);
    world.step({ type: 'seated', id: 'a', claim: { epoch, lapsed: false } });
    expect(world.group.epoch).not.toBe(epoch);
  });

  test('is founded above every epoch that is known, whatever the clock says', () => {
    const highestEpoch = epochNow + 1_000_000;
    expect(new World({ highestEpoch }).seat('a').group.epoch).toBe(highestEpoch + 1);
  });
});

test('E2: those who went are told apart up to a number; none of those beyond is taken for one who cannot lead any more', () => {
  const world = new World({ hasWitness: false }).seat('leads where the server does not see it');
  const { epoch } = world.group;
  world.step({ type: 'away', id: 'leads where the server does not see it' });
  for (let n = 0; n < 1_024; n++) {
    world.seat(`m${n}`);
    world.goodbye(`m${n}`);
  }
  world.seat('z');
  const standsAndPledges = (): void => {
    world.say('standing', 'z');
    if (world.asked.length > 0) world.say('pledge', 'z');
  };
  world.pass(charterMs - 1);
  standsAndPledges();
  expect([world.asked, world.group.epoch]).toEqual([[], epoch]);
  world.pass(1);
  standsAndPledges();
  expect(world.group.epoch).toBeGreaterThan(epoch);
});

test('E5: of an epoch that was founded here everybody is known: whoever comes with one of that number was in another one', () => {
  const world = new World({ hasWitness: false, contactMs: 0 });
  const epoch = epochNow + 1000; // the clock was set back behind it
  world.step({ type: 'seated', id: 'a', claim: { epoch, lapsed: false } });
  world.seat('b').pass(charterMs);
  world.say('standing', 'a');
  world.say('standing', 'b');
  world.say('pledge', 'a');
  world.say('pledge', 'b');
  expect(world.group).toMatchObject({ epoch: epoch + 1, founder: 'a' });
  world.step({ type: 'away', id: 'b' });
  world.pass(2 * charterMs);
  expect(['a', 'b', 'c'].map((id) => world.refusal(id, epoch + 1))).toEqual([
    null,
    null,
    expect.stringMatching(/epoch/),
  ]);
  expect(world.refusal('c', epoch)).toBeNull(); // who was in the one before cannot be told
});

test('more than can be told apart may have been in an epoch that was founded here', () => {
  const world = new World();
  const ids = Array.from({ length: 1026 }, (_, at) => `m${at}`);
  world.seat(...ids);
  for (const id of ids) world.step({ type: 'away', id });
  expect(world.refusal('m0', world.group.epoch)).toBeNull();
});

describe('pledges', () => {
  test('are asked for when those who know no leader would be enough, and found the next epoch', () => {
    const world = leading();
    const { epoch } = world.group;
    free(world);
    world.say('standing', 'b', log(world, 5));
    expect(world.asked).toEqual(['b']);
    expect(world.group.epoch).toBe(epoch);
    world.say('pledge', 'b', log(world, 5));
    const { lastIndex, lastTerm } = { ...empty, ...log(leading(), 5) };
    expect(world.group).toEqual({
      ...{ epoch: epoch + 1, founder: 'b', witness: 'w' },
      continues: { epoch, lastIndex, lastTerm },
    });
  });

  test('are asked of nobody while the witness is bound to a leader', () => {
    const world = leading();
    world.say('standing', 'b', log(world, 5));
    expect(world.asked).toEqual([]);
  });

  test('that were not asked for are refused, and do not count', () => {
    const world = leading();
    const { epoch } = world.group;
    free(world);
    world.say('pledge', 'b', log(world, 5));
    expect(world.refused).toEqual(['b not-asked']);
    expect(world.group.epoch).toBe(epoch);
  });

  test('of one who lies about the configuration are not enough: the witness knows another', () => {
    const world = new World().seat('a', 'b', 'c', 'liar');
    const { epoch } = world.group;
    free(world, log(world, 5, [[voter('a'), voter('b'), voter('c'), voter('w', 2, true)]]));
    const lie = { ...log(world, 99, [[voter('liar')]]) };
    world.say('standing', 'liar', lie);
    world.say('pledge', 'liar', lie);
    expect(world.group.epoch).toBe(epoch);
    expect(world.asked).toEqual([]);
  });

  test('and standings of an epoch far ahead, or of terms that are not its own, are refused', () => {
    const world = leading();
    world.say('standing', 'b', {}, world.group.epoch + 1);
    world.say('standing', 'b', { lastTerm: (world.group.epoch + 1) * 2 ** 20 });
    expect(world.refused).toEqual(['b malformed', 'b malformed']);
  });

  test('less than half of the weight are not enough', () => {
    const world = new World({ hasWitness: false }).seat('a', 'b', 'c');
    const { epoch } = world.group;
    const three = [[voter('a'), voter('b'), voter('c')]];
    world.say('standing', 'b', log(world, 5, three));
    expect(world.asked).toEqual([]);
    world.say('standing', 'c', log(world, 4, three));
    expect(world.asked).toEqual(['b', 'c']);
    world.say('pledge', 'b', log(world, 5, three));
    expect(world.group.epoch).toBe(epoch);
    world.say('pledge', 'c', log(world, 4, three));
    expect(world.group).toMatchObject({ founder: 'b' });
  });

  test('a standing is worth nothing after ten seconds', () => {
    const world = new World({ hasWitness: false }).seat('a', 'b', 'c');
    const three = [[voter('a'), voter('b'), voter('c')]];
    world.say('standing', 'b', log(world, 5, three));
    world.pass(10_001);
    world.say('standing', 'c', log(world, 4, three));
    expect(world.asked).toEqual([]);
  });
});

describe('goodbyes', () => {
  test('are pledges once their promises are over by any clock', () => {
    const world = new World().seat('a');
    const { epoch } = world.group;
    world.goodbye('a', { promisedMs: 1_000 });
    world.pass(1_020);
    expect(world.closed).toEqual([]);
    world.pass(1);
    expect(world.closed).toEqual([epoch]);
    expect(world.founding.isClosed).toBe(true);
  });

  test('take their logs along: without one as up to date nothing is founded before the charter is over', () => {
    const world = new World({ hasWitness: false }).seat('a', 'b', 'c');
    const { epoch } = world.group;
    const three = [[voter('a'), voter('b'), voter('c')]];
    world.goodbye('a', log(world, 9, three));
    world.step({ type: 'away', id: 'c' });
    world.say('standing', 'b', log(world, 5, three));
    expect(world.asked).toEqual([]);
    world.pass(charterMs);
    world.say('standing', 'b', log(world, 5, three));
    world.say('pledge', 'b', log(world, 5, three));
    expect(world.group).toMatchObject({ founder: 'b' });
    expect(world.group.epoch).toBeGreaterThan(epoch);
  });

  test('without a pledge are no more than a connection that was closed', () => {
    const world = new World().seat('a');
    world.step({ type: 'goodbye', id: 'a' });
    world.pass(charterMs - 1);
    expect(world.closed).toEqual([]);
    world.pass(1);
    expect(world.closed).toHaveLength(1);
  });
});

test('whoever vanished may lead until the charter is over: a newcomer founds nothing before', () => {
  const world = new World({ hasWitness: false }).seat('a');
  const { epoch } = world.group;
  world.step({ type: 'away', id: 'a' });
  world.seat('c');
  world.say('standing', 'c');
  world.pass(charterMs - 5_000);
  world.say('standing', 'c');
  expect(world.asked).toEqual([]);
  expect(world.group.epoch).toBe(epoch);
  world.pass(5_000);
  expect(world.asked).toEqual(['c']);
  world.say('pledge', 'c');
  expect(world.group).toMatchObject({ founder: 'c' });
});

test('a room that is remembered counts the start of the server as the last contact of its members', () => {
  const past = { epoch: 5, founder: 'a', witness: null, continues: null };
  const world = new World({ hasWitness: false, past, contactMs: 0 }).seat('c');
  world.say('standing', 'c');
  expect(world.asked).toEqual([]);
  world.pass(charterMs);
  world.say('standing', 'c');
  expect(world.asked).toEqual(['c']);
});
